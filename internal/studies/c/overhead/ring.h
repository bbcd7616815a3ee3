/* mmap-*: a ring in a mapped file. It has the layout of internal/shm: a control
 * block, then slots of equal size, each a message, rounded up to 8 bytes, and a
 * mark (length, lap << 32). slot points to the mark. The reader publishes what
 * it has taken every quarter of a ring.
 *
 * An end that sleeps says so first. Whoever publishes then looks, after a full
 * fence, and wakes it. */

enum { LINE = 128, CONTROL = 5 * LINE, MARK = 8, RING = 1 << 20 };

typedef _Atomic uint64_t shared_word;

/* A waiter is how an end sleeps until its peer has published. */
struct waiter {
	shared_word *asleep;
	int eventfd;
};

enum wait { SPIN, FUTEX, EVENTFD };

struct ring {
	shared_word *taken;
	struct waiter reader, writer;
	char *first, *stop, *slot;
	uint64_t lap, next, limit, published, slots;
	size_t stride;
};

static int ring_fd, ring_events[2][2]; /* of each direction: the reader's, the writer's */
static struct ring in, out;

ALWAYS void sleep_while(enum wait how, struct waiter *w, shared_word *at, uint64_t seen)
{
	if (how == SPIN) {
		relax();
		return;
	}
	atomic_exchange(w->asleep, 1);
	if (atomic_load(at) != seen) {
		atomic_exchange(w->asleep, 0);
		return;
	}
	uint64_t count;
	if (how == FUTEX)
		syscall(SYS_futex, w->asleep, 0 /* FUTEX_WAIT */, 1, NULL, NULL, 0);
	else if (read(w->eventfd, &count, 8) != 8)
		die("read an eventfd");
}

ALWAYS void publish(enum wait how, struct waiter *w, shared_word *at, uint64_t v)
{
	if (how == SPIN) {
		atomic_store_explicit(at, v, memory_order_release);
		return;
	}
	atomic_exchange(at, v);
	if (atomic_load(w->asleep) == 0)
		return;
	atomic_exchange(w->asleep, 0);
	uint64_t one = 1;
	if (how == FUTEX)
		syscall(SYS_futex, w->asleep, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
	else if (write(w->eventfd, &one, 8) != 8)
		die("write an eventfd");
}

ALWAYS size_t padded(size_t size) { return (size + 7) & ~(size_t)7; }

static size_t stride_of(size_t size) { return padded(size) + MARK; }

static uint64_t slots_of(size_t size)
{
	uint64_t slots = 4;
	while (2 * slots * stride_of(size) <= RING)
		slots *= 2;
	return slots;
}

static size_t ring_bytes(size_t size)
{
	return (CONTROL + slots_of(size) * stride_of(size) + 4095) & ~(size_t)4095;
}

static void ring_open(struct ring *r, char *mem, size_t size, const int events[2])
{
	r->taken = (shared_word *)mem;
	r->reader = (struct waiter){(shared_word *)(mem + LINE), events[0]};
	r->writer = (struct waiter){(shared_word *)(mem + 2 * LINE), events[1]};
	r->stride = stride_of(size);
	r->slots = r->limit = slots_of(size);
	r->first = r->slot = mem + CONTROL + r->stride - MARK;
	r->stop = r->first + r->slots * r->stride;
	r->lap = 1;
}

ALWAYS void ring_advance(struct ring *r)
{
	r->next++;
	r->slot += r->stride;
	if (r->slot == r->stop) {
		r->slot = r->first;
		r->lap++;
	}
}

ALWAYS void ring_send(enum wait how, struct end *e, const char *msg)
{
	if (out.next == out.limit) {
		uint64_t taken;
		while ((taken = atomic_load_explicit(out.taken, memory_order_acquire)) + out.slots == out.limit)
			sleep_while(how, &out.writer, out.taken, taken);
		out.limit = taken + out.slots;
	}
	memcpy(out.slot - padded(e->size), msg, e->size);
	publish(how, &out.reader, (shared_word *)out.slot, out.lap << 32 | e->size);
	ring_advance(&out);
}

ALWAYS void ring_recv(enum wait how, struct end *e)
{
	size_t size = expected(e);
	uint64_t mark;
	while ((mark = atomic_load_explicit((shared_word *)in.slot, memory_order_acquire)) >> 32 != in.lap)
		sleep_while(how, &in.reader, (shared_word *)in.slot, mark);
	if ((uint32_t)mark != e->size)
		wrong("length of a message");
	memcpy(e->buf, in.slot - padded(size), size);
	ring_advance(&in);
	if (in.next - in.published >= in.slots / 4) {
		in.published = in.next;
		publish(how, &in.writer, in.taken, in.next);
	}
}

ALWAYS void send_spin(struct end *e, const char *msg) { ring_send(SPIN, e, msg); }
ALWAYS void recv_spin(struct end *e) { ring_recv(SPIN, e); }
ALWAYS void send_futex_ring(struct end *e, const char *msg) { ring_send(FUTEX, e, msg); }
ALWAYS void recv_futex_ring(struct end *e) { ring_recv(FUTEX, e); }
ALWAYS void send_eventfd_ring(struct end *e, const char *msg) { ring_send(EVENTFD, e, msg); }
ALWAYS void recv_eventfd_ring(struct end *e) { ring_recv(EVENTFD, e); }

MECHANISM(mmap_spin, send_spin, recv_spin)
MECHANISM(mmap_futex, send_futex_ring, recv_futex_ring)
MECHANISM(mmap_eventfd, send_eventfd_ring, recv_eventfd_ring)

/* mmap-index: the layout of IndexLayout in internal/shm, of messages of one size: no
 * marks, one word says how many were written. A reader that found nothing rests before
 * it looks again. */

enum { INDEX_CONTROL = CONTROL + LINE, REST = 32 };

struct index_ring {
	shared_word *taken, *written;
	char *first, *stop, *slot;
	uint64_t next, limit, seen, published, slots;
	size_t stride;
};

static struct index_ring index_in, index_out;

static uint64_t index_slots(size_t size)
{
	uint64_t slots = 4;
	while (2 * slots * padded(size) <= RING)
		slots *= 2;
	return slots;
}

static size_t index_bytes(size_t size)
{
	return (INDEX_CONTROL + index_slots(size) * padded(size) + 4095) & ~(size_t)4095;
}

static void index_open(struct index_ring *r, char *mem, size_t size)
{
	r->taken = (shared_word *)mem;
	r->written = (shared_word *)(mem + CONTROL);
	r->stride = padded(size);
	r->slots = r->limit = index_slots(size);
	r->first = r->slot = mem + INDEX_CONTROL;
	r->stop = r->first + r->slots * r->stride;
}

ALWAYS void index_advance(struct index_ring *r)
{
	r->next++;
	r->slot += r->stride;
	if (r->slot == r->stop)
		r->slot = r->first;
}

/* copy_words has a size of one word as one store, as a compiler that knows it would. */
ALWAYS void copy_words(char *to, const char *from, size_t size)
{
	if (size == 8)
		memcpy(to, from, 8);
	else
		memcpy(to, from, size);
}

ALWAYS void send_index(struct end *e, const char *msg)
{
	struct index_ring *r = &index_out;
	if (r->next == r->limit) {
		uint64_t taken;
		while ((taken = atomic_load_explicit(r->taken, memory_order_acquire)) + r->slots == r->limit)
			relax();
		r->limit = taken + r->slots;
	}
	copy_words(r->slot, msg, e->size);
	index_advance(r);
	atomic_store_explicit(r->written, r->next, memory_order_release);
}

ALWAYS void recv_index(struct end *e)
{
	struct index_ring *r = &index_in;
	if (r->next == r->seen && (r->seen = atomic_load_explicit(r->written, memory_order_acquire)) == r->next) {
		for (int i = 0; i < REST; i++)
			relax();
		while ((r->seen = atomic_load_explicit(r->written, memory_order_acquire)) == r->next)
			relax();
	}
	copy_words(e->buf, r->slot, e->size);
	index_advance(r);
	if (r->next - r->published >= r->slots / 4) {
		r->published = r->next;
		atomic_store_explicit(r->taken, r->next, memory_order_release);
	}
}

MECHANISM(mmap_index, send_index, recv_index)

static void create_mmap(struct end ends[2])
{
	ring_fd = unnamed_file(2 * ring_bytes(ends[0].size));
	for (int i = 0; i < 4; i++)
		if ((ring_events[i / 2][i % 2] = eventfd(0, 0)) < 0)
			die("eventfd");
}

static char *map_ring(size_t bytes)
{
	char *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring_fd, 0);
	if (mem == MAP_FAILED || madvise(mem, bytes, MADV_POPULATE_WRITE) < 0)
		die("map the file");
	return mem;
}

static void open_mmap(struct end *e)
{
	size_t half = ring_bytes(e->size);
	char *mem = map_ring(2 * half);
	ring_open(&out, mem + (e->side ? half : 0), e->size, ring_events[e->side]);
	ring_open(&in, mem + (e->side ? 0 : half), e->size, ring_events[!e->side]);
}

static void create_mmap_index(struct end ends[2]) { ring_fd = unnamed_file(2 * index_bytes(ends[0].size)); }

static void open_mmap_index(struct end *e)
{
	size_t half = index_bytes(e->size);
	char *mem = map_ring(2 * half);
	index_open(&index_out, mem + (e->side ? half : 0), e->size);
	index_open(&index_in, mem + (e->side ? 0 : half), e->size);
}
