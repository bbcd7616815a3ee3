package queue

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/closing"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/page"
	"ipcbench/transports/internal/remedy"
	"ipcbench/transports/internal/unbroken"
)

func init() { transports.Register(mq{}) }

// mq is a POSIX message queue in each direction. See mq_overview(7).
//
// A queue holds as many messages of the link's size as the capacity asks for,
// but no more than fs.mqueue.msg_max, by default 10, and than RLIMIT_MSGQUEUE
// has room for. An empty message is the end mark. Each message goes to whoever
// receives first, so several processes can be at either end.
type mq struct{}

var mqInfo = transports.Info{
	Name:    "mq",
	Also:    []string{"mqueue", "posix-mq", "posix-queue", "posix-message-queue", "message-queue", "msgqueue", "mq_open"},
	Doc:     "a POSIX message queue in each direction (mq_open)",
	Kind:    transports.Queue,
	Group:   group,
	Caps:    transports.ManyEnds,
	MaxSize: hardMessageSize,
	Options: []transports.Option{descriptor.WaitOption()},
}

func (mq) Info() transports.Info { return mqInfo }

// Limit is what this process may ask of a queue.
func (mq) Limit(transports.Spec) int { return newMQLimits().size }

// mqLimits are what this process may ask of a queue.
type mqLimits struct {
	size     int // of a message, in bytes
	messages int // in a queue
	bytes    int // of a queue, with the kernel's own records
}

// What the kernel sets where it does not ask the sysctls, and what it takes for
// each message beside its bytes, at most (ipc/mqueue.c).
const (
	hardMessageSize = 16 << 20
	messageOverhead = 128
)

func newMQLimits() mqLimits {
	l := mqLimits{size: sysctl("fs/mqueue/msgsize_max", 8192), messages: sysctl("fs/mqueue/msg_max", 10)}
	if mayExceedLimits() {
		l.size = hardMessageSize
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MSGQUEUE, &limit); err != nil || limit.Cur > 4*hardMessageSize {
		limit.Cur = 4 * hardMessageSize
	}
	l.bytes = int(limit.Cur) / 2 // a link has two queues
	l.size = max(1, min(l.size, l.bytes-messageOverhead))
	return l
}

// sysctl returns a number below /proc/sys, or usual where it cannot be read.
func sysctl(path string, usual int) int {
	n, err := kernel.ReadNumber("/proc/sys/" + path)
	if err != nil {
		return usual
	}
	return int(n)
}

// mayExceedLimits says whether this process has CAP_SYS_RESOURCE where the
// kernel asks for it: in the first user namespace, whose inode number is fixed.
func mayExceedLimits() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil || data[0].Effective&(1<<unix.CAP_SYS_RESOURCE) == 0 {
		return false
	}
	namespace, err := os.Readlink("/proc/self/ns/user")
	return err != nil || namespace == "user:[4026531837]"
}

// depth is how many messages a queue of the link holds.
func (l mqLimits) depth(s transports.Spec) int {
	n := l.messages
	if s.Capacity > 0 {
		n = min(n, s.Capacity/s.Size)
	}
	return max(1, min(n, l.bytes/(s.Size+messageOverhead)))
}

func (mq) Probe(s transports.Spec) error {
	if newMQLimits().bytes <= messageOverhead {
		return transports.Unsupported("RLIMIT_MSGQUEUE has no room for two queues: raise it (ulimit -q)")
	}
	if err := transports.ProbeSize(s); err != nil {
		return fmt.Errorf("%w: raise fs.mqueue.msgsize_max, and RLIMIT_MSGQUEUE (ulimit -q)", err)
	}
	// Opening and removing what does not exist tells without making anything.
	name := randomName()
	for call, trap := range map[string]uintptr{"mq_open": unix.SYS_MQ_OPEN, "mq_unlink": unix.SYS_MQ_UNLINK} {
		_, _, errno := unix.Syscall(trap, address(name), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		runtime.KeepAlive(name)
		if errno != unix.ENOENT {
			return remedy.Refused("mq: "+call, errno, "use a kernel with CONFIG_POSIX_MQUEUE")
		}
	}
	return nil
}

func (m mq) Create(s transports.Spec) (transports.Link, error) {
	if err := m.Probe(s); err != nil {
		return nil, err
	}
	link, err := page.New("mq")
	if err != nil {
		return nil, err
	}
	for _, reader := range []transports.Side{transports.Producer, transports.Consumer} {
		queue, err := newQueue(s)
		if err != nil {
			link.Close()
			return nil, err
		}
		link[reader] = append(link[reader], queue[0])
		link[reader.Peer()] = append(link[reader.Peer()], queue[1])
	}
	return link, nil
}

// mqAttr is struct mq_attr of mq_getattr(3).
type mqAttr struct {
	flags, maxmsg, msgsize, curmsgs int
	_                               [4]int
}

// newQueue returns the read end and the write end of a queue: two open
// descriptions, so that O_NONBLOCK of one is not the other's. There is no queue
// without a name, which is gone on return.
func newQueue(s transports.Spec) ([]*os.File, error) {
	attr := &mqAttr{maxmsg: newMQLimits().depth(s), msgsize: s.Size}
	name := randomName()
	calls := []unbroken.Call{
		{Trap: unix.SYS_MQ_OPEN, Args: [6]uintptr{address(name), unix.O_RDONLY | unix.O_CREAT | unix.O_EXCL | unix.O_CLOEXEC, 0o600, uintptr(unsafe.Pointer(attr))}, Keep: unsafe.Pointer(attr)},
		{Trap: unix.SYS_MQ_OPEN, Args: [6]uintptr{address(name), unix.O_WRONLY | unix.O_CLOEXEC}, Keep: unsafe.Pointer(name)},
		{Trap: unix.SYS_MQ_UNLINK, Args: [6]uintptr{address(name)}},
	}
	unbroken.Do(calls)
	in, err := calls[0].File("a message queue's read end")
	if err != nil {
		return nil, fmt.Errorf("mq: create a queue for %d messages of %d bytes: %w%s", attr.maxmsg, attr.msgsize, err, mqRemedy(err))
	}
	out, err := calls[1].File("a message queue's write end")
	if err != nil {
		in.Close()
		return nil, fmt.Errorf("mq: open a queue for writing: %w%s", err, mqRemedy(err))
	}
	if _, err := calls[2].Result(); err != nil {
		links.Close(in, out)
		return nil, fmt.Errorf("mq: remove the name of a queue (mq_unlink): %w%s", err, mqRemedy(err))
	}
	return []*os.File{in, out}, nil
}

func mqRemedy(err error) string {
	switch {
	case errors.Is(err, unix.EINVAL):
		return ": raise fs.mqueue.msgsize_max and fs.mqueue.msg_max"
	case errors.Is(err, unix.EMFILE):
		return ": raise RLIMIT_MSGQUEUE (ulimit -q), which all queues of a user share, or the limit of open files (ulimit -n)"
	case errors.Is(err, unix.ENOSPC):
		return ": raise fs.mqueue.queues_max"
	}
	return ""
}

// randomName is a queue's name as the system calls want it, without the slash
// in front that mq_open(3) takes off. It is before the first byte all the same: QEMU's
// user mode hands the name to mq_open(3), from there.
func randomName() *byte {
	name, err := unix.BytePtrFromString("/ipcbench-" + rand.Text())
	if err != nil {
		panic(err) // letters have no NUL
	}
	return (*byte)(unsafe.Add(unsafe.Pointer(name), 1))
}

func address(name *byte) uintptr { return uintptr(unsafe.Pointer(name)) }

// Open takes the page, and the ends of the queue that the producer reads and of
// the one that the consumer does.
func (mq) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	c, err := closing.Open(s, h.Files[0], side)
	if err != nil {
		links.Close(h.Files...)
		return nil, err
	}
	ends, err := descriptor.Open(s, h.Files[1:])
	if err != nil {
		c.Unmap()
		return nil, err
	}
	return &mqEndpoint{Closing: c, in: ends[side], out: ends[side.Peer()], size: s.Size}, nil
}

// An mqEndpoint is one end of a pair of queues.
type mqEndpoint struct {
	closing.Closing
	in, out descriptor.Descriptor
	size    int
	ended   bool // all that the peer sent has been received
	closed  bool
}

// Send and Recv make the one system call that usually does all by themselves,
// for the reason that stream.Uniform gives.
func (e *mqEndpoint) Send(msg []byte) error {
	if uint(len(msg))-1 < uint(e.size) && e.out.Polled == nil && e.Peer.Load() == 0 {
		if kernel.Syscall(unix.SYS_MQ_TIMEDSEND, e.out.FD, uintptr(unsafe.Pointer(unsafe.SliceData(msg))), uintptr(len(msg)), 0, 0, 0) == 0 {
			return nil
		}
	}
	return e.sendWaiting(msg)
}

func (e *mqEndpoint) sendWaiting(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	if e.PeerClosed() {
		return kernel.SendFailed("mq", len(msg), unix.EPIPE)
	}
	if _, err := e.out.Send(unix.SYS_MQ_TIMEDSEND, unsafe.Pointer(unsafe.SliceData(msg)), uintptr(len(msg)), 0, 0, 0); err != nil {
		return kernel.SendFailed("mq", len(msg), err)
	}
	return nil
}

func (e *mqEndpoint) Recv(buf []byte) (int, error) {
	if len(buf) >= e.size && e.in.Polled == nil && e.in.Ready == nil && e.Peer.Load() == 0 {
		n := int(kernel.Syscall(unix.SYS_MQ_TIMEDRECEIVE, e.in.FD, uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(e.size), 0, 0, 0))
		if n > 0 {
			return n, nil
		}
	}
	return e.recvWaiting(buf)
}

func (e *mqEndpoint) recvWaiting(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	for !e.ended {
		receive, deadline, closed := e.in.Receive, uintptr(0), e.PeerClosed()
		if closed {
			receive, deadline = e.in.Attempt, past
		}
		n, err := receive(unix.SYS_MQ_TIMEDRECEIVE, unsafe.Pointer(unsafe.SliceData(buf)), uintptr(e.size), 0, deadline, 0)
		switch {
		case n > 0:
			return n, nil
		case err == nil: // an end mark: of the last peer, if nothing more is there
		case !descriptor.WouldWait(err):
			return 0, fmt.Errorf("mq: receive: %w", err)
		default:
			e.ended = closed
		}
	}
	return 0, io.EOF
}

// past is a deadline that is over, which makes a call on a blocking descriptor
// one that does not wait.
var (
	epoch unix.Timespec
	past  = uintptr(unsafe.Pointer(&epoch))
)

func (e *mqEndpoint) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	all := e.Announce()
	_, err := e.out.Attempt(unix.SYS_MQ_TIMEDSEND, nil, 0, 0, past, 0)
	if err != nil && descriptor.WouldWait(err) {
		err = nil // the announcement is enough
	}
	// A peer that waits for room would wait for ever. Made room for, it sends
	// what it had, and sees the announcement before it sends again.
	for rest, n := make([]byte, e.size), 1; all && n > 0; {
		n, _ = e.in.Attempt(unix.SYS_MQ_TIMEDRECEIVE, unsafe.Pointer(unsafe.SliceData(rest)), uintptr(e.size), 0, past, 0)
	}
	if err != nil {
		err = fmt.Errorf("mq: send the end mark: %w", err)
	}
	return errors.Join(err, e.in.Close(), e.out.Close(), e.Unmap())
}
