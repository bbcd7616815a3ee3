/* The ring of the examples with one fault, which its first argument names. */
#include "ipcbench.h"
#include "../examples/c/ring.h"

static const char *fault;
static struct ring ring;
static long puts_, gets_;

static int is(const char *name) { return !strcmp(fault, name); }

/* Put what is broken by the fault, from the 1000th message on. */
static void bad_put(void *r, const void *msg, size_t n)
{
	static unsigned char kept[1 << 16];
	puts_++;
	memcpy(kept, msg, n);
	if (puts_ == 1000 && is("loses"))
		return;
	if (puts_ == 1000 && is("damages"))
		kept[n / 2] ^= 1;
	ring_put(r, kept, n);
	if (puts_ == 1000 && is("doubles"))
		ring_put(r, kept, n);
}

static void bad_get(void *r, void *msg, size_t n)
{
	if (++gets_ == 1000) {
		if (is("dies")) {
			fprintf(stderr, "out of luck\n");
			exit(7);
		}
		if (is("crashes"))
			abort();
		if (is("hangs"))
			for (;;)
				pause();
		if (is("spins"))
			for (;;)
				__asm__ volatile("" ::: "memory");
	}
	ring_get(r, msg, n);
}

/* What a program says that has read nothing of what it received. */
static int unread(struct ipcbench *b)
{
	uint64_t i = 0, n = 0, head;
	int64_t start = ipcbench_now(), began = start;
	for (;; i++) {
		ring_get(&ring, b->in, b->size);
		memcpy(&head, b->in, 8);
		if ((head & 3) == IPCBENCH_LAST)
			return ipcbench_report(b, b->latency ? n : 0, n, began, ipcbench_now());
		if ((head & 3) == IPCBENCH_MEASURED && n++ == 0)
			began = ipcbench_now();
		if ((head & 3) == IPCBENCH_MARKING) {
			ipcbench_warm(i + 1, ipcbench_now() - start, 20, 0);
			ipcbench_hear(b, "measure", NULL);
		}
		if (b->latency || (head & 3) == IPCBENCH_MARKING)
			ring_put(&ring, b->in, b->size);
	}
}

/* A whole conversation in which a producer exchanges what it has to and tells what it likes. */
static int liar(struct ipcbench *b)
{
	uint64_t i = 0, mark = 0;
	int64_t start = ipcbench_now();
	for (; ipcbench_now() - start < b->warm_ns || (int64_t)i < b->warm_messages; i++)
		ipcbench_trip(b, ring_put, ring_get, &ring, i, IPCBENCH_WARMING, &mark);
	ipcbench_trip(b, ring_put, ring_get, &ring, i++, IPCBENCH_MARKING, &mark);
	ipcbench_warm(i, ipcbench_now() - start, 20, 50);
	ipcbench_hear(b, "measure", NULL);
	int64_t began = ipcbench_now(), n = 0;
	for (; ipcbench_now() - began < b->time_ns; n++)
		ipcbench_trip(b, ring_put, ring_get, &ring, i++, IPCBENCH_MEASURED, &mark);
	int64_t ended = ipcbench_now();
	ipcbench_send(b, ring_put, &ring, i, IPCBENCH_LAST);
	if (is("hurries"))
		ended = began + (ended - began) / 10;
	if (is("foresees"))
		ended += 1000000000;
	if (is("boasts"))
		n *= 10;
	if (is("flatters")) {
		ipcbench_count(&b->rtt, 1);
		b->rtt.count[1] = n;
	}
	return ipcbench_report(b, n, n, began, ended);
}

int main(int argc, char **argv)
{
	fault = argc > 1 ? argv[1] : "none";
	if (is("garbage")) {
		for (;;)
			if (puts("\x1b[31mlorem ipsum") < 0)
				return 1;
	}
	if (is("absent"))
		return 0;
	if (is("mute"))
		for (;;)
			pause();
	struct ipcbench *b = ipcbench_open();
	if (is("peerless")) {
		fprintf(stderr, "it did not come\n");
		return 3;
	}
	if (is("leaves") && fork() == 0)
		for (;;)
			pause();
	ring = ring_open(strcat(b->dir, "/ring"), b->size, b->producer);
	ring.yields = 1;
	if (is("unread") || is("hurries") || is("foresees") || is("boasts") || is("flatters")) {
		ipcbench_say("ready");
		ipcbench_hear(b, "go", NULL);
		return is("unread") ? unread(b) : liar(b);
	}
	int status = ipcbench_run(b, bad_put, bad_get, &ring);
	return is("grumbles") ? fprintf(stderr, "cannot say goodbye\n"), 9 : status;
}
