/* The same ring measured by a loop of its own, without ipcbench: what "make ring-agree"
 * holds exec: against. It makes and checks the same messages.
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

static void check(uint64_t head, uint64_t i)
{
	if (head >> 2 != i) {
		fprintf(stderr, "message %llu arrived where %llu was due\n", (unsigned long long)head >> 2, (unsigned long long)i);
		exit(1);
	}
}

static void answer(struct ring *r, unsigned char *msg, size_t n)
{
	for (uint64_t i = 0;; i++) {
		ring_get(r, msg, n);
		check(ipcbench_read(msg, n), i);
		ring_put(r, msg, n);
	}
}

static double ask(struct ring *r, unsigned char *out, unsigned char *in, size_t n, int64_t ns)
{
	uint64_t i = 0, first = 0;
	int64_t start = ipcbench_now(), began = 0, at = start;
	while (!began || at - began < ns) {
		if (!began && at - start > ns / 4)
			began = at, first = i;
		for (int k = 0; k < 1000; k++, i++) {
			ipcbench_stamp(out, n, i << 2);
			ring_put(r, out, n);
			ring_get(r, in, n);
			check(ipcbench_read(in, n), i);
		}
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
	unsigned char *out = calloc(1, n), *in = calloc(1, n);
	char path[] = "/dev/shm/ipcbench-own-XXXXXX";
	close(mkstemp(path));
	struct ring ends[] = {ring_open(path, n, 0), ring_open(path, n, 1)};
	unlink(path);
	pid_t consumer = fork();
	if (consumer == 0) {
		pin(atoi(argv[4]));
		answer(&ends[0], in, n);
	}
	pin(atoi(argv[3]));
	printf("%.2f\n", ask(&ends[1], out, in, n, atoll(argv[2]) * 1000000));
	kill(consumer, SIGKILL);
	waitpid(consumer, NULL, 0);
	return 0;
}
