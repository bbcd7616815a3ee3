/* pipe, fifo, unix, tcp and their ways of waiting: a byte stream in each
 * direction, in which every message has the same size and needs no header.
 *
 * poll and epoll wait for something to read, which a ping-pong always has to,
 * and read then; they write at once and wait only where there is no room. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>

enum readiness { BLOCK, POLL, EPOLL };

static int epoll_in, epoll_out;

ALWAYS void ready(enum readiness how, int fd, short events)
{
	struct epoll_event event;
	struct pollfd p = {.fd = fd, .events = events};
	if ((how == POLL ? poll(&p, 1, -1) : epoll_wait(events == POLLIN ? epoll_in : epoll_out, &event, 1, -1)) < 0 && errno != EINTR)
		die("wait for a descriptor");
}

ALWAYS void write_all(enum readiness how, struct end *e, const char *msg)
{
	for (size_t done = 0; done < e->size;) {
		ssize_t n = write(e->wr, msg + done, e->size - done);
		if (n > 0)
			done += n;
		else if (n < 0 && errno == EAGAIN && how != BLOCK)
			ready(how, e->wr, POLLOUT);
		else if (n < 0 && errno != EINTR)
			die("write");
	}
}

ALWAYS void read_all(enum readiness how, struct end *e)
{
	for (size_t done = 0; done < e->size;) {
		if (how != BLOCK)
			ready(how, e->rd, POLLIN);
		ssize_t n = read(e->rd, e->buf + done, e->size - done);
		if (n == 0 || (n < 0 && errno != EINTR && (how == BLOCK || errno != EAGAIN)))
			die("read");
		if (n > 0)
			done += n;
	}
}

ALWAYS void send_block(struct end *e, const char *msg) { write_all(BLOCK, e, msg); }
ALWAYS void recv_block(struct end *e) { read_all(BLOCK, e); }
ALWAYS void send_poll(struct end *e, const char *msg) { write_all(POLL, e, msg); }
ALWAYS void recv_poll(struct end *e) { read_all(POLL, e); }
ALWAYS void send_epoll(struct end *e, const char *msg) { write_all(EPOLL, e, msg); }
ALWAYS void recv_epoll(struct end *e) { read_all(EPOLL, e); }

MECHANISM(stream, send_block, recv_block)
MECHANISM(stream_poll, send_poll, recv_poll)
MECHANISM(stream_epoll, send_epoll, recv_epoll)

static void nonblocking(struct end *e)
{
	if (fcntl(e->rd, F_SETFL, O_NONBLOCK) < 0 || fcntl(e->wr, F_SETFL, O_NONBLOCK) < 0)
		die("set O_NONBLOCK");
}

static int watch(int fd, uint32_t events)
{
	struct epoll_event event = {.events = events};
	int watcher = epoll_create1(0);
	if (watcher < 0 || epoll_ctl(watcher, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll");
	return watcher;
}

static void open_epoll(struct end *e)
{
	nonblocking(e);
	epoll_in = watch(e->rd, EPOLLIN);
	epoll_out = watch(e->wr, EPOLLOUT);
}

static void both_ways(struct end ends[2], const int there[2], const int back[2])
{
	ends[0].rd = back[0], ends[0].wr = there[1];
	ends[1].rd = there[0], ends[1].wr = back[1];
}

static void create_pipe(struct end ends[2])
{
	int there[2], back[2];
	if (pipe(there) < 0 || pipe(back) < 0)
		die("pipe");
	both_ways(ends, there, back);
}

static void new_fifo(const char *dir, int fds[2])
{
	char name[128];
	snprintf(name, sizeof name, "%s/fifo", dir);
	if (mkfifo(name, 0600) < 0 || (fds[0] = open(name, O_RDONLY | O_NONBLOCK)) < 0 ||
	    (fds[1] = open(name, O_WRONLY)) < 0 || fcntl(fds[0], F_SETFL, 0) < 0 || unlink(name) < 0)
		die("make a fifo");
}

static void create_fifo(struct end ends[2])
{
	int there[2], back[2];
	char dir[] = "/tmp/overhead-XXXXXX";
	if (!mkdtemp(dir))
		die("mkdtemp");
	new_fifo(dir, there);
	new_fifo(dir, back);
	rmdir(dir);
	both_ways(ends, there, back);
}

static void socket_pair(struct end ends[2], int type)
{
	int fds[2];
	if (socketpair(AF_UNIX, type, 0, fds) < 0)
		die("socketpair");
	for (int side = 0; side < 2; side++)
		ends[side].rd = ends[side].wr = fds[side];
}

static void create_unix(struct end ends[2]) { socket_pair(ends, SOCK_STREAM); }

static int loopback_socket(int type, struct sockaddr_in *at)
{
	socklen_t size = sizeof *at;
	int fd = socket(AF_INET, type, 0);
	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || bind(fd, (struct sockaddr *)at, size) < 0 || getsockname(fd, (struct sockaddr *)at, &size) < 0)
		die("bind a socket to 127.0.0.1");
	return fd;
}

static void create_tcp(struct end ends[2])
{
	struct sockaddr_in server, client;
	int one = 1, listener = loopback_socket(SOCK_STREAM, &server), fds[2];
	fds[0] = loopback_socket(SOCK_STREAM, &client);
	if (listen(listener, 1) < 0 || connect(fds[0], (struct sockaddr *)&server, sizeof server) < 0 ||
	    (fds[1] = accept(listener, NULL, NULL)) < 0)
		die("connect over 127.0.0.1");
	close(listener);
	for (int side = 0; side < 2; side++) {
		if (setsockopt(fds[side], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
			die("TCP_NODELAY");
		ends[side].rd = ends[side].wr = fds[side];
	}
}
