package notify

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/internal/shm"
	"ipcbench/transports"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/meeting"
	"ipcbench/transports/internal/page"
	"ipcbench/transports/internal/remedy"
)

func init() { transports.Register(signal{}) }

// signal is a real-time signal with a value, sent to the peer's thread, which
// has it blocked and takes it from a queue. See rt_sigqueueinfo(2),
// signalfd(2), signal(7).
//
// The message is the signal's value (si_value), its length si_errno, which the
// sender may fill. The kernel keeps signals of one number in their order. It
// limits how many are queued for all processes of a user (RLIMIT_SIGPENDING), so
// a sender leaves no more than a window of them with its peer, who says in
// shared memory how many it has taken.
//
// The end is a signal too: each side has the read end of a pipe that is never
// written to and whose write end only its peer has. When that is closed, by
// Close or because the peer was killed, the kernel sends the signal which
// F_SETSIG asks for, after all messages. Where no more can be queued it sends
// SIGIO instead, which needs no room. See fcntl(2).
type signal struct{}

const (
	// ownSignal is the signal that the producer receives. The consumer's is the
	// next. The Go runtime, and the C libraries, leave both alone.
	ownSignal = 50
	// signalWindow is how many messages a direction buffers where the spec does
	// not say.
	signalWindow = 1024
	// spareSignals is what is left of the limit for what else a user's
	// processes queue.
	spareSignals = 64
)

var signalInfo = transports.Info{
	Name:    "signal",
	Also:    []string{"signals", "kill", "sigqueue", "rt-signal"},
	Doc:     "a real-time signal with a value to the peer's thread (rt_tgsigqueueinfo)",
	Kind:    transports.Notification,
	Group:   group,
	Caps:    transports.SeesPeerDeath,
	MaxSize: wordBytes,
	Options: []transports.Option{signalWait()},
}

func (signal) Info() transports.Info { return signalInfo }

// signalWait is the option wait as it is for a signalfd.
func signalWait() transports.Option {
	wait := transports.Option{Name: "wait", Doc: "how an end takes a signal"}
	for _, v := range descriptor.WaitOption().Values {
		switch v.Name {
		case "block":
			v.Doc = "sleep in a blocking read of a signalfd"
		case "poll":
			v.Doc = "sleep in poll(2) before each read of a signalfd"
		case "epoll":
			v.Doc = "sleep in epoll_wait(2) before each read of a signalfd"
		case "spin":
			v.Doc = "repeat a non-blocking read of a signalfd"
		case "go":
			continue // a signalfd shows each thread its own signals, and the runtime's threads have none
		}
		wait.Values = append(wait.Values, v)
	}
	wait.Values = append(wait.Values, transports.Value{Name: "sigwait", Doc: "sleep in sigwaitinfo(2), without a signalfd", Waits: transports.Sleeps})
	return wait
}

// window is how many messages may be on their way in each direction.
func window(s transports.Spec) int {
	if s.Capacity == 0 {
		return signalWindow
	}
	return max(4, s.Capacity/wordBytes)
}

func (signal) Probe(s transports.Spec) error {
	if err := transports.ProbeSize(s); err != nil {
		return err
	}
	var limit unix.Rlimit
	need := 2*uint64(window(s)) + spareSignals
	if err := unix.Getrlimit(unix.RLIMIT_SIGPENDING, &limit); err == nil && limit.Cur < need || need > math.MaxInt32 {
		return transports.Unsupported(fmt.Sprintf("two directions queue up to %d signals and RLIMIT_SIGPENDING is %d: raise it (ulimit -i), or buffer less", need, limit.Cur))
	}
	// Signal 0 is checked and not sent.
	info := queuedSignal{code: siQueue}
	errno := unix.Errno(-int(kernel.Syscall(unix.SYS_RT_TGSIGQUEUEINFO, uintptr(os.Getpid()), uintptr(os.Getpid()), 0, uintptr(unsafe.Pointer(&info)), 0, 0)))
	if errno != 0 {
		return remedy.Refused("signal: rt_tgsigqueueinfo to this process itself", errno, "use a kernel that has it")
	}
	return meeting.Probe("signal")
}

func (t signal) Create(s transports.Spec) (transports.Link, error) {
	if err := t.Probe(s); err != nil {
		return nil, err
	}
	link, err := page.New("signal")
	if err != nil {
		return nil, err
	}
	for _, side := range []transports.Side{transports.Producer, transports.Consumer} {
		if err := link.AddPipe(side); err != nil {
			link.Close()
			return nil, fmt.Errorf("signal: %w", err)
		}
	}
	return link, nil
}

// Open takes the page and the ends of two pipes. Those of the producer's are in
// front on either side, see Create.
func (signal) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	pipes := h.Files[1:]
	e := &signalEndpoint{
		size:   s.Size,
		window: uint32(window(s)),
		limit:  uint32(window(s)),
		due:    uint32(window(s)) / 4,
		spins:  s.Option("wait") == "spin",
		out:    queuedSignal{code: siQueue, pid: int32(os.Getpid())},
		heard:  pipes[side],
		held:   pipes[side.Peer()],
	}
	runtime.LockOSThread()
	if err := e.open(s, side, h.Files[0]); err != nil {
		e.release()
		return nil, err
	}
	return e, nil
}

// open blocks the signals, and only then lets the peer learn of this thread.
func (e *signalEndpoint) open(s transports.Spec, side transports.Side, page *os.File) error {
	number := ownSignal + int32(side)
	e.out.signo = ownSignal + int32(side.Peer())
	e.mask = 1<<(number-1) | 1<<(unix.SIGIO-1)
	if err := changeMask(unix.SIG_BLOCK, &e.mask, &e.oldMask); err != nil {
		page.Close()
		return err
	}
	e.masked = true
	var err error
	if e.Meeting, err = meeting.Join("signal", page, side); err != nil {
		return err
	}
	if err := e.hearEnd(number); err != nil {
		return fmt.Errorf("signal: ask for a signal when the peer ends (F_SETSIG): %w", err)
	}
	if s.Option("wait") == "sigwait" {
		return nil
	}
	fd, err := unix.Signalfd(-1, &unix.Sigset_t{Val: [16]uint64{e.mask}}, unix.SFD_CLOEXEC)
	if err != nil {
		return remedy.Refused("signal: create a signalfd (signalfd4)", err, "use a kernel that has it, or take wait=sigwait")
	}
	ends, err := descriptor.Open(s, []*os.File{os.NewFile(uintptr(fd), "a signalfd")})
	if err != nil {
		return err
	}
	e.in = &ends[0]
	e.plain = e.in.Ready == nil
	return nil
}

// hearEnd has the kernel send the signal to this thread when the peer's end of
// a pipe is closed, and looks whether it is already.
func (e *signalEndpoint) hearEnd(number int32) error {
	fd := e.heard.Fd()
	owner := struct{ kind, id int32 }{fOwnerTID, int32(e.TID)}
	if _, _, errno := unix.Syscall(unix.SYS_FCNTL, fd, unix.F_SETOWN_EX, uintptr(unsafe.Pointer(&owner))); errno != 0 {
		return errno
	}
	if _, err := unix.FcntlInt(fd, unix.F_SETSIG, int(number)); err != nil {
		return err
	}
	if _, err := unix.FcntlInt(fd, unix.F_SETFL, unix.O_ASYNC|unix.O_NONBLOCK); err != nil {
		return err
	}
	e.ended = e.peerEnded()
	return nil
}

// fOwnerTID is F_OWNER_TID of fcntl(2): the signal is for one thread.
const fOwnerTID = 0

// peerEnded says whether the peer has closed its end of the pipe, or died.
func (e *signalEndpoint) peerEnded() bool {
	var b [1]byte
	n, err := unix.Read(int(e.heard.Fd()), b[:])
	return n == 0 && err == nil
}

// queuedSignal is siginfo_t for rt_tgsigqueueinfo and rt_sigtimedwait, of 128
// bytes. The sender may say anything where code is negative.
type queuedSignal struct {
	signo  int32
	length int32 // si_errno
	code   int32
	_      int32
	pid    int32
	uid    uint32
	value  [wordBytes]byte
	_      [96]byte
}

// siQueue is SI_QUEUE, the code of a signal that a process has queued.
const siQueue = -1

func changeMask(how int, set, old *uint64) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, uintptr(how), uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), sigsetBytes, 0, 0)
	if errno != 0 {
		return fmt.Errorf("signal: change the signal mask: %w", errno)
	}
	return nil
}

// sigsetBytes is the size of the kernel's sigset_t.
const sigsetBytes = 8

type signalEndpoint struct {
	*meeting.Meeting
	size int // of the longest message

	in       *descriptor.Descriptor // the signalfd; nil: rt_sigtimedwait
	plain    bool                   // a read needs nothing before it
	got      unix.SignalfdSiginfo
	waited   queuedSignal // what rt_sigtimedwait took
	received uint32       // messages, modulo 2^32
	due      uint32       // say how many when they are so many
	ended    bool         // the peer has closed its end or died: what it sent is queued

	out    queuedSignal // being sent
	sent   uint32       // messages, modulo 2^32
	limit  uint32       // there is room until sent is this
	window uint32
	spins  bool // for room, too

	process, thread uintptr // the peer's; 0: not known yet

	mask, oldMask uint64
	masked        bool
	held          *os.File // closed, it tells the peer that this side has ended
	heard         *os.File // the other end of the peer's
	closed        bool
}

func (e *signalEndpoint) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	if e.process == 0 || e.sent == e.limit {
		if err := e.room(); err != nil {
			return fmt.Errorf("signal: send %d bytes: %w", len(msg), err)
		}
	}
	if len(msg) == wordBytes {
		e.out.value = [wordBytes]byte(msg)
	} else {
		copy(e.out.value[:], msg)
	}
	e.out.length = int32(len(msg))
	result := kernel.Syscall(unix.SYS_RT_TGSIGQUEUEINFO, e.process, e.thread, uintptr(e.out.signo), uintptr(unsafe.Pointer(&e.out)), 0, 0)
	if result != 0 {
		if err := e.insist(result); err != nil {
			return fmt.Errorf("signal: send %d bytes: %w", len(msg), err)
		}
	}
	e.sent++
	return nil
}

// insist sends the signal again where the limit of all processes of this user
// was reached, until one of them takes something from its queue.
func (e *signalEndpoint) insist(result uintptr) error {
	for refusals := kernel.Refusals(0); result != 0; {
		switch errno := unix.Errno(-int(result)); errno {
		case unix.EAGAIN:
			if !refusals.Again() {
				return fmt.Errorf("%w, %d times in a row: the signals that wait for processes of this user are at their limit: raise it (ulimit -i)", errno, refusals)
			}
		case unix.ESRCH:
			return fmt.Errorf("%w: the peer closed its end or died", unix.EPIPE)
		default:
			return errno
		}
		result = kernel.Syscall(unix.SYS_RT_TGSIGQUEUEINFO, e.process, e.thread, uintptr(e.out.signo), uintptr(unsafe.Pointer(&e.out)), 0, 0)
	}
	return nil
}

// meet learns where to send to.
func (e *signalEndpoint) meet() {
	peer := e.Peer()
	e.thread, e.process = uintptr(peer.Thread), uintptr(peer.Process)
}

// room waits until the peer has taken a message of the window. An end that
// sleeps for that leaves the peer's thread in the word, as if it were the peer's
// turn, so that the peer knows whom to wake, and the kernel does if it dies.
func (e *signalEndpoint) room() error {
	if e.process == 0 {
		e.meet()
	}
	way, life := &e.Page.Way[e.Side], &e.Page.Life[e.Side.Peer()].Word
	theirs := uint32(e.thread) | meeting.FutexWaiters
	for {
		e.limit = atomic.LoadUint32(&way.Length) + e.window
		if e.sent != e.limit {
			return nil
		}
		switch v := atomic.LoadUint32(&way.Word); {
		case v == meeting.TurnOver:
			return meeting.ErrTurnOver
		case (v|atomic.LoadUint32(life))&meeting.FutexDied != 0:
			return meeting.ErrPeerDied
		case e.spins:
			shm.Pause()
		case v == 0:
			atomic.CompareAndSwapUint32(&way.Word, 0, theirs)
		default:
			meeting.FutexWait(&way.Word, v)
		}
	}
}

// giveBack says how many messages were received and wakes the peer if it waits
// for that.
func (e *signalEndpoint) giveBack() {
	e.due = e.received + e.window/4
	way := &e.Page.Way[e.Side.Peer()]
	atomic.StoreUint32(&way.Length, e.received)
	if v := atomic.LoadUint32(&way.Word); v != 0 && atomic.CompareAndSwapUint32(&way.Word, v, 0) {
		meeting.FutexWake(&way.Word)
	}
}

func (e *signalEndpoint) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	for !e.ended {
		if !e.plain || kernel.Syscall(unix.SYS_READ, e.in.FD, uintptr(unsafe.Pointer(&e.got)), unsafe.Sizeof(e.got), 0, 0, 0) != unsafe.Sizeof(e.got) {
			if err := e.take(); err != nil {
				return 0, fmt.Errorf("signal: receive: %w", err)
			}
		}
		if uintptr(e.got.Pid) == e.process && e.got.Code == siQueue {
			return e.deliver(buf)
		}
		if e.consider() {
			return e.deliver(buf)
		}
	}
	return e.drain(buf)
}

// take is a read of the signalfd for every way of waiting.
func (e *signalEndpoint) take() error {
	if e.in != nil {
		_, err := e.in.Receive(unix.SYS_READ, unsafe.Pointer(&e.got), unsafe.Sizeof(e.got), 0, 0, 0)
		return err
	}
	errno := e.wait(nil)
	for errno == unix.EINTR {
		errno = e.wait(nil)
	}
	if errno != 0 {
		return errno
	}
	return nil
}

// wait takes a signal by rt_sigtimedwait, within limit.
func (e *signalEndpoint) wait(limit *unix.Timespec) unix.Errno {
	result := int(kernel.Syscall(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&e.mask)), uintptr(unsafe.Pointer(&e.waited)), uintptr(unsafe.Pointer(limit)), sigsetBytes, 0, 0))
	if result < 0 {
		return unix.Errno(-result)
	}
	w := &e.waited
	e.got.Code, e.got.Pid, e.got.Errno = w.code, uint32(w.pid), w.length
	e.got.Ptr = binary.NativeEndian.Uint64(w.value[:])
	return 0
}

// consider says whether a signal is a message after all. If it is the end, it
// takes note of that; a stranger's signal is nothing.
func (e *signalEndpoint) consider() (message bool) {
	if e.got.Code != siQueue {
		e.ended = e.peerEnded()
		return false
	}
	if e.process == 0 {
		e.meet()
	}
	return uintptr(e.got.Pid) == e.process
}

// drain is Recv after the peer's end: what is queued is all there will be.
func (e *signalEndpoint) drain(buf []byte) (int, error) {
	for {
		switch errno := e.wait(&unix.Timespec{}); errno {
		case 0:
			if e.consider() {
				return e.deliver(buf)
			}
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, io.EOF
		default:
			return 0, fmt.Errorf("signal: receive: %w", errno)
		}
	}
}

// deliver hands over the message that was taken.
func (e *signalEndpoint) deliver(buf []byte) (int, error) {
	n := int(e.got.Errno)
	if n < 1 || n > e.size {
		return 0, fmt.Errorf("signal: receive: a message of %d bytes on a link for 1 to %d: something else sends signal %d", n, e.size, e.got.Signo)
	}
	if n == wordBytes {
		binary.NativeEndian.PutUint64(buf, e.got.Ptr)
	} else {
		var value [wordBytes]byte
		binary.NativeEndian.PutUint64(value[:], e.got.Ptr)
		copy(buf[:n], value[:])
	}
	if e.received++; e.received == e.due {
		e.giveBack()
	}
	return n, nil
}

func (e *signalEndpoint) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	way := &e.Page.Way[e.Side.Peer()].Word
	atomic.StoreUint32(way, meeting.TurnOver)
	meeting.FutexWake(way)
	return e.release()
}

// release gives back what Open took. What is still queued for this thread is
// taken before its signals are no longer blocked.
func (e *signalEndpoint) release() error {
	errs := []error{links.Close(e.held, e.heard)}
	if e.in != nil {
		errs = append(errs, e.in.Close())
	}
	if e.masked {
		for errno := unix.Errno(0); errno == 0 || errno == unix.EINTR; {
			errno = e.wait(&unix.Timespec{})
		}
		errs = append(errs, changeMask(unix.SIG_SETMASK, &e.oldMask, nil))
	}
	if e.Meeting != nil {
		errs = append(errs, e.Leave())
	}
	runtime.UnlockOSThread()
	return errors.Join(errs...)
}
