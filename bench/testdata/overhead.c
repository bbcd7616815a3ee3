/* overhead is what a careful C programmer would write to measure a pipe, a
 * Unix socket or a ring in a mapped file: a tight loop of the same system
 * calls, or of the same loads and stores, that ipcbench makes. Its figures are
 * what ipcbench's are held against; see `make overhead`.
 *
 *   overhead pipe|unix|mmap-spin latency|throughput SIZE CPU_A CPU_B MILLISECONDS
 *
 * Two processes, each pinned, pass messages of SIZE bytes, at least 16. Both
 * ends of every message are written by its sender and checked by its receiver.
 * One line is printed: "rtt_p50_ns N rtt_mean_ns N" or "msgs_per_s N". The file
 * of mmap-spin is made in $TMPDIR.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define ALWAYS static inline __attribute__((always_inline))

static void die(const char *what)
{
	fprintf(stderr, "overhead: %s: %s\n", what, errno ? strerror(errno) : "wrong");
	exit(1);
}

ALWAYS int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

ALWAYS void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#else
	__asm__ volatile("isb");
#endif
}

/* The ring has the layout of internal/shm: a control block, then slots of
 * equal size, each a message, rounded up to 8 bytes, and a mark (length, lap <<
 * 32). slot points to the mark. The reader publishes what it has taken every
 * quarter of a ring. */

enum { LINE = 128, CONTROL = 5 * LINE, MARK = 8, RING = 1 << 20 };

struct ring {
	_Atomic uint64_t *taken;
	char *first, *stop, *slot;
	uint64_t lap, next, limit, published, slots;
	size_t stride;
};

ALWAYS size_t padded(size_t size) { return (size + 7) & ~(size_t)7; }

static size_t stride_of(size_t size) { return padded(size) + MARK; }

static uint64_t slots_of(size_t size)
{
	uint64_t slots = 4;
	while (2 * slots * stride_of(size) <= RING)
		slots *= 2;
	return slots;
}

static size_t ring_bytes(size_t size)
{
	return (CONTROL + slots_of(size) * stride_of(size) + 4095) & ~(size_t)4095;
}

static void ring_open(struct ring *r, char *mem, size_t size)
{
	memset(r, 0, sizeof *r);
	r->taken = (_Atomic uint64_t *)mem;
	r->stride = stride_of(size);
	r->slots = r->limit = slots_of(size);
	r->first = r->slot = mem + CONTROL + r->stride - MARK;
	r->stop = r->first + r->slots * r->stride;
	r->lap = 1;
}

ALWAYS void ring_advance(struct ring *r)
{
	r->next++;
	r->slot += r->stride;
	if (r->slot == r->stop) {
		r->slot = r->first;
		r->lap++;
	}
}

ALWAYS void ring_send(struct ring *r, const char *msg, size_t size)
{
	if (r->next == r->limit) {
		uint64_t taken;
		while ((taken = atomic_load_explicit(r->taken, memory_order_acquire)) + r->slots == r->limit)
			relax();
		r->limit = taken + r->slots;
	}
	memcpy(r->slot - padded(size), msg, size);
	atomic_store_explicit((_Atomic uint64_t *)r->slot, r->lap << 32 | size, memory_order_release);
	ring_advance(r);
}

ALWAYS void ring_recv(struct ring *r, char *buf, size_t size)
{
	uint64_t mark;
	while ((mark = atomic_load_explicit((_Atomic uint64_t *)r->slot, memory_order_acquire)) >> 32 != r->lap)
		relax();
	if ((uint32_t)mark != size)
		die("length of a message");
	memcpy(buf, r->slot - padded(size), size);
	ring_advance(r);
	if (r->next - r->published >= r->slots / 4) {
		r->published = r->next;
		atomic_store_explicit(r->taken, r->next, memory_order_release);
	}
}

/* An end is a pair of descriptors or a pair of rings. */

enum mech { DESCRIPTORS, MEMORY };

struct end {
	int rd, wr;
	struct ring in, out;
	size_t size;
	char *msg, *buf;
};

ALWAYS void send_bytes(enum mech m, struct end *e, const char *msg)
{
	if (m == MEMORY) {
		ring_send(&e->out, msg, e->size);
		return;
	}
	for (size_t done = 0; done < e->size;) {
		ssize_t n = write(e->wr, msg + done, e->size - done);
		if (n < 0 && errno != EINTR)
			die("write");
		if (n > 0)
			done += n;
	}
}

ALWAYS void recv_bytes(enum mech m, struct end *e)
{
	if (m == MEMORY) {
		ring_recv(&e->in, e->buf, e->size);
		return;
	}
	for (size_t done = 0; done < e->size;) {
		ssize_t n = read(e->rd, e->buf + done, e->size - done);
		if (n == 0 || (n < 0 && errno != EINTR))
			die("read");
		if (n > 0)
			done += n;
	}
}

/* A message carries its number at both ends; the last one carries LAST at its
 * end instead. */

#define LAST UINT64_MAX

ALWAYS void send_number(enum mech m, struct end *e, uint64_t head, uint64_t tail)
{
	memcpy(e->msg, &head, 8);
	memcpy(e->msg + e->size - 8, &tail, 8);
	send_bytes(m, e, e->msg);
}

/* returns 0 on the last message */
ALWAYS int recv_number(enum mech m, struct end *e, uint64_t number)
{
	uint64_t head, tail;
	recv_bytes(m, e);
	memcpy(&head, e->buf, 8);
	memcpy(&tail, e->buf + e->size - 8, 8);
	if (head != number || (tail != number && tail != LAST)) {
		errno = 0;
		die("number of a message");
	}
	return tail == number;
}

ALWAYS void round_trip(enum mech m, struct end *e, uint64_t number)
{
	send_number(m, e, number, number);
	recv_number(m, e, number);
}

enum { WARM_UP = 2000 };

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int64_t clock_cost(void)
{
	int64_t gaps[501];
	for (int i = 0; i < 501; i++) {
		int64_t before = now();
		gaps[i] = now() - before;
	}
	qsort(gaps, 501, sizeof gaps[0], ascending);
	return gaps[250];
}

/* One in so many operations is stamped: all that take 20 readings of the clock
 * or more; of shorter ones so many that the clock takes about 1 % of the time. */
static int64_t stamp_every(double op, int64_t clock)
{
	return op >= 20 * clock ? 1 : (int64_t)(100 * clock / (op < 1 ? 1 : op));
}

ALWAYS void ping(enum mech m, struct end *e, int64_t duration)
{
	enum { MOST = 1 << 21 };
	int64_t *stamps = malloc(MOST * sizeof *stamps);
	memset(stamps, 1, MOST * sizeof *stamps);
	int64_t clock = clock_cost(), n = 0, begun = now();
	uint64_t number = 0;
	while (number < WARM_UP)
		round_trip(m, e, number++);
	int64_t every = stamp_every((double)(now() - begun) / WARM_UP, clock);
	int64_t start = now(), at = start;
	while (at - start < duration && n < MOST) {
		int64_t before = now();
		round_trip(m, e, number++);
		at = now();
		stamps[n++] = at - before - clock;
		for (int64_t i = 1; i < every; i++)
			round_trip(m, e, number++);
	}
	int64_t elapsed = now() - start - 2 * n * clock;
	send_number(m, e, number, LAST);
	qsort(stamps, n, sizeof *stamps, ascending);
	printf("rtt_p50_ns %ld rtt_mean_ns %.1f\n", (long)stamps[(n - 1) / 2], (double)elapsed / (number - WARM_UP));
}

ALWAYS void pong(enum mech m, struct end *e)
{
	for (uint64_t number = 0; recv_number(m, e, number); number++)
		send_bytes(m, e, e->buf);
}

ALWAYS void stream(enum mech m, struct end *e, int64_t duration)
{
	int64_t clock = clock_cost(), begun = now();
	uint64_t number = 0;
	while (number < WARM_UP) {
		send_number(m, e, number, number);
		number++;
	}
	int64_t every = stamp_every((double)(now() - begun) / WARM_UP, clock);
	int64_t start = now();
	while (now() - start < duration)
		for (int64_t i = 0; i < every; i++) {
			send_number(m, e, number, number);
			number++;
		}
	send_number(m, e, number, LAST);
}

ALWAYS void drain(enum mech m, struct end *e)
{
	int64_t first = 0;
	uint64_t number = 0;
	for (; recv_number(m, e, number); number++)
		if (number == WARM_UP)
			first = now();
	printf("msgs_per_s %.0f\n", (number - WARM_UP) / ((now() - first) / 1e9));
}

static void pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) < 0)
		die("sched_setaffinity");
}

ALWAYS void run(enum mech m, struct end *e, int producer, int latency, int64_t duration)
{
	if (latency && producer)
		ping(m, e, duration);
	else if (latency)
		pong(m, e);
	else if (producer)
		stream(m, e, duration);
	else
		drain(m, e);
}

static void descriptors(const char *mech, struct end ends[2])
{
	int ab[2], ba[2];
	if (strcmp(mech, "unix") == 0) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ab) < 0)
			die("socketpair");
		ends[0].rd = ends[0].wr = ab[0];
		ends[1].rd = ends[1].wr = ab[1];
		return;
	}
	if (pipe(ab) < 0 || pipe(ba) < 0)
		die("pipe");
	ends[0].rd = ba[0], ends[0].wr = ab[1];
	ends[1].rd = ab[0], ends[1].wr = ba[1];
}

static int ring_file(size_t size)
{
	const char *dir = getenv("TMPDIR");
	int fd = open(dir ? dir : "/tmp", O_TMPFILE | O_RDWR, 0600);
	if (fd < 0 || posix_fallocate(fd, 0, 2 * ring_bytes(size)) != 0)
		die("make a file in $TMPDIR");
	return fd;
}

static void map(int fd, struct end *e, int side)
{
	size_t half = ring_bytes(e->size);
	char *mem = mmap(NULL, 2 * half, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED || madvise(mem, 2 * half, MADV_POPULATE_WRITE) < 0)
		die("map the file");
	ring_open(&e->out, mem + (side ? half : 0), e->size);
	ring_open(&e->in, mem + (side ? 0 : half), e->size);
}

int main(int argc, char **argv)
{
	if (argc != 7 || atoi(argv[3]) < 16) {
		fprintf(stderr, "usage: overhead pipe|unix|mmap-spin latency|throughput SIZE CPU_A CPU_B MILLISECONDS\n");
		return 2;
	}
	int latency = strcmp(argv[2], "latency") == 0, memory = strcmp(argv[1], "mmap-spin") == 0;
	int64_t duration = atoll(argv[6]) * 1000000;
	struct end ends[2] = {0};
	int fd = -1;
	ends[0].size = ends[1].size = atoi(argv[3]);
	if (memory)
		fd = ring_file(ends[0].size);
	else
		descriptors(argv[1], ends);

	pid_t parent = getpid(), child = fork();
	if (child < 0)
		die("fork");
	int side = child == 0; /* the child is the consumer */
	if (side && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent))
		die("prctl");
	struct end *e = &ends[side], *other = &ends[!side];
	if (!memory) {
		close(other->rd);
		close(other->wr);
	}
	pin(atoi(argv[4 + side]));
	e->msg = calloc(1, e->size);
	e->buf = calloc(1, e->size);
	if (memory)
		map(fd, e, side);
	if (memory)
		run(MEMORY, e, !side, latency, duration);
	else
		run(DESCRIPTORS, e, !side, latency, duration);
	fflush(stdout);
	if (side)
		_exit(0);
	int status;
	if (waitpid(child, &status, 0) < 0 || status != 0)
		die("the consumer");
	return 0;
}
