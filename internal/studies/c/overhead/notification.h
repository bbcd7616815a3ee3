/* eventfd, signal, futex: a wake-up that carries 8 bytes, one at a time. */
#include <linux/futex.h>
#include <sys/signalfd.h>

/* shared_pages returns memory that the ends will share. */
static void *shared_pages(size_t bytes)
{
	void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (mem == MAP_FAILED)
		die("mmap");
	return mem;
}

/* Bit 63 makes the kernel hold back a second write: the counter would exceed
 * what it can count to. */
#define HELD (UINT64_C(1) << 63)

ALWAYS void send_eventfd(struct end *e, const char *msg)
{
	uint64_t word;
	memcpy(&word, msg, 8);
	word |= HELD;
	while (write(e->wr, &word, 8) < 0)
		if (errno != EINTR)
			die("write an eventfd");
}

ALWAYS void recv_eventfd(struct end *e)
{
	uint64_t word;
	while (read(e->rd, &word, 8) < 0)
		if (errno != EINTR)
			die("read an eventfd");
	word &= ~HELD;
	memcpy(e->buf, &word, 8);
}

MECHANISM(eventfd, send_eventfd, recv_eventfd)

static void create_eventfd(struct end ends[2])
{
	for (int side = 0; side < 2; side++) {
		int fd = eventfd(0, 0);
		if (fd < 0 || (ends[!side].rd = dup(fd)) < 0)
			die("eventfd");
		ends[side].wr = fd;
	}
}

/* The signal is queued to the one thread of the peer, which has it blocked. */

ALWAYS void send_signal(struct end *e, const char *msg)
{
	siginfo_t info = {.si_signo = SIGRTMIN + 4, .si_code = SI_QUEUE};
	memcpy(&info.si_value, msg, 8);
	while (syscall(SYS_rt_tgsigqueueinfo, e->peer, e->peer, SIGRTMIN + 4, &info) < 0) {
		if (errno != EAGAIN)
			die("rt_tgsigqueueinfo");
		sched_yield(); /* the queue is full */
	}
}

ALWAYS void recv_signal(struct end *e)
{
	struct signalfd_siginfo info;
	while (read(e->rd, &info, sizeof info) < 0)
		if (errno != EINTR)
			die("read a signalfd");
	memcpy(e->buf, &info.ssi_ptr, 8);
}

MECHANISM(signal, send_signal, recv_signal)

static sigset_t queued;

static void create_signal(struct end ends[2])
{
	(void)ends;
	sigemptyset(&queued);
	sigaddset(&queued, SIGRTMIN + 4);
	if (sigprocmask(SIG_BLOCK, &queued, NULL) < 0) /* the consumer inherits it */
		die("sigprocmask");
}

static void open_signal(struct end *e)
{
	if ((e->rd = signalfd(-1, &queued, 0)) < 0)
		die("signalfd");
}

/* A word that is 1 while there is a message beside it. Each message wakes its
 * receiver, sleeping or not; a sender is woken only if it waits for room. */

struct note {
	_Atomic uint32_t full, sender_asleep;
	uint64_t message;
	char apart[LINE - 16];
};

static struct note *notes; /* of each side: what it sends */

ALWAYS void futex_wait(_Atomic uint32_t *word, uint32_t seen) { syscall(SYS_futex, word, FUTEX_WAIT, seen, NULL, NULL, 0); }
ALWAYS void futex_wake(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0); }

/* await_word sleeps until *word is no longer seen, and says so in *asleep. */
ALWAYS void await_word(_Atomic uint32_t *word, uint32_t seen, _Atomic uint32_t *asleep)
{
	while (atomic_load(word) == seen) {
		atomic_store(asleep, 1);
		futex_wait(word, seen);
		atomic_store_explicit(asleep, 0, memory_order_relaxed);
	}
}

ALWAYS void send_futex(struct end *e, const char *msg)
{
	struct note *n = &notes[e->side];
	await_word(&n->full, 1, &n->sender_asleep);
	memcpy(&n->message, msg, 8);
	atomic_store_explicit(&n->full, 1, memory_order_release);
	futex_wake(&n->full);
}

ALWAYS void recv_futex(struct end *e)
{
	struct note *n = &notes[!e->side];
	while (!atomic_load_explicit(&n->full, memory_order_acquire))
		futex_wait(&n->full, 0);
	memcpy(e->buf, &n->message, 8);
	atomic_store(&n->full, 0);
	if (atomic_load(&n->sender_asleep))
		futex_wake(&n->full);
}

MECHANISM(futex, send_futex, recv_futex)

static void create_futex(struct end ends[2])
{
	(void)ends;
	notes = shared_pages(4096);
}
