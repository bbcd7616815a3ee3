/* overhead is what a careful C programmer would write to measure a pipe, a
 * socket, a queue or a ring in a mapped file: a tight loop of the same system
 * calls, or of the same loads and stores, that ipcbench makes. Its figures are
 * what ipcbench's are held against; see `make overhead`.
 *
 *   overhead MECHANISM latency|throughput SIZE CPU_A CPU_B MILLISECONDS
 *
 * Two processes, each pinned, pass messages of SIZE bytes: at least 16, or 8.
 * Both ends of every message are written by its sender and checked by its
 * receiver. One line is printed: "rtt_p50_ns N rtt_mean_ns N" or "msgs_per_s
 * N". Files are made in $TMPDIR, and have no names.
 */
#include "overhead/loop.h"
#include "overhead/ring.h"
#include "overhead/stream.h"
#include "overhead/datagram.h"
#include "overhead/notification.h"
#include "overhead/copied.h"
#include "overhead/sockmap.h"
#include "overhead/file.h"
#include "overhead/uring.h"

static const struct mechanism mechanisms[] = {
	{"pipe", create_pipe, NULL, run_stream, 0},
	{"pipe-poll", create_pipe, nonblocking, run_stream_poll, 0},
	{"pipe-epoll", create_pipe, open_epoll, run_stream_epoll, 0},
	{"fifo", create_fifo, NULL, run_stream, 0},
	{"vmsplice", create_pipe, open_vmsplice, run_vmsplice, 0},
	{"unix", create_unix, NULL, run_stream, 0},
	{"unix-poll", create_unix, nonblocking, run_stream_poll, 0},
	{"unix-seqpacket", create_seqpacket, NULL, run_datagram, 0},
	{"unix-dgram", create_dgram, NULL, run_datagram, 0},
	{"tcp", create_tcp, NULL, run_stream, 0},
	{"udp", create_udp, NULL, run_datagram, 0},
	{"sockmap", create_sockmap, NULL, run_stream, 0},
	{"mq", create_mq, NULL, run_mq, 0},
	{"sysvmsg", create_sysvmsg, open_sysvmsg, run_sysvmsg, 0},
	{"eventfd", create_eventfd, NULL, run_eventfd, 1},
	{"signal", create_signal, open_signal, run_signal, 1},
	{"futex", create_futex, NULL, run_futex, 1},
	{"cma", create_cma, open_cma, run_cma, 0},
	{"memfdpass", create_seqpacket, open_memfdpass, run_memfdpass, 0},
	{"uring-pipe", create_pipe, open_uring, run_uring, 0},
	{"uring-unix", create_unix, open_uring, run_uring_socket, 0},
	{"msgring", create_msgring, open_msgring, run_msgring, 1},
	{"file-poll", create_file, open_file, run_file, 0},
	{"log-poll", create_log, open_file, run_log, 0},
	{"mmap-spin", create_mmap, open_mmap, run_mmap_spin, 0},
	{"mmap-index", create_mmap_index, open_mmap_index, run_mmap_index, 0},
	{"mmap-futex", create_mmap, open_mmap, run_mmap_futex, 0},
	{"mmap-eventfd", create_mmap, open_mmap, run_mmap_eventfd, 0},
};

enum { MECHANISMS = sizeof mechanisms / sizeof mechanisms[0] };

static int usage(void)
{
	fprintf(stderr, "usage: overhead MECHANISM latency|throughput SIZE CPU_A CPU_B MILLISECONDS\nmechanisms:");
	for (int i = 0; i < MECHANISMS; i++)
		fprintf(stderr, " %s", mechanisms[i].name);
	fprintf(stderr, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	const struct mechanism *m = NULL;
	for (int i = 0; argc == 7 && i < MECHANISMS; i++)
		if (strcmp(argv[1], mechanisms[i].name) == 0)
			m = &mechanisms[i];
	if (!m)
		return usage();
	int size = atoi(argv[3]), cpus[2] = {atoi(argv[4]), atoi(argv[5])};
	if (size != 8 && (m->word || size < 16))
		return usage();
	pair(m, size, cpus, strcmp(argv[2], "latency") == 0, atoll(argv[6]) * 1000000);
	return 0;
}
