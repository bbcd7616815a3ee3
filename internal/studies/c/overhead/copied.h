/* vmsplice, cma, memfdpass: pages are lent, or copied straight from one process
 * into the other, or travel as a sealed file. */

/* A pipe holds at most 16 lent pages, and each message takes whole pages. A
 * buffer is lent again after as many others as fit in the pipe, and one: by then
 * the reader has taken it out, and is done with it, because it takes a page out
 * only after it has copied it. */

enum { PIPE_PAGES = 16 };

static char *lent;
static size_t lent_stride, lent_buffers, lent_next;

ALWAYS void send_vmsplice(struct end *e, const char *msg)
{
	char *buffer = lent + lent_next * lent_stride;
	lent_next = lent_next + 1 == lent_buffers ? 0 : lent_next + 1;
	memcpy(buffer, msg, e->size);
	for (size_t done = 0; done < e->size;) {
		struct iovec rest = {buffer + done, e->size - done};
		ssize_t n = vmsplice(e->wr, &rest, 1, 0);
		if (n > 0)
			done += n;
		else if (errno != EINTR)
			die("vmsplice");
	}
}

MECHANISM(vmsplice, send_vmsplice, recv_block)

static void open_vmsplice(struct end *e)
{
	lent_stride = (e->size + 4095) & ~(size_t)4095;
	lent_buffers = PIPE_PAGES / (lent_stride / 4096) + 2;
	lent = mmap(NULL, lent_buffers * lent_stride, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (lent == MAP_FAILED)
		die("mmap");
}

/* The sender says where its message lies and waits until the receiver has
 * copied it. Whoever sleeps says so. */

struct offer {
	_Atomic uint32_t open, asleep[2]; /* sender, receiver */
	uint64_t address, length;
	char apart[LINE - 32];
};

static struct offer *offers; /* of each side: what it sends */

ALWAYS void turn_over(struct offer *o, uint32_t open, int to)
{
	atomic_store(&o->open, open);
	if (atomic_load(&o->asleep[to]))
		futex_wake(&o->open);
}

ALWAYS void send_cma(struct end *e, const char *msg)
{
	struct offer *o = &offers[e->side];
	o->address = (uintptr_t)msg;
	o->length = e->size;
	turn_over(o, 1, 1);
	await_word(&o->open, 1, &o->asleep[0]);
}

ALWAYS void recv_cma(struct end *e)
{
	struct offer *o = &offers[!e->side];
	await_word(&o->open, 0, &o->asleep[1]);
	struct iovec theirs = {(void *)(uintptr_t)o->address, o->length}, ours = {e->buf, e->size};
	if (process_vm_readv(e->peer, &ours, 1, &theirs, 1, 0) != (ssize_t)e->size)
		die("process_vm_readv");
	turn_over(o, 0, 0);
}

MECHANISM(cma, send_cma, recv_cma)

static void create_cma(struct end ends[2])
{
	(void)ends;
	offers = shared_pages(4096);
}

static void open_cma(struct end *e)
{
	(void)e;
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* fails where Yama is not in force */
}

/* Each message is a file in memory, sealed, and its descriptor is sent. */

enum { SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

static struct {
	uint64_t length;
	struct iovec iov;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr header;
} parcel;

static void open_memfdpass(struct end *e)
{
	(void)e;
	parcel.iov = (struct iovec){&parcel.length, sizeof parcel.length};
	parcel.header = (struct msghdr){.msg_iov = &parcel.iov, .msg_iovlen = 1, .msg_control = parcel.control.bytes};
}

ALWAYS void send_memfdpass(struct end *e, const char *msg)
{
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || write(fd, msg, e->size) != (ssize_t)e->size || fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		die("make a sealed memfd");
	parcel.length = e->size;
	parcel.header.msg_controllen = sizeof parcel.control.bytes;
	struct cmsghdr *c = CMSG_FIRSTHDR(&parcel.header);
	*c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)};
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	while (sendmsg(e->wr, &parcel.header, 0) < 0)
		if (errno != EINTR)
			die("send a descriptor");
	close(fd);
}

ALWAYS void recv_memfdpass(struct end *e)
{
	int fd;
	ssize_t n;
	parcel.header.msg_controllen = sizeof parcel.control.bytes;
	while ((n = recvmsg(e->rd, &parcel.header, MSG_CMSG_CLOEXEC)) < 0)
		if (errno != EINTR)
			die("receive a descriptor");
	struct cmsghdr *c = CMSG_FIRSTHDR(&parcel.header);
	if (n != sizeof parcel.length || parcel.length != e->size || !c)
		wrong("what came with a descriptor");
	memcpy(&fd, CMSG_DATA(c), sizeof fd);
	if (fcntl(fd, F_GET_SEALS) != SEALS || pread(fd, e->buf, e->size, 0) != (ssize_t)e->size)
		die("read a sealed memfd");
	close(fd);
}

MECHANISM(memfdpass, send_memfdpass, recv_memfdpass)
