/* ipcbench.h: an end of your transport, measured by ipcbench-contrib run 'exec:./server ./client'.
 *
 * Write how a message is sent and received, and main:
 *
 *     static void put(void *ring, const void *msg, size_t n) { ... }    returns when msg may be used again
 *     static void get(void *ring, void *msg, size_t n)       { ... }    waits for the next message
 *     int main(void) {
 *         struct ipcbench *b = ipcbench_open();        which end is this, and where do both meet?
 *         struct ring *r = ...b->dir, b->producer...
 *         return ipcbench_run(b, put, get, r);
 *     }
 *
 * Both directions are used. Messages all have b->size bytes. README.md beside this file
 * spells out what is done here, for other languages. This file is in the public domain. */
#ifndef IPCBENCH_H
#define IPCBENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { IPCBENCH_WARMING, IPCBENCH_MARKING, IPCBENCH_MEASURED, IPCBENCH_LAST };

/* ---- Messages ---- */

/* The first word of message i: its number, of which the key makes the high bits, and its phase. */
static inline uint64_t ipcbench_head(uint64_t key, uint64_t i, unsigned phase)
{
	return (key * (i + 1) >> 42 << 42) | i << 2 | phase;
}

/* The last word of a message of n bytes, which has that first word. */
static inline uint64_t ipcbench_tail(uint64_t head, size_t n)
{
	return __builtin_bswap64(~head) ^ n * 0xa24baed4963ee407u;
}

/* Write both ends. The first goes over what they share, of a message of less than 16 bytes. */
static inline void ipcbench_stamp(unsigned char *msg, size_t n, uint64_t head)
{
	uint64_t tail = ipcbench_tail(head, n);
	memcpy(msg + n - 8, &tail, 8);
	memcpy(msg, &head, 8);
}

/* Return the first word, once the last is what belongs to it. */
static inline uint64_t ipcbench_read(const unsigned char *msg, size_t n)
{
	uint64_t head, tail;
	memcpy(&head, msg, 8);
	memcpy(&tail, msg + n - 8, 8);
	if (n > 8 && (tail ^ ipcbench_tail(head, n)) >> (n < 16 ? 8 * (16 - n) : 0)) {
		fprintf(stderr, "the end of message %llu is not what was sent\n", (unsigned long long)(head >> 2 & 0xffffffffffu));
		exit(1);
	}
	return head;
}

/* Write the pattern between the ends (check: compare it), which is that of a first word. */
static inline void ipcbench_pattern(unsigned char *msg, size_t n, uint64_t head, int check)
{
	uint64_t word = (head >> 2) * 0xd1342543de82ef95u + 1;
	for (size_t at = 8; at + 8 < n; at += 8, word += 0x9e3779b97f4a7c15u) {
		size_t part = n - 8 - at < 8 ? n - 8 - at : 8;
		if (!check)
			memcpy(msg + at, &word, part);
		else if (memcmp(msg + at, &word, part)) {
			fprintf(stderr, "message %llu was damaged near byte %zu\n", (unsigned long long)(head >> 2 & 0xffffffffffu), at);
			exit(1);
		}
	}
}

/* ---- The clock ---- */

static inline int64_t ipcbench_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Times are counted exactly below 2048 ns, and then in 1024 steps to each power of two. */
struct ipcbench_times { uint32_t count[55 * 1024]; };

static inline void ipcbench_count(struct ipcbench_times *t, int64_t ns)
{
	int shift = 53 - __builtin_clzll((uint64_t)ns | 1024);
	t->count[shift * 1024 + (ns >> shift)]++;
}

static void ipcbench_tell(const char *word, const struct ipcbench_times *t)
{
	for (int64_t i = 0; i < 55 * 1024; i++) {
		int shift = i < 2048 ? 0 : i / 1024 - 1;
		if (t->count[i])
			printf("%s %lld %u\n", word, (long long)((i - shift * 1024) << shift), t->count[i]);
	}
}

/* ---- The conversation ---- */

struct ipcbench {
	int producer;     /* which end this is */
	size_t size;      /* of every message, bytes */
	char dir[256];    /* an empty directory that both ends have, gone once both are ready */
	char wait[16];    /* "block", "spin", "yield": as asked for */

	int latency, full;
	int64_t warm_ns, warm_messages, time_ns, messages;
	uint64_t key, digest;
	unsigned char *out, *in;
	struct ipcbench_times rtt, batch;
};

/* Take in lines up to the one of that word. Where there are no more, the run is over. */
static inline void ipcbench_hear(struct ipcbench *b, const char *until, long long *number)
{
	char line[512], word[32], text[256];
	long long n, m;
	while (fgets(line, sizeof line, stdin)) {
		*word = *text = n = m = 0;
		sscanf(line, "%31s %255s", word, text);
		sscanf(line, "%*s %lld %lld", &n, &m);
		if (!strcmp(word, "ipcbench") && n != 1) { fprintf(stderr, "ipcbench.h knows version 1, not %s\n", text); exit(1); }
		if (!strcmp(word, "side")) b->producer = !strcmp(text, "producer");
		if (!strcmp(word, "size")) b->size = n;
		if (!strcmp(word, "dir")) snprintf(b->dir, sizeof b->dir, "%.199s", text);
		if (!strcmp(word, "wait")) snprintf(b->wait, sizeof b->wait, "%.15s", text);
		if (!strcmp(word, "workload")) b->latency = !strcmp(text, "latency");
		if (!strcmp(word, "warmup")) b->warm_ns = n, b->warm_messages = m;
		if (!strcmp(word, "time")) b->time_ns = n;
		if (!strcmp(word, "messages")) b->messages = n;
		if (!strcmp(word, "verify")) b->full = !strcmp(text, "full");
		if (!strcmp(word, "key")) b->key = strtoull(text, NULL, 10);
		if (!strcmp(word, until)) {
			if (number) *number = n;
			return;
		}
	}
	exit(0);
}

static inline void ipcbench_say(const char *line) { puts(line); fflush(stdout); }

static struct ipcbench *ipcbench_open(void)
{
	static struct ipcbench b;
	ipcbench_hear(&b, "open", NULL);
	b.out = calloc(1, b.size);
	b.in = calloc(1, b.size);
	return &b;
}

typedef void ipcbench_put(void *, const void *, size_t);
typedef void ipcbench_get(void *, void *, size_t);
#define IPCBENCH_INLINE static inline __attribute__((always_inline))

IPCBENCH_INLINE void ipcbench_send(struct ipcbench *b, ipcbench_put put, void *self, uint64_t i, unsigned phase)
{
	uint64_t head = ipcbench_head(b->key, i, phase);
	if (phase < IPCBENCH_MEASURED || b->full)
		ipcbench_pattern(b->out, b->size, head, 0);
	ipcbench_stamp(b->out, b->size, head);
	put(self, b->out, b->size);
}

/* Receive message i, check it and return its first word. Of most that are measured,
 * the ends are checked alone, and the pattern of one in 4096: it is the mark's. */
IPCBENCH_INLINE uint64_t ipcbench_receive(struct ipcbench *b, ipcbench_get get, void *self, uint64_t i, uint64_t *mark)
{
	get(self, b->in, b->size);
	uint64_t head = ipcbench_read(b->in, b->size);
	if ((head >> 2 & 0xffffffffffu) != i) {
		fprintf(stderr, "message %llu arrived where %llu was due\n", (unsigned long long)(head >> 2 & 0xffffffffffu), (unsigned long long)i);
		exit(1);
	}
	if ((head & 3) < IPCBENCH_MEASURED || b->full)
		ipcbench_pattern(b->in, b->size, *mark = head, 1);
	else if (i % 4096 == 0)
		ipcbench_pattern(b->in, b->size, *mark, 1);
	return head;
}

IPCBENCH_INLINE void ipcbench_digest(struct ipcbench *b, uint64_t head) { b->digest = (b->digest ^ head) * 0x9e3779b97f4a7c15u; }

/* Send message i, receive it again and check that it is the same. */
IPCBENCH_INLINE void ipcbench_trip(struct ipcbench *b, ipcbench_put put, ipcbench_get get, void *self, uint64_t i, unsigned phase, uint64_t *mark)
{
	ipcbench_send(b, put, self, i, phase);
	ipcbench_digest(b, ipcbench_receive(b, get, self, i, mark));
}

/* What a reading of the clock takes, and with stamp, all that timing a round trip does. */
static double ipcbench_cost(struct ipcbench *b, int stamp)
{
	double least = 1e9;
	for (int batch = 0; batch < 21; batch++) {
		int64_t began = ipcbench_now(), last = began;
		for (int i = 0; i < 200; i++) {
			int64_t at = ipcbench_now();
			if (stamp) {
				ipcbench_count(&b->rtt, ipcbench_now() - at);
				ipcbench_count(&b->batch, at - last);
				last = at;
			}
		}
		double each = (ipcbench_now() - began) / 200.0;
		least = each < least ? each : least;
	}
	memset(&b->rtt, 0, sizeof b->rtt);
	memset(&b->batch, 0, sizeof b->batch);
	return least;
}

static void ipcbench_warm(uint64_t messages, int64_t ns, double clock_ns, double stamp_ns)
{
	printf("warm %llu %lld %.2f %.2f\n", (unsigned long long)messages, (long long)ns, clock_ns, stamp_ns);
	fflush(stdout);
}

static int ipcbench_report(struct ipcbench *b, int64_t sent, int64_t received, int64_t began, int64_t ended)
{
	ipcbench_say("done");
	ipcbench_hear(b, "report", NULL);
	printf("sent %lld\nreceived %lld\nbegan %lld\nended %lld\n", (long long)sent, (long long)received, (long long)began, (long long)ended);
	printf("digest %llu\n", (unsigned long long)b->digest);
	ipcbench_tell("rtt", &b->rtt);
	ipcbench_tell("batch", &b->batch);
	ipcbench_say("end");
	return 0;
}

/* How many of the next messages are sent before the clock is looked at; 0: enough are measured. */
static inline int64_t ipcbench_next(const struct ipcbench *b, int64_t n, int64_t elapsed, int64_t every)
{
	if (b->messages)
		return b->messages - n < every ? b->messages - n : every;
	return elapsed >= b->time_ns && n >= 10 ? 0 : every;
}

IPCBENCH_INLINE int ipcbench_produce(struct ipcbench *b, ipcbench_put put, ipcbench_get get, void *self)
{
	uint64_t i = 0, mark = 0;
	double clock_ns = ipcbench_cost(b, 0), stamp_ns = ipcbench_cost(b, 1);
	int64_t start = ipcbench_now();
	do {
		if (b->latency)
			ipcbench_trip(b, put, get, self, i++, IPCBENCH_WARMING, &mark);
		else
			ipcbench_send(b, put, self, i++, IPCBENCH_WARMING);
	} while (i % 16 || ipcbench_now() - start < b->warm_ns || (int64_t)i < b->warm_messages);
	ipcbench_trip(b, put, get, self, i++, IPCBENCH_MARKING, &mark);
	ipcbench_warm(i, ipcbench_now() - start, clock_ns, stamp_ns);

	long long every;
	ipcbench_hear(b, "measure", &every);
	int64_t began = ipcbench_now(), at = began, last, n = 0, next;
	for (; (next = ipcbench_next(b, n, at - began, every)) > 0; n += next) {
		if (!b->latency) {
			for (int64_t k = 0; k < next; k++)
				ipcbench_send(b, put, self, i++, IPCBENCH_MEASURED);
			at = ipcbench_now();
			continue;
		}
		int64_t before = ipcbench_now();
		ipcbench_trip(b, put, get, self, i++, IPCBENCH_MEASURED, &mark);
		last = at;
		at = ipcbench_now();
		ipcbench_count(&b->rtt, at - before);
		if (n > 0)
			ipcbench_count(&b->batch, at - last);
		for (int64_t k = 1; k < next; k++)
			ipcbench_trip(b, put, get, self, i++, IPCBENCH_MEASURED, &mark);
	}
	int64_t ended = ipcbench_now();
	ipcbench_send(b, put, self, i, IPCBENCH_LAST);
	return ipcbench_report(b, n, b->latency ? n : 0, began, ended);
}

IPCBENCH_INLINE int ipcbench_consume(struct ipcbench *b, ipcbench_put put, ipcbench_get get, void *self)
{
	uint64_t mark = 0;
	int64_t start = ipcbench_now(), began = 0, n = 0;
	for (uint64_t i = 0;; i++) {
		uint64_t head = ipcbench_receive(b, get, self, i, &mark);
		unsigned phase = head & 3;
		if (phase == IPCBENCH_LAST) {
			int64_t ended = ipcbench_now();
			ipcbench_digest(b, head);
			return ipcbench_report(b, b->latency ? n : 0, n, began, ended);
		}
		if (phase == IPCBENCH_MEASURED && n++ == 0)
			began = ipcbench_now();
		if (phase == IPCBENCH_MARKING) {
			ipcbench_warm(i + 1, ipcbench_now() - start, ipcbench_cost(b, 0), 0);
			ipcbench_hear(b, "measure", NULL);
		}
		if (b->latency || phase == IPCBENCH_MARKING)
			put(self, b->in, b->size);
		ipcbench_digest(b, head);
	}
}

/* Say that this end is ready, and do what is asked. It is the rest of main. */
IPCBENCH_INLINE int ipcbench_run(struct ipcbench *b, ipcbench_put put, ipcbench_get get, void *self)
{
	ipcbench_say("ready");
	ipcbench_hear(b, "go", NULL);
	return b->producer ? ipcbench_produce(b, put, get, self) : ipcbench_consume(b, put, get, self);
}
#endif
