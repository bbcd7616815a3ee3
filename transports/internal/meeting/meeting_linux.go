package meeting

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/page"
	"ipcbench/transports/internal/remedy"
)

// A Meeting is a page of memory that two threads share, by which they learn of
// each other and, where they take turns, whose turn it is.
//
// The words of a meeting are robust futexes: where one holds the number of a
// thread and that thread ends, however it does, the kernel marks the word and
// wakes whoever sleeps on it. So a death is seen, and nobody has to look for it
// while all is well. See get_robust_list(2) and the kernel's
// Documentation/locking/robust-futexes.rst.
type Meeting struct {
	what string // the transport, for errors
	Page *meetingPage
	Side transports.Side
	TID  uint32
}

// meetingPage is what the page holds. Cells do not share lines.
type meetingPage struct {
	Life [2]Cell // word: the thread of that side, until it dies; value: see identity
	Way  [2]Cell // for the messages that side sends
	head [2]robustList
}

// A Cell is one word and what goes with it.
type Cell struct {
	Word   uint32        // a futex
	asleep [2]uint32     // 1 while that side sleeps on word, or is about to
	Length uint32        // bytes, of the message
	Value  [8]byte       // the message, or where it lies
	entry  [2]robustNode // that side's list runs through here
	_      [88]byte
}

// It fits in the smallest page.
const _ = 4096 - unsafe.Sizeof(meetingPage{})

// robustList is struct robust_list_head of linux/futex.h. Its pointers, and
// those of the nodes, are valid in the process of one side only.
type robustList struct {
	first  uintptr
	offset int64 // from a node to its word
	_      uintptr
}

type robustNode uintptr

// The bits of a robust futex that are no thread number (linux/futex.h).
const (
	FutexWaiters = 1 << 31 // the kernel wakes a sleeper when the thread dies
	FutexDied    = 1 << 30
)

// noThread is no thread's number: those end at 2^22 (PID_MAX_LIMIT).
const noThread = 1<<30 - 1

var ErrPeerDied = fmt.Errorf("%w: the peer died", unix.EPIPE)

// Probe says why this host has no robust futexes, or nil. The kernel is asked to take a list
// of no size, which it refuses in another way where it has them.
func Probe(what string) error {
	if _, _, errno := unix.RawSyscall(unix.SYS_SET_ROBUST_LIST, 0, 0, 0); errno != unix.EINVAL {
		return remedy.Refused(what+": set_robust_list", errno, "use a kernel that has it")
	}
	return nil
}

// Join maps the page in f, which it closes, and lets the peer know of this
// thread. The goroutine stays on it until leave.
func Join(what string, f *os.File, side transports.Side) (*Meeting, error) {
	page, err := page.Map(what, f)
	if err != nil {
		return nil, err
	}
	runtime.LockOSThread()
	m := &Meeting{what: what, Page: (*meetingPage)(page), Side: side, TID: uint32(unix.Gettid())}
	if err := m.outlast(); err != nil {
		m.Leave()
		return nil, err
	}
	life := &m.Page.Life[side]
	*life.identity() = identity{Process: uint32(os.Getpid()), Thread: m.TID}
	atomic.StoreUint32(&life.Word, m.TID)
	FutexWake(&life.Word)
	return m, nil
}

// outlast has the kernel mark the words when this thread ends. The word that
// says that the thread lives comes first, so that a peer who hands over a turn
// and finds that word unmarked can be sure that the turn's will be marked.
func (m *Meeting) outlast() error {
	p, side := m.Page, m.Side
	head := &p.head[side]
	nodes := []*robustNode{&p.Life[side].entry[side], &p.Way[transports.Producer].entry[side], &p.Way[transports.Consumer].entry[side]}
	for i, next := range nodes[1:] {
		*nodes[i] = robustNode(unsafe.Pointer(next))
	}
	*nodes[len(nodes)-1] = robustNode(unsafe.Pointer(head))
	head.first = uintptr(unsafe.Pointer(nodes[0]))
	head.offset = -int64(unsafe.Offsetof(Cell{}.entry) + uintptr(side)*unsafe.Sizeof(robustNode(0)))
	if _, _, errno := unix.RawSyscall(unix.SYS_SET_ROBUST_LIST, uintptr(unsafe.Pointer(head)), unsafe.Sizeof(*head), 0); errno != 0 {
		return fmt.Errorf("%s: register robust futexes: %w: allow set_robust_list in the seccomp filter", m.what, errno)
	}
	return nil
}

// identity is what is beside the word that says that a thread lives, and stays
// when it has died: what it sent is still to be received.
type identity struct{ Process, Thread uint32 }

func (c *Cell) identity() *identity { return (*identity)(unsafe.Pointer(&c.Value)) }

// Peer waits until the other side has joined and says who it is, or was.
func (m *Meeting) Peer() identity {
	life := &m.Page.Life[m.Side.Peer()]
	for atomic.LoadUint32(&life.Word) == 0 {
		FutexWait(&life.Word, 0)
	}
	return *life.identity()
}

// Fault explains a memory fault in the page, see transports.Faulter.
func (m *Meeting) Fault(addr uintptr) error {
	return page.Fault(m.what, unsafe.Pointer(m.Page), addr)
}

// Leave ends the part of this thread, and unmaps the page.
func (m *Meeting) Leave() error {
	var head, size uintptr
	unix.RawSyscall(unix.SYS_GET_ROBUST_LIST, 0, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&size)))
	if own := &m.Page.head[m.Side]; head == uintptr(unsafe.Pointer(own)) {
		unix.RawSyscall(unix.SYS_SET_ROBUST_LIST, 0, unsafe.Sizeof(*own), 0)
	}
	runtime.UnlockOSThread()
	if err := page.Unmap(unsafe.Pointer(m.Page)); err != nil {
		return fmt.Errorf("%s: unmap the shared page: %w", m.what, err)
	}
	return nil
}

// The operations of futex(2), on words that processes share.
const (
	futexOpWait = 0
	futexOpWake = 1
)

// FutexWait sleeps while the word is v. It may return early.
func FutexWait(word *uint32, v uint32) {
	kernel.Syscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexOpWait, uintptr(v), 0, 0, 0)
}

// FutexWake wakes one thread that sleeps on the word.
func FutexWake(word *uint32) {
	kernel.Syscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexOpWake, 1, 0, 0, 0)
}
