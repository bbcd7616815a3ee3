/* unix-seqpacket, unix-dgram, udp, mq, sysvmsg: the kernel keeps whole messages.
 * A stream over udp would lose some, and has to be held back by its sender: the
 * round trip alone is compared. */
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>

ALWAYS void send_datagram(struct end *e, const char *msg)
{
	while (write(e->wr, msg, e->size) < 0)
		if (errno != EINTR)
			die("send a datagram");
}

ALWAYS void recv_datagram(struct end *e)
{
	ssize_t n;
	while ((n = read(e->rd, e->buf, e->size)) < 0)
		if (errno != EINTR)
			die("receive a datagram");
	if ((size_t)n != e->size)
		wrong("length of a datagram");
}

MECHANISM(datagram, send_datagram, recv_datagram)

static void create_seqpacket(struct end ends[2]) { socket_pair(ends, SOCK_SEQPACKET); }
static void create_dgram(struct end ends[2]) { socket_pair(ends, SOCK_DGRAM); }

static void create_udp(struct end ends[2])
{
	struct sockaddr_in at[2];
	for (int side = 0; side < 2; side++)
		ends[side].rd = ends[side].wr = loopback_socket(SOCK_DGRAM, &at[side]);
	for (int side = 0; side < 2; side++)
		if (connect(ends[side].wr, (struct sockaddr *)&at[!side], sizeof at[0]) < 0)
			die("connect a UDP socket");
}

ALWAYS void send_mq(struct end *e, const char *msg)
{
	while (mq_send(e->wr, msg, e->size, 0) < 0)
		if (errno != EINTR)
			die("mq_send");
}

ALWAYS void recv_mq(struct end *e)
{
	ssize_t n;
	while ((n = mq_receive(e->rd, e->buf, e->size, NULL)) < 0)
		if (errno != EINTR)
			die("mq_receive");
	if ((size_t)n != e->size)
		wrong("length of a message");
}

MECHANISM(mq, send_mq, recv_mq)

static void create_mq(struct end ends[2])
{
	struct mq_attr attr = {.mq_maxmsg = 10, .mq_msgsize = ends[0].size};
	for (int side = 0; side < 2; side++) {
		char name[64];
		snprintf(name, sizeof name, "/overhead-%d-%d", getpid(), side);
		mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
		if (q < 0 || mq_unlink(name) < 0 || (ends[!side].rd = dup(q)) < 0)
			die("make a message queue");
		ends[side].wr = q;
	}
}

/* The message lies behind its type, so it is copied once more at each end. */

static struct msgbuf *letter;
static int queues[2]; /* of each side: what it sends to */

ALWAYS void send_sysvmsg(struct end *e, const char *msg)
{
	letter->mtype = 1;
	memcpy(letter->mtext, msg, e->size);
	while (msgsnd(queues[e->side], letter, e->size, 0) < 0)
		if (errno != EINTR)
			die("msgsnd");
}

ALWAYS void recv_sysvmsg(struct end *e)
{
	ssize_t n;
	while ((n = msgrcv(queues[!e->side], letter, e->size, 0, 0)) < 0)
		if (errno != EINTR)
			die("msgrcv");
	if ((size_t)n != e->size)
		wrong("length of a message");
	memcpy(e->buf, letter->mtext, e->size);
}

MECHANISM(sysvmsg, send_sysvmsg, recv_sysvmsg)

static void remove_queues(void)
{
	for (int side = 0; side < 2; side++)
		msgctl(queues[side], IPC_RMID, NULL);
}

static void create_sysvmsg(struct end ends[2])
{
	(void)ends;
	unshare(CLONE_NEWIPC); /* where allowed, the queues go with the processes */
	for (int side = 0; side < 2; side++)
		if ((queues[side] = msgget(IPC_PRIVATE, 0600)) < 0)
			die("msgget");
	atexit(remove_queues);
}

static void open_sysvmsg(struct end *e) { letter = (struct msgbuf *)aligned_bytes(sizeof(long) + e->size); }
