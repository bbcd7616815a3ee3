/* The same ring measured by a loop of its own, without ipcbench: what "make ring-agree"
 * holds exec: against. It makes and checks the same messages, by the same functions. The
 * processes, the loop and the clock, which it looks at every 1000 round trips, are its own.
 *
 *     ./own SIZE MILLISECONDS CPU CPU      prints the mean round trip in ns
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include "ipcbench.h"
#include "ring.h"

static void pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set)) {
		perror("sched_setaffinity");
		exit(1);
	}
}

static void answer(struct ring *r, struct ipcbench *b)
{
	uint64_t mark = 0;
	for (uint64_t i = 0;; i++) {
		uint64_t head = ipcbench_receive(b, ring_get, r, i, &mark);
		ring_put(r, b->in, b->size);
		ipcbench_digest(b, head);
	}
}

static double ask(struct ring *r, struct ipcbench *b, int64_t ns)
{
	uint64_t i = 0, first = 0, mark = 0;
	ipcbench_trip(b, ring_put, ring_get, r, i++, IPCBENCH_MARKING, &mark);
	int64_t start = ipcbench_now(), began = 0, at = start;
	while (!began || at - began < ns) {
		if (!began && at - start > ns / 4)
			began = at, first = i;
		for (int k = 0; k < 1000; k++)
			ipcbench_trip(b, ring_put, ring_get, r, i++, IPCBENCH_MEASURED, &mark);
		at = ipcbench_now();
	}
	return (double)(at - began) / (i - first);
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: own SIZE MILLISECONDS CPU CPU\n");
		return 2;
	}
	size_t n = atoi(argv[1]);
	static struct ipcbench b = {.key = 0x9e3779b97f4a7c15u};
	b.size = n, b.out = calloc(1, n), b.in = calloc(1, n);
	char path[] = "/dev/shm/ipcbench-own-XXXXXX";
	close(mkstemp(path));
	struct ring ends[] = {ring_open(path, n, 0), ring_open(path, n, 1)};
	unlink(path);
	pid_t consumer = fork();
	if (consumer == 0) {
		pin(atoi(argv[4]));
		answer(&ends[0], &b);
	}
	pin(atoi(argv[3]));
	printf("%.2f\n", ask(&ends[1], &b, atoll(argv[2]) * 1000000));
	kill(consumer, SIGKILL);
	waitpid(consumer, NULL, 0);
	return 0;
}
