package queue

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/closing"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/namespace"
	"ipcbench/transports/internal/page"
	"ipcbench/transports/internal/remedy"
)

func init() { transports.Register(sysvmsg{}) }

// sysvmsg is a System V message queue in each direction. See sysvipc(7),
// msgop(2).
//
// Such a queue outlives all who use it, and is gone at once when it is removed.
// So each link has an IPC namespace of its own (ipc_namespaces(7)), with which
// the kernel frees the queues when the last process has let go of it, however
// that one ended. The limits of the namespace are raised to what the link needs.
//
// An empty message is the end mark. Each message goes to whoever receives first, so
// several processes can be at either end.
type sysvmsg struct{}

var sysvmsgInfo = transports.Info{
	Name:    "sysvmsg",
	Also:    []string{"sysv-mq", "sysv-queue", "sysv-message-queue", "message-queue", "msgqueue", "msgget", "svmq"},
	Doc:     "a System V message queue in each direction (msgget)",
	Kind:    transports.Queue,
	Group:   group,
	Caps:    transports.ManyEnds,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{
		{Name: "wait", Doc: "what an end does while there is no message or no room for one", Values: []transports.Value{
			{Name: "block", Doc: "sleep in msgrcv or msgsnd", Waits: transports.Sleeps},
			{Name: "spin", Doc: "repeat msgrcv or msgsnd with IPC_NOWAIT", Waits: transports.Spins},
		}},
	},
}

func (sysvmsg) Info() transports.Info { return sysvmsgInfo }

// What a new IPC namespace has (include/uapi/linux/msg.h).
const (
	usualMessageMax = 8192  // kernel.msgmax, bytes
	usualQueueMax   = 16384 // kernel.msgmnb, bytes
)

// Limit is what the limits of a namespace can be raised to, which is not at all
// where /proc/sys is read-only, as in most containers.
func (sysvmsg) Limit(transports.Spec) int {
	var fs unix.Statfs_t
	if err := unix.Statfs("/proc/sys/kernel/msgmax", &fs); err != nil || fs.Flags&unix.ST_RDONLY != 0 {
		return usualMessageMax
	}
	return 0
}

// Probe makes all that Create does: whether this process may is hard to tell in
// another way.
func (t sysvmsg) Probe(s transports.Spec) error {
	link, err := t.Create(s)
	if err != nil {
		return err
	}
	return link.Close()
}

func (sysvmsg) Create(s transports.Spec) (transports.Link, error) {
	if err := transports.ProbeSize(s); err != nil {
		if s.Size <= transports.LargestMessage {
			err = fmt.Errorf("%w: %s", err, writableSysctls())
		}
		return nil, err
	}
	link, err := page.New("sysvmsg")
	if err != nil {
		return nil, err
	}
	if err := newQueueNamespace(s, link); err != nil {
		link.Close()
		return nil, err
	}
	return link, nil
}

// newQueueNamespace makes an IPC namespace with the link's two queues, and adds
// to each side's files one that keeps it. It does so on a goroutine of its own,
// whose thread the runtime ends with it if there is no way back.
func newQueueNamespace(s transports.Spec, link *links.PerSide) (err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		previous, failed := namespace.Enter("sysvmsg", unshareIPC)
		if err = failed; err != nil {
			return
		}
		defer previous.Leave()
		if err = allowMessages(s); err != nil {
			return
		}
		for side := range link {
			if _, err = sysvQueue(transports.Side(side), unix.IPC_CREAT|unix.IPC_EXCL|0o600); err != nil {
				return
			}
			f, failed := namespace.Own("sysvmsg")
			if err = failed; err != nil {
				return
			}
			link[side] = append(link[side], f)
		}
	}()
	<-done
	return err
}

// unshareIPC puts this thread into a new IPC namespace.
func unshareIPC() error {
	err := unix.Unshare(unix.CLONE_NEWIPC)
	switch err {
	case nil:
		return nil
	case unix.EPERM:
		advice := remedy.Privilege(unix.CAP_SYS_ADMIN, "SYS_ADMIN")
		if !remedy.Has(unix.CAP_SYS_ADMIN) {
			advice += ", or start it by unshare --map-root-user"
		}
		return transports.Unsupported(fmt.Sprintf("sysvmsg: make an IPC namespace (unshare): %v: %s", err, advice))
	case unix.ENOSPC:
		return fmt.Errorf("sysvmsg: make an IPC namespace: %w: raise user.max_ipc_namespaces", err)
	}
	return remedy.Refused("sysvmsg: make an IPC namespace (unshare)", err, "use a kernel with CONFIG_IPC_NS")
}

// allowMessages raises the limits of this thread's namespace, where they do not
// do, before the queues are made, which take them over. Where the capacity is
// not given, a queue holds two of the largest messages, as with the usual limits.
func allowMessages(s transports.Spec) error {
	if s.Size > usualMessageMax {
		if err := setLimit("msgmax", s.Size); err != nil {
			return err
		}
	}
	room := max(usualQueueMax, 2*s.Size)
	if s.Capacity > 0 {
		room = max(s.Capacity, s.Size)
	}
	if room == usualQueueMax {
		return nil
	}
	return setLimit("msgmnb", room)
}

func writableSysctls() string { return remedy.Start("--privileged", "mount /proc/sys writable") }

// setLimit sets a sysctl of this thread's IPC namespace.
func setLimit(name string, bytes int) error {
	path := "/proc/sys/kernel/" + name
	err := os.WriteFile(path, strconv.AppendInt(nil, int64(bytes), 10), 0)
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		return transports.Unsupported(fmt.Sprintf("setting %s of a new IPC namespace to %d: %v: %s, or send at most %d bytes", path, bytes, kernel.Errno(err), remedy.Start("--privileged", "run as root"), usualMessageMax))
	}
	if errors.Is(err, unix.EROFS) {
		return transports.Unsupported(fmt.Sprintf("setting %s of a new IPC namespace to %d: %v: %s", path, bytes, kernel.Errno(err), writableSysctls()))
	}
	if err != nil {
		return fmt.Errorf("sysvmsg: set %s of a new IPC namespace to %d: %w", path, bytes, kernel.Errno(err))
	}
	return nil
}

// sysvQueue returns the id of the queue that one side sends to, whose key in
// the namespace says whose it is.
func sysvQueue(sender transports.Side, flags int) (uintptr, error) {
	const firstKey = 1 // 0 is IPC_PRIVATE
	id, _, errno := unix.RawSyscall(unix.SYS_MSGGET, uintptr(firstKey+int(sender)), uintptr(flags), 0)
	if errno == 0 {
		return id, nil
	}
	return 0, remedy.Refused(fmt.Sprintf("sysvmsg: open the %s's queue (msgget)", sender), errno, "use a kernel with CONFIG_SYSVIPC")
}

func (sysvmsg) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	defer links.Close(h.Files...)
	c, err := closing.Open(s, h.Files[0], side)
	if err != nil {
		return nil, err
	}
	e := &sysvEndpoint{Closing: c, size: s.Size, out: newMessageBuffer(s.Size), in: newMessageBuffer(s.Size)}
	if s.Option("wait") == "spin" {
		e.flags = unix.IPC_NOWAIT
	}
	e.previous, err = namespace.Enter("sysvmsg", func() error {
		if err := unix.Setns(int(h.Files[1].Fd()), unix.CLONE_NEWIPC); err != nil {
			return fmt.Errorf("sysvmsg: enter the link's IPC namespace: %w", err)
		}
		return nil
	})
	if err != nil {
		e.Unmap()
		return nil, err
	}
	if e.to, err = sysvQueue(side, 0); err == nil {
		e.from, err = sysvQueue(side.Peer(), 0)
	}
	if err != nil {
		e.previous.Leave()
		e.Unmap()
		return nil, err
	}
	return e, nil
}

// A sysvEndpoint is one end of a pair of queues. Its thread is in their IPC
// namespace until Close, because a queue's id means something only there. So
// its goroutine is locked to it.
type sysvEndpoint struct {
	closing.Closing
	to, from uintptr // queues
	flags    uintptr
	size     int
	out, in  []byte // messages as the kernel takes them: a type, then the bytes
	ended    bool   // all that the peer sent has been received
	closed   bool
	previous namespace.Previous
}

// typeBytes is the length of the type in front of a message, which is a C long.
const typeBytes = 8

// newMessageBuffer returns room for a message of n bytes and its type, which is
// 1, so that the message is aligned: see kernel.HeaderBytes.
func newMessageBuffer(n int) []byte {
	b := make([]byte, kernel.HeaderBytes+n)[kernel.HeaderBytes-typeBytes:]
	binary.NativeEndian.PutUint64(b, 1)
	return b
}

func (e *sysvEndpoint) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	copy(e.out[typeBytes:], msg)
	for !e.PeerClosed() {
		failed := int(kernel.Syscall(unix.SYS_MSGSND, e.to, uintptr(unsafe.Pointer(unsafe.SliceData(e.out))), uintptr(len(msg)), e.flags, 0, 0))
		if failed == 0 {
			return nil
		}
		if errno := unix.Errno(-failed); errno != unix.EINTR && errno != unix.EAGAIN {
			return kernel.SendFailed("sysvmsg", len(msg), errno)
		}
	}
	return kernel.SendFailed("sysvmsg", len(msg), unix.EPIPE)
}

func (e *sysvEndpoint) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	for !e.ended {
		flags := e.flags
		closed := e.PeerClosed()
		if closed {
			flags = unix.IPC_NOWAIT
		}
		n := e.take(flags)
		if n > 0 {
			return copy(buf, e.in[typeBytes:][:n]), nil
		}
		switch errno := unix.Errno(-n); {
		case n == 0: // an end mark: of the last peer, if nothing more is there
		case errno == unix.ENOMSG && closed:
			e.ended = true
		case errno != unix.EINTR && errno != unix.ENOMSG:
			return 0, fmt.Errorf("sysvmsg: receive: %w", errno)
		}
	}
	return 0, io.EOF
}

// take receives the next message into e.in. It returns its length, or -errno.
func (e *sysvEndpoint) take(flags uintptr) int {
	return int(kernel.Syscall(unix.SYS_MSGRCV, e.from, uintptr(unsafe.Pointer(unsafe.SliceData(e.in))), uintptr(e.size), 0, flags, 0))
}

func (e *sysvEndpoint) Close() error {
	if e.closed {
		return nil
	}
	e.closed, e.ended = true, true
	all := e.Announce()
	// Where there is no room for the mark, the announcement is enough.
	kernel.Syscall(unix.SYS_MSGSND, e.to, uintptr(unsafe.Pointer(unsafe.SliceData(e.out))), 0, unix.IPC_NOWAIT, 0, 0)
	// A peer that waits for room would wait for ever. Made room for, it sends
	// what it had, and sees the announcement before it sends again.
	for all && e.take(unix.IPC_NOWAIT) > 0 {
	}
	e.previous.Leave()
	return e.Unmap()
}
