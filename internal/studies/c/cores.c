/* cores is what a careful C programmer would write to measure how long two CPUs
 * take to hand each other a cache line: a tight loop of loads and stores. Its
 * figure is what `ipcbench cores` is held against; see `make cores`.
 *
 *   cores CPU_A CPU_B MILLISECONDS
 *
 * Two processes, each pinned, pass a word to and fro: whoever finds it changed
 * changes it. One line is printed: "rtt_p50_ns N", the median of batches of 100
 * round trips, each on a line of another page. As with ipcbench, A has touched
 * the pages first, and the first quarter of the time does not count.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 65536, LINES = 16, TRIPS = 100, MOST = 1 << 20 };

typedef _Atomic uint64_t word;

static double batches[MOST];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static inline void await(word *w, uint64_t v)
{
	while (atomic_load_explicit(w, memory_order_acquire) != v) {
#if defined(__x86_64__)
		__builtin_ia32_pause();
#else
		__asm__ volatile("isb");
#endif
	}
}

static inline void hand_over(word *w, uint64_t v) { atomic_store_explicit(w, v, memory_order_release); }

static void pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set))
		die("cores: sched_setaffinity");
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: cores CPU_A CPU_B MILLISECONDS\n");
		return 2;
	}
	pin(atoi(argv[1]));
	char *pages = mmap(NULL, LINES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		die("cores: mmap");
	memset(pages, 0, LINES * PAGE);
	memset(batches, 0, sizeof batches);
	pid_t parent = getpid(), child = fork();
	if (child < 0)
		die("cores: fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			return 1;
		pin(atoi(argv[2]));
		for (uint64_t batch = 0;; batch++) {
			word *w = (word *)(pages + batch % LINES * PAGE);
			uint64_t first = batch / LINES * 2 * TRIPS;
			for (uint64_t v = first; v < first + 2 * TRIPS; v += 2) {
				await(w, v + 1);
				hand_over(w, v + 2);
			}
		}
	}
	int64_t length = atoll(argv[3]) * 1000000, start = 0;
	size_t n = 0;
	for (uint64_t batch = 0; n < MOST; batch++) {
		word *w = (word *)(pages + batch % LINES * PAGE);
		uint64_t first = batch / LINES * 2 * TRIPS;
		int64_t before = now();
		for (uint64_t v = first; v < first + 2 * TRIPS; v += 2) {
			hand_over(w, v + 1);
			await(w, v + 2);
		}
		int64_t after = now();
		if (!start)
			start = after; /* the other side is there */
		else if (after - start > length / 4)
			batches[n++] = (double)(after - before) / TRIPS;
		if (after - start > length && n > 0)
			break;
	}
	kill(child, SIGKILL);
	qsort(batches, n, sizeof batches[0], compare);
	printf("rtt_p50_ns %.2f\n", batches[n / 2]);
	return 0;
}
