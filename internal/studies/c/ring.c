/* ring streams messages between two CPUs through a ring in a mapped file, and
 * finds out what limits the rate: without options it is the ring of
 * internal/shm, and each option, given to the compiler as -DNAME=VALUE, changes
 * one thing about it. See `make ring`.
 *
 *   ring SIZE CPU_A CPU_B MILLISECONDS
 *
 * with messages of 8 bytes, or at least 16,
 * prints "msgs_per_s N", and in how many of a hundred messages the reader had to
 * wait: "waits_percent N". With COPY_FLOOR it is how fast two processes pass on
 * messages through memory when they wait for each other so seldom that it costs
 * nothing: one copies into half a window while the other copies out of the other
 * half, and then they change places.
 */
#include "overhead/loop.h"
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#ifndef CAPACITY
#define CAPACITY (1 << 20) /* bytes of a ring */
#endif
#ifndef ALIGN
#define ALIGN 8 /* slots begin at multiples of it */
#endif
#ifndef MARK_FIRST
#define MARK_FIRST 0 /* 1: the mark is in front of the message */
#endif
#ifndef MARK_APART
#define MARK_APART 0 /* 1: the mark has a line of its own */
#endif
#ifndef MARKS
#define MARKS 1 /* 0: no marks, one shared index of what was sent */
#endif
#ifndef BATCH
#define BATCH 1 /* messages from one look at, or store of, the index to the next; MARKS=0 */
#endif
#ifndef FENCE
#define FENCE 0 /* 1: a message is published by an exchange, a full fence */
#endif
#ifndef PARTS
#define PARTS 4 /* so often in a lap is it published what was taken; 0: for each message */
#endif
#ifndef PAUSES
#define PAUSES 1 /* so many after each look in vain */
#endif
#ifndef BACK_OFF
#define BACK_OFF 0 /* so many PAUSEs more once the reader found nothing */
#endif
#ifndef READ_AHEAD
#define READ_AHEAD 0 /* the reader prefetches the slot after so many others */
#endif
#ifndef WRITE_AHEAD
#define WRITE_AHEAD 0 /* likewise the writer, to write to it */
#endif
#ifndef NON_TEMPORAL
#define NON_TEMPORAL 0 /* 1: the writer copies past its caches */
#endif
#ifndef IN_PLACE
#define IN_PLACE 0 /* 1: only the ends of a message are written and read, where it lies; 2: the
                      reader reads every byte of it once, where it lies */
#endif
#ifndef COPY_FLOOR
#define COPY_FLOOR 0
#endif

enum { LINE = 128, CONTROL = 2 * LINE };

typedef _Atomic uint64_t shared_word;

/* What an end knows of the ring. at is where the next message lies. */
static struct {
	shared_word *taken, *sent;
	char *first, *stop, *at;
	uint64_t lap, next, limit, seen, published, slots;
	size_t stride, mark;
	uint64_t waits; /* messages that were not there at the first look */
} r;

ALWAYS size_t up(size_t n, size_t to) { return (n + to - 1) / to * to; }

/* shape says where in a slot the message and the mark lie, and returns the
 * bytes of the ring. The slots end at a line's end where they are aligned. */
static size_t shape(size_t size)
{
	size_t room = up(size, 8), mark = MARK_APART ? 64 : 8;
	r.stride = up(room + (MARKS ? mark : 0), ALIGN);
	r.mark = MARK_FIRST ? 0 : MARK_APART ? up(room, 64) : room;
	if (MARK_APART)
		r.stride = up(r.mark + 64, ALIGN);
	for (r.slots = 4; 2 * r.slots * r.stride <= CAPACITY;)
		r.slots *= 2;
	return up(CONTROL + r.slots * r.stride, 4096);
}

ALWAYS char *message(char *slot) { return slot + (MARKS && MARK_FIRST ? (MARK_APART ? 64 : 8) : 0); }

ALWAYS shared_word *mark_of(char *slot) { return (shared_word *)(slot + r.mark); }

ALWAYS void rest(int pauses)
{
	for (int i = 0; i < pauses; i++)
		relax();
}

ALWAYS void advance(void)
{
	r.next++;
	r.at += r.stride;
	if (r.at == r.stop) {
		r.at = r.first;
		r.lap++;
	}
}

ALWAYS void fetch(int ahead, int to_write)
{
	if (ahead == 0)
		return;
	char *slot = r.at + ahead * r.stride;
	if (slot >= r.stop)
		slot -= r.stop - r.first;
	for (size_t i = 0; i < r.stride && i < 256; i += 64)
		if (to_write)
			__builtin_prefetch(slot + i, 1);
		else
			__builtin_prefetch(slot + i, 0);
}

/* In place, a message has two words to write and to read. */
ALWAYS void copy_in(char *to, const char *from, size_t size)
{
	if (IN_PLACE == 1) {
		memcpy(to, from, 8);
		memcpy(to + size - 8, from + size - 8, 8);
		return;
	}
#if NON_TEMPORAL && defined(__x86_64__)
	size_t i = 0;
	for (; i + 8 <= size; i += 8) {
		long long word;
		memcpy(&word, from + i, 8);
		_mm_stream_si64((long long *)(to + i), word);
	}
	memcpy(to + i, from + i, size - i);
	_mm_sfence();
#else
	memcpy(to, from, size);
#endif
}

#if IN_PLACE == 2
typedef uint64_t four_words __attribute__((vector_size(32), aligned(8), may_alias));

/* read_once is as fast as memory is read: nothing is done with the words but to add them. */
#ifdef __x86_64__
__attribute__((target("avx2")))
#endif
static void read_once(const char *from, size_t size)
{
	four_words a = {0}, b = {0}, c = {0}, d = {0};
	size_t i = 0;
	for (; i + 128 <= size; i += 128) {
		const four_words *w = (const four_words *)(from + i);
		a += w[0];
		b += w[1];
		c += w[2];
		d += w[3];
	}
	uint64_t rest = 0;
	for (; i + 8 <= size; i += 8) {
		uint64_t word;
		memcpy(&word, from + i, 8);
		rest += word;
	}
	a += b + c + d;
	__asm__ volatile("" : : "r"(a[0] + a[1] + a[2] + a[3] + rest));
}
#endif

ALWAYS void copy_out(char *to, const char *from, size_t size)
{
#if IN_PLACE == 2
	read_once(from, size);
#endif
	if (IN_PLACE) {
		memcpy(to, from, 8);
		memcpy(to + size - 8, from + size - 8, 8);
		return;
	}
	memcpy(to, from, size);
}

ALWAYS void publish(shared_word *at, uint64_t v)
{
	if (FENCE)
		atomic_exchange(at, v);
	else
		atomic_store_explicit(at, v, memory_order_release);
}

/* is_last says whether loop.h wrote the last message. */
ALWAYS int is_last(struct end *e, const char *msg)
{
	uint64_t tail;
	memcpy(&tail, msg + e->size - 8, 8);
	return e->size == 8 ? tail & 1 : tail == LAST;
}

ALWAYS void send_ring(struct end *e, const char *msg)
{
	if (r.next == r.limit) {
		if (!MARKS)
			publish(r.sent, r.next); /* or the reader could not go on */
		uint64_t taken;
		while ((taken = atomic_load_explicit(r.taken, memory_order_acquire)) + r.slots == r.limit)
			rest(PAUSES);
		r.limit = taken + r.slots;
	}
	fetch(WRITE_AHEAD, 1);
	copy_in(message(r.at), msg, e->size);
	if (MARKS)
		publish(mark_of(r.at), r.lap << 32 | e->size);
	advance();
	if (!MARKS && (BATCH == 1 || r.next % BATCH == 0 || is_last(e, msg)))
		publish(r.sent, r.next);
}

/* arrived looks whether the next message is there. */
ALWAYS int arrived(struct end *e)
{
	if (!MARKS) {
		if (r.next == r.seen)
			r.seen = atomic_load_explicit(r.sent, memory_order_acquire);
		return r.next != r.seen;
	}
	uint64_t mark = atomic_load_explicit(mark_of(r.at), memory_order_acquire);
	if (mark >> 32 != r.lap)
		return 0;
	if ((uint32_t)mark != e->size)
		wrong("length of a message");
	return 1;
}

ALWAYS void await(struct end *e)
{
	if (arrived(e))
		return;
	r.waits++;
	do
		rest(PAUSES + BACK_OFF);
	while (!arrived(e));
}

ALWAYS void recv_ring(struct end *e)
{
	size_t size = expected(e);
	await(e);
	fetch(READ_AHEAD, 0);
	copy_out(e->buf, message(r.at), size);
	advance();
	if (PARTS == 0 || r.next - r.published >= r.slots / (PARTS ? PARTS : 1)) {
		r.published = r.next;
		atomic_store_explicit(r.taken, r.next, memory_order_release);
	}
}

/* The window's halves hold as many messages as fit, and at least one each.
 * turn is how often a half was filled, and done how often one was emptied. */

static uint64_t half;

ALWAYS void turn_to(shared_word *word, uint64_t v)
{
	while (atomic_load_explicit(word, memory_order_acquire) < v)
		relax();
}

ALWAYS void send_floor(struct end *e, const char *msg)
{
	uint64_t turn = r.next / half, in_half = r.next % half;
	if (in_half == 0 && turn >= 2)
		turn_to(r.taken, turn - 1); /* the half was emptied */
	copy_in(r.first + ((turn & 1) * half + in_half) * e->size, msg, e->size);
	r.next++;
	if (in_half + 1 == half || is_last(e, msg))
		atomic_store_explicit(r.sent, turn + 1, memory_order_release);
}

ALWAYS void recv_floor(struct end *e)
{
	uint64_t turn = r.next / half, in_half = r.next % half;
	if (in_half == 0) {
		r.waits += atomic_load_explicit(r.sent, memory_order_relaxed) <= turn;
		turn_to(r.sent, turn + 1);
	}
	copy_out(e->buf, r.first + ((turn & 1) * half + in_half) * e->size, e->size);
	r.next++;
	if (in_half + 1 == half)
		atomic_store_explicit(r.taken, turn + 1, memory_order_release);
}

#if COPY_FLOOR
MECHANISM(ring, send_floor, recv_floor)
#else
MECHANISM(ring, send_ring, recv_ring)
#endif

static void run_and_tell(struct end *e, int latency, int64_t duration)
{
	run_ring(e, latency, duration);
	if (e->side == 1)
		printf("waits_percent %.1f\n", 100.0 * r.waits / r.next);
}

static int ring_fd;
static size_t ring_bytes;

static void create_ring(struct end ends[2])
{
	ring_bytes = shape(ends[0].size);
	half = CAPACITY / 2 / ends[0].size;
	if (half == 0)
		half = 1;
	if (COPY_FLOOR)
		ring_bytes = up(CONTROL + 2 * half * ends[0].size, 4096);
	ring_fd = unnamed_file(ring_bytes);
}

static void open_ring(struct end *e)
{
	(void)e;
	char *mem = mmap(NULL, ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring_fd, 0);
	if (mem == MAP_FAILED || madvise(mem, ring_bytes, MADV_POPULATE_WRITE) < 0)
		die("map the file");
	r.taken = (shared_word *)mem;
	r.sent = (shared_word *)(mem + LINE);
	r.first = r.at = mem + CONTROL;
	r.stop = r.first + r.slots * r.stride;
	r.limit = r.slots;
	r.lap = 1;
}

int main(int argc, char **argv)
{
	if (argc != 5 || (atoi(argv[1]) != 8 && atoi(argv[1]) < 16)) {
		fprintf(stderr, "usage: ring SIZE CPU_A CPU_B MILLISECONDS\n");
		return 2;
	}
	const struct mechanism ring = {"ring", create_ring, open_ring, run_and_tell, 0};
	const int cpus[2] = {atoi(argv[2]), atoi(argv[3])};
	pair(&ring, atoi(argv[1]), cpus, 0, atoll(argv[4]) * 1000000);
	return 0;
}
