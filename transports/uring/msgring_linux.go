package uring

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/internal/uring"
	"ipcbench/transports"
	"ipcbench/transports/internal/iouring"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
)

func init() { transports.Register(msgring{}) }

// msgring is an io_uring for each direction, into whose completion queue the
// sender's kernel puts messages (IORING_OP_MSG_RING, see io_uring_enter(2)) and
// whose receiver finds them in memory. A completion has room for eight bytes.
//
// The kernel queues without bound what the receiver does not take. So the
// sender counts: it may have three quarters of the queue on their way, and the
// receiver gives back each quarter that it has taken by a byte through a pipe.
// That pipe also tells a side of its peer's end: its ring watches for the pipe
// to be closed, and what it then finds comes after all messages, in the same
// queue. (A socket would not do: a ring keeps open what it watches, the peer
// keeps the ring, and so the socket would outlive its owner.)
type msgring struct{}

const (
	msgringSize = 8 // bytes of a message: user_data of a completion

	// isMessage marks the result of a completion that is a message of as many
	// bytes as the low bits say. The result of watching the pipe is a set of
	// events of poll(2), all of them lower.
	isMessage = 1 << 20

	// msgringSlots is how many messages a queue has room for where the spec does
	// not say: as many completions as take 64 KiB, what a pipe has.
	msgringSlots = 64 << 10 / completionBytes

	// mostSlots is the kernel's limit (IORING_MAX_CQ_ENTRIES).
	mostSlots       = 1 << 16
	completionBytes = int(unsafe.Sizeof(uring.Completion{}))
)

var msgringInfo = transports.Info{
	Name:    "msgring",
	Also:    []string{"msg_ring", "io_uring"},
	Doc:     "an io_uring in each direction, for messages of at most 8 bytes (IORING_OP_MSG_RING)",
	Kind:    transports.Datagram,
	Group:   group,
	Caps:    transports.SeesPeerDeath,
	MaxSize: msgringSize,
	Options: []transports.Option{{Name: "wait", Doc: "what an end does while there is nothing to receive or no room", Values: []transports.Value{
		{Name: "block", Doc: "sleep in io_uring_enter(2), or for room in read(2) of a pipe", Waits: transports.Sleeps},
		{Name: "spin", Doc: "look for the message in the ring's memory, or for room by a non-blocking read of a pipe", Waits: transports.Spins},
	}}},
}

func (msgring) Info() transports.Info { return msgringInfo }

// inboxConfig is the ring that a side receives from.
func inboxConfig(s transports.Spec) uring.Config {
	slots := msgringSlots
	if s.Capacity > 0 {
		slots = 4
		for slots*2 <= s.Capacity/completionBytes {
			slots *= 2
		}
	}
	return uring.Config{Completions: slots, Shared: true, Spin: s.Option("wait") == "spin"}
}

func (msgring) Probe(s transports.Spec) error {
	if err := transports.ProbeSize(s); err != nil {
		return err
	}
	if inboxConfig(s).Completions > mostSlots {
		return transports.Unsupported(fmt.Sprintf("msgring holds %d messages at most, %d bytes each: ask for a capacity of %d bytes or less", mostSlots, completionBytes, mostSlots*completionBytes))
	}
	return iouring.Probe(inboxConfig(s), uring.MsgRing, uring.PollAdd)
}

func (m msgring) Create(s transports.Spec) (transports.Link, error) {
	if err := m.Probe(s); err != nil {
		return nil, err
	}
	link := &links.PerSide{}
	if err := m.fill(link, s); err != nil {
		link.Close()
		return nil, fmt.Errorf("msgring: %w", err)
	}
	return link, nil
}

// fill gives both sides both inboxes, the producer's first, and each its ends of
// the pipes.
func (msgring) fill(link *links.PerSide, s transports.Spec) error {
	for _, side := range []transports.Side{transports.Producer, transports.Consumer} {
		fd, err := uring.Setup(inboxConfig(s))
		if err != nil {
			return iouring.Refused(inboxConfig(s), err)
		}
		if err := link.Share(fd, "the "+side.String()+"'s ring"); err != nil {
			return err
		}
	}
	for _, side := range []transports.Side{transports.Producer, transports.Consumer} {
		if err := link.AddPipe(side); err != nil {
			return err
		}
	}
	return nil
}

func (msgring) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	config := inboxConfig(s)
	e := &msgringEndpoint{
		size:    s.Size,
		quarter: config.Completions / 4,
		room:    3 * (config.Completions / 4),
		files:   h.Files,
	}
	if err := e.open(config, side); err != nil {
		e.Close()
		return nil, fmt.Errorf("msgring: %w", err)
	}
	return e, nil
}

// open takes the files as fill leaves them: the pipe that the producer reads
// was made first.
func (e *msgringEndpoint) open(c uring.Config, side transports.Side) (err error) {
	own, peer := e.files[side].Fd(), e.files[side.Peer()].Fd()
	e.to = int32(peer)
	e.credits, e.gives = e.files[2+side].Fd(), e.files[2+side.Peer()].Fd()
	if e.out, err = uring.New(uring.Config{}); err != nil {
		return iouring.Refused(uring.Config{}, err)
	}
	if e.in, err = uring.Attach(int(own), c); err != nil {
		return iouring.Refused(c, err)
	}
	// POLLHUP is always watched for, and nothing else is wanted.
	if err := e.in.Watch(int32(e.credits), unix.POLLHUP); err != nil {
		return fmt.Errorf("watch the peer's pipe: %w", err)
	}
	if err := unix.SetNonblock(int(e.credits), c.Spin); err != nil {
		return fmt.Errorf("set O_NONBLOCK of a pipe: %w", err)
	}
	return nil
}

// A msgringEndpoint has two rings: one to send from and one to receive in,
// because the completions of the second are counted.
type msgringEndpoint struct {
	out, in *uring.Ring
	to      int32   // the peer's ring
	credits uintptr // the pipe by which the peer gives back room
	gives   uintptr // the one by which the peer is given it
	size    int
	quarter int // of a queue, in messages
	room    int // messages that may be sent before the peer gives some back
	taken   int // messages received and not yet given back
	credit  [4]byte
	ended   bool // the peer's end was seen
	closed  bool
	files   []*os.File
}

func (e *msgringEndpoint) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	if e.room == 0 {
		if err := e.awaitRoom(); err != nil {
			return kernel.SendFailed("msgring", len(msg), err)
		}
	}
	var data uint64
	if len(msg) == msgringSize {
		data = binary.LittleEndian.Uint64(msg)
	} else {
		for i, b := range msg {
			data |= uint64(b) << (8 * i)
		}
	}
	if errno := e.out.Message(e.to, data, isMessage|int32(len(msg))); errno < 0 {
		return kernel.SendFailed("msgring", len(msg), unix.Errno(-errno))
	}
	e.room--
	return nil
}

// awaitRoom waits until the peer has given back some of the queue.
func (e *msgringEndpoint) awaitRoom() error {
	for {
		n := int(kernel.Syscall(unix.SYS_READ, e.credits, uintptr(unsafe.Pointer(&e.credit)), uintptr(len(e.credit)), 0, 0, 0))
		switch {
		case n > 0:
			e.room += n * e.quarter
			return nil
		case n == 0:
			return unix.EPIPE
		}
		if errno := unix.Errno(-n); errno != unix.EINTR && errno != unix.EAGAIN {
			return errno
		}
	}
}

// giveBack tells the peer that a quarter of the queue is free again. The pipe
// has room for it: four are never on their way. A peer that is gone needs none.
func (e *msgringEndpoint) giveBack() error {
	e.in.Release()
	e.taken = 0
	for {
		n := int(kernel.Syscall(unix.SYS_WRITE, e.gives, uintptr(unsafe.Pointer(&e.credit)), 1, 0, 0, 0))
		if n == 1 || kernel.PeerGone(unix.Errno(-n)) {
			return nil
		}
		if errno := unix.Errno(-n); errno != unix.EINTR {
			return fmt.Errorf("msgring: receive: give back room in the queue: %w", errno)
		}
	}
}

func (e *msgringEndpoint) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	if e.ended {
		return 0, io.EOF
	}
	c, errno := e.in.Next()
	if errno < 0 {
		return 0, fmt.Errorf("msgring: receive: %w", unix.Errno(-errno))
	}
	if c.Result&isMessage == 0 || c.Result < 0 {
		return 0, e.end(c)
	}
	n := int(c.Result &^ isMessage)
	if n > e.size {
		return 0, fmt.Errorf("msgring: receive: a message of %d bytes on a link for 1 to %d: somebody else sends to this ring", n, e.size)
	}
	if n == msgringSize {
		binary.LittleEndian.PutUint64(buf, c.Data)
	} else {
		for i := range buf[:n] {
			buf[i] = byte(c.Data >> (8 * i))
		}
	}
	if e.taken++; e.taken == e.quarter {
		return n, e.giveBack()
	}
	return n, nil
}

// end is the error of a Recv that found what became of the watched pipe: the
// peer has closed it, or died.
func (e *msgringEndpoint) end(c uring.Completion) error {
	if c.Result < 0 {
		return fmt.Errorf("msgring: receive: watch the peer's pipe: %w", unix.Errno(-c.Result))
	}
	e.ended = true
	return io.EOF
}

func (e *msgringEndpoint) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	var errs []error
	for _, r := range []*uring.Ring{e.out, e.in} {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	return errors.Join(append(errs, links.Close(e.files...))...)
}
