/* uring-pipe, uring-unix, msgring: io_uring(7) by its system calls. A message
 * is one submission, and one io_uring_enter submits it and waits for what
 * becomes of it. */
#include <linux/io_uring.h>

struct uring {
	int fd;
	unsigned tail; /* of submissions: nobody else moves it */
	unsigned sq_mask, cq_mask;
	_Atomic unsigned *sq_tail, *cq_head, *cq_tail;
	unsigned *sq_array;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static struct uring own, rings[2];

enum { ENTRIES = 64, CQ_ENTRIES = 1024 };

static void new_uring(struct uring *r, unsigned kind)
{
	struct io_uring_params p = {.flags = kind | IORING_SETUP_CQSIZE, .cq_entries = CQ_ENTRIES};
	r->fd = syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (r->fd < 0)
		die("io_uring_setup");
	size_t sq_size = p.sq_off.array + p.sq_entries * sizeof(unsigned);
	size_t cq_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	size_t size = sq_size > cq_size ? sq_size : cq_size;
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQ_RING);
	r->sqes = mmap(NULL, p.sq_entries * sizeof *r->sqes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
	if (mem == MAP_FAILED || r->sqes == MAP_FAILED)
		die("map an io_uring");
	r->sq_tail = (_Atomic unsigned *)(mem + p.sq_off.tail);
	r->sq_mask = p.sq_entries - 1;
	r->sq_array = (unsigned *)(mem + p.sq_off.array);
	r->cq_head = (_Atomic unsigned *)(mem + p.cq_off.head);
	r->cq_tail = (_Atomic unsigned *)(mem + p.cq_off.tail);
	r->cq_mask = p.cq_entries - 1;
	r->cqes = (struct io_uring_cqe *)(mem + p.cq_off.cqes);
	for (unsigned i = 0; i < p.sq_entries; i++)
		r->sq_array[i] = i;
}

ALWAYS void enter(unsigned submit, unsigned wait)
{
	while (syscall(SYS_io_uring_enter, own.fd, submit, wait, wait ? IORING_ENTER_GETEVENTS : 0, NULL, 0) < 0)
		if (errno != EINTR)
			die("io_uring_enter");
}

ALWAYS struct io_uring_sqe *next_sqe(void)
{
	struct io_uring_sqe *sqe = &own.sqes[own.tail & own.sq_mask];
	memset(sqe, 0, sizeof *sqe);
	return sqe;
}

ALWAYS void submit(unsigned wait)
{
	atomic_store_explicit(own.sq_tail, ++own.tail, memory_order_release);
	enter(1, wait);
}

/* completion returns the result of the next completion and stores its
 * user_data. */
ALWAYS int completion(uint64_t *user_data)
{
	unsigned head = atomic_load_explicit(own.cq_head, memory_order_relaxed);
	while (head == atomic_load_explicit(own.cq_tail, memory_order_acquire))
		enter(0, 1); /* a signal ended the wait */
	struct io_uring_cqe *c = &own.cqes[head & own.cq_mask];
	int result = c->res;
	*user_data = c->user_data;
	atomic_store_explicit(own.cq_head, head + 1, memory_order_release);
	if (result < 0) {
		errno = -result;
		die("io_uring");
	}
	return result;
}

/* The registered files. */
enum { FROM, TO };

/* file is the index of a registered file. */
ALWAYS void transfer(int opcode, int file, const char *p, size_t size)
{
	for (size_t done = 0; done < size;) {
		struct io_uring_sqe *sqe = next_sqe();
		sqe->opcode = opcode;
		sqe->flags = IOSQE_FIXED_FILE;
		sqe->fd = file;
		sqe->addr = (uintptr_t)(p + done);
		sqe->len = size - done;
		sqe->off = opcode == IORING_OP_READ || opcode == IORING_OP_WRITE ? UINT64_MAX : 0;
		submit(1);
		uint64_t unused;
		int n = completion(&unused);
		if (n == 0)
			wrong("end of a stream");
		done += n;
	}
}

ALWAYS void send_uring(struct end *e, const char *msg) { transfer(IORING_OP_WRITE, TO, msg, e->size); }
ALWAYS void recv_uring(struct end *e) { transfer(IORING_OP_READ, FROM, e->buf, e->size); }
ALWAYS void send_uring_socket(struct end *e, const char *msg) { transfer(IORING_OP_SEND, TO, msg, e->size); }
ALWAYS void recv_uring_socket(struct end *e) { transfer(IORING_OP_RECV, FROM, e->buf, e->size); }

MECHANISM(uring, send_uring, recv_uring)
MECHANISM(uring_socket, send_uring_socket, recv_uring_socket)

static void open_uring(struct end *e)
{
	int fds[] = {[FROM] = e->rd, [TO] = e->wr};
	new_uring(&own, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
	if (syscall(SYS_io_uring_register, own.fd, IORING_REGISTER_FILES, fds, 2) < 0)
		die("register files");
}

/* A message of 8 bytes is the user_data of a completion in the peer's ring. The
 * sender hears only of what went wrong. The rings are plain ones: to one whose
 * completions are deferred (IORING_SETUP_DEFER_TASKRUN) the kernel takes a longer
 * way, and a round trip of 8 bytes was 4.9 µs instead of 4.3 µs. */
ALWAYS void send_msgring(struct end *e, const char *msg)
{
	struct io_uring_sqe *sqe = next_sqe();
	sqe->opcode = IORING_OP_MSG_RING;
	sqe->fd = rings[!e->side].fd;
	sqe->len = 8;
	memcpy(&sqe->off, msg, 8);
	sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
	submit(0);
}

ALWAYS void recv_msgring(struct end *e)
{
	uint64_t word;
	enter(0, 1);
	if (completion(&word) != 8)
		wrong("length of a message");
	memcpy(e->buf, &word, 8);
}

MECHANISM(msgring, send_msgring, recv_msgring)

static void create_msgring(struct end ends[2])
{
	(void)ends;
	new_uring(&rings[0], 0);
	new_uring(&rings[1], 0);
}

static void open_msgring(struct end *e) { own = rings[e->side]; }
