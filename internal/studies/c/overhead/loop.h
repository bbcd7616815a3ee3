/* The loops that every mechanism runs, and what an end of it is.
 *
 * A mechanism is four functions. create makes what both ends share, before the
 * fork; open makes an end in its own process; send hands over e->size bytes and
 * recv stores the next message in e->buf. send and recv are inlined in the
 * loops, so that each mechanism has loops of its own with nothing in them but
 * its system calls, its loads and its stores. What an end needs beyond struct
 * end is in static variables, because there is one end in a process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ALWAYS static inline __attribute__((always_inline))

static void die(const char *what)
{
	fprintf(stderr, "overhead: %s: %s\n", what, errno ? strerror(errno) : "wrong");
	exit(1);
}

static void wrong(const char *what)
{
	errno = 0;
	die(what);
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

struct end {
	int side; /* 0 is the producer, 1 the consumer */
	int rd, wr;
	pid_t peer;
	size_t size;
	char *msg, *buf;
};

/* expected is e->size, without the compiler knowing it. Having compared the
 * length in a mark with e->size, it would take the one for the other, and so
 * have the address of a message wait for its mark. */
ALWAYS size_t expected(const struct end *e)
{
	size_t size = e->size;
	__asm__("" : "+r"(size));
	return size;
}

typedef void send_fn(struct end *, const char *msg);
typedef void recv_fn(struct end *);

struct mechanism {
	const char *name;
	void (*create)(struct end ends[2]);
	void (*open)(struct end *);
	void (*run)(struct end *, int latency, int64_t duration);
	int word; /* messages have 8 bytes, no more and no fewer */
};

/* MECHANISM is a line of the table: its send and recv are the functions named. */
#define MECHANISM(id, send, recv) \
	static void run_##id(struct end *e, int latency, int64_t duration) { run(send, recv, e, latency, duration); }

/* A message carries its number at both ends; the last one carries LAST at its
 * end instead. One of 8 bytes is its number, and whether it is the last one in
 * the lowest bit. */

#define LAST UINT64_MAX

ALWAYS void send_number(send_fn *send, struct end *e, uint64_t head, uint64_t tail)
{
	if (e->size == 8)
		head = head << 1 | (tail == LAST);
	else
		memcpy(e->msg + e->size - 8, &tail, 8);
	memcpy(e->msg, &head, 8);
	send(e, e->msg);
}

/* returns 0 on the last message */
ALWAYS int recv_number(recv_fn *recv, struct end *e, uint64_t number)
{
	uint64_t head, tail;
	recv(e);
	memcpy(&head, e->buf, 8);
	if (e->size == 8) {
		tail = head & 1 ? LAST : head >> 1;
		head >>= 1;
	} else {
		memcpy(&tail, e->buf + e->size - 8, 8);
	}
	if (head != number || (tail != number && tail != LAST))
		wrong("number of a message");
	return tail == number;
}

ALWAYS void round_trip(send_fn *send, recv_fn *recv, struct end *e, uint64_t number)
{
	send_number(send, e, number, number);
	recv_number(recv, e, number);
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

ALWAYS void ping(send_fn *send, recv_fn *recv, struct end *e, int64_t duration)
{
	enum { MOST = 1 << 21 };
	int64_t *stamps = malloc(MOST * sizeof *stamps);
	memset(stamps, 1, MOST * sizeof *stamps);
	int64_t clock = clock_cost(), n = 0, begun = now();
	uint64_t number = 0;
	while (number < WARM_UP)
		round_trip(send, recv, e, number++);
	int64_t every = stamp_every((double)(now() - begun) / WARM_UP, clock);
	int64_t start = now(), at = start;
	while (at - start < duration && n < MOST) {
		int64_t before = now();
		round_trip(send, recv, e, number++);
		at = now();
		stamps[n++] = at - before - clock;
		for (int64_t i = 1; i < every; i++)
			round_trip(send, recv, e, number++);
	}
	int64_t elapsed = now() - start - 2 * n * clock;
	send_number(send, e, number, LAST);
	qsort(stamps, n, sizeof *stamps, ascending);
	printf("rtt_p50_ns %ld rtt_mean_ns %.1f\n", (long)stamps[(n - 1) / 2], (double)elapsed / (number - WARM_UP));
}

ALWAYS void pong(send_fn *send, recv_fn *recv, struct end *e)
{
	for (uint64_t number = 0; recv_number(recv, e, number); number++)
		send(e, e->buf);
}

ALWAYS void stream(send_fn *send, struct end *e, int64_t duration)
{
	int64_t clock = clock_cost(), begun = now();
	uint64_t number = 0;
	while (number < WARM_UP) {
		send_number(send, e, number, number);
		number++;
	}
	int64_t every = stamp_every((double)(now() - begun) / WARM_UP, clock);
	int64_t start = now();
	while (now() - start < duration)
		for (int64_t i = 0; i < every; i++) {
			send_number(send, e, number, number);
			number++;
		}
	send_number(send, e, number, LAST);
}

ALWAYS void drain(recv_fn *recv, struct end *e)
{
	int64_t first = 0;
	uint64_t number = 0;
	for (; recv_number(recv, e, number); number++)
		if (number == WARM_UP)
			first = now();
	printf("msgs_per_s %.0f\n", (number - WARM_UP) / ((now() - first) / 1e9));
}

ALWAYS void run(send_fn *send, recv_fn *recv, struct end *e, int latency, int64_t duration)
{
	if (latency && e->side == 0)
		ping(send, recv, e, duration);
	else if (latency)
		pong(send, recv, e);
	else if (e->side == 0)
		stream(send, e, duration);
	else
		drain(recv, e);
}

static void pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) < 0)
		die("sched_setaffinity");
}

/* A producer whose consumer has failed would wait for ever. */
static void consumer_ended(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	if (info->si_code != CLD_EXITED || info->si_status != 0)
		_exit(1);
}

/* unnamed_file makes a file of so many bytes in $TMPDIR. */
static int unnamed_file(size_t bytes)
{
	const char *dir = getenv("TMPDIR");
	int fd = open(dir ? dir : "/tmp", O_TMPFILE | O_RDWR, 0600);
	if (fd < 0 || posix_fallocate(fd, 0, bytes) != 0)
		die("make a file in $TMPDIR");
	return fd;
}

/* aligned_bytes returns memory as aligned as a Go slice of that size is. */
static char *aligned_bytes(size_t size)
{
	void *mem;
	if (posix_memalign(&mem, size < 4096 ? 64 : 4096, size) != 0)
		die("allocate a message");
	return memset(mem, 0, size);
}

/* pair forks, and runs the mechanism in both processes. */
static void pair(const struct mechanism *m, size_t size, const int cpus[2], int latency, int64_t duration)
{
	struct end ends[2] = {{.side = 0, .rd = -1, .wr = -1, .size = size}, {.side = 1, .rd = -1, .wr = -1, .size = size}};
	struct sigaction ended = {.sa_sigaction = consumer_ended, .sa_flags = SA_SIGINFO | SA_RESTART};
	int ready[2];
	m->create(ends);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ready) < 0 || sigaction(SIGCHLD, &ended, NULL) < 0)
		die("prepare to fork");
	pid_t parent = getpid(), child = fork();
	if (child < 0)
		die("fork");
	int side = child == 0;
	if (side && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent))
		die("prctl");
	struct end *e = &ends[side];
	e->peer = side ? parent : child;
	close(ends[!side].rd);
	close(ends[!side].wr);
	close(ready[!side]);
	pin(cpus[side]);
	e->msg = aligned_bytes(size);
	e->buf = aligned_bytes(size);
	if (m->open)
		m->open(e);
	char go = 1;
	if (write(ready[side], &go, 1) != 1 || read(ready[side], &go, 1) != 1)
		die("wait for the other end");
	m->run(e, latency, duration);
	fflush(stdout);
	if (side)
		_exit(0);
	int status;
	if (waitpid(child, &status, 0) < 0 || status != 0)
		die("the consumer");
}
