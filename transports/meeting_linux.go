package transports

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A meeting is a page of memory that two threads share, by which they learn of
// each other and, where they take turns, whose turn it is.
//
// The words of a meeting are robust futexes: where one holds the number of a
// thread and that thread ends, however it does, the kernel marks the word and
// wakes whoever sleeps on it. So a death is seen, and nobody has to look for it
// while all is well. See get_robust_list(2) and the kernel's
// Documentation/locking/robust-futexes.rst.
type meeting struct {
	what string // the transport, for errors
	page *meetingPage
	side Side
	tid  uint32
}

// meetingPage is what the page holds. Cells do not share lines.
type meetingPage struct {
	life [2]cell // word: the thread of that side, until it dies; value: see identity
	way  [2]cell // for the messages that side sends
	head [2]robustList
}

// A cell is one word and what goes with it.
type cell struct {
	word   uint32        // a futex
	asleep [2]uint32     // 1 while that side sleeps on word, or is about to
	length uint32        // bytes, of the message
	value  [8]byte       // the message, or where it lies
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
	futexWaiters = 1 << 31 // the kernel wakes a sleeper when the thread dies
	futexDied    = 1 << 30
)

// noThread is no thread's number: those end at 2^22 (PID_MAX_LIMIT).
const noThread = 1<<30 - 1

var errPeerDied = fmt.Errorf("%w: the peer died", unix.EPIPE)

// join maps the page in f, which it closes, and lets the peer know of this
// thread. The goroutine stays on it until leave.
func join(what string, f *os.File, side Side) (*meeting, error) {
	page, err := mapPage(what, f)
	if err != nil {
		return nil, err
	}
	runtime.LockOSThread()
	m := &meeting{what: what, page: (*meetingPage)(page), side: side, tid: uint32(unix.Gettid())}
	if err := m.outlast(); err != nil {
		m.leave()
		return nil, err
	}
	life := &m.page.life[side]
	*life.identity() = identity{process: uint32(os.Getpid()), thread: m.tid}
	atomic.StoreUint32(&life.word, m.tid)
	futexWake(&life.word)
	return m, nil
}

// outlast has the kernel mark the words when this thread ends. The word that
// says that the thread lives comes first, so that a peer who hands over a turn
// and finds that word unmarked can be sure that the turn's will be marked.
func (m *meeting) outlast() error {
	p, side := m.page, m.side
	head := &p.head[side]
	nodes := []*robustNode{&p.life[side].entry[side], &p.way[Producer].entry[side], &p.way[Consumer].entry[side]}
	for i, next := range nodes[1:] {
		*nodes[i] = robustNode(unsafe.Pointer(next))
	}
	*nodes[len(nodes)-1] = robustNode(unsafe.Pointer(head))
	head.first = uintptr(unsafe.Pointer(nodes[0]))
	head.offset = -int64(unsafe.Offsetof(cell{}.entry) + uintptr(side)*unsafe.Sizeof(robustNode(0)))
	if _, _, errno := unix.RawSyscall(unix.SYS_SET_ROBUST_LIST, uintptr(unsafe.Pointer(head)), unsafe.Sizeof(*head), 0); errno != 0 {
		return fmt.Errorf("%s: register robust futexes: %w: allow set_robust_list in the seccomp filter", m.what, errno)
	}
	return nil
}

// identity is what is beside the word that says that a thread lives, and stays
// when it has died: what it sent is still to be received.
type identity struct{ process, thread uint32 }

func (c *cell) identity() *identity { return (*identity)(unsafe.Pointer(&c.value)) }

// peer waits until the other side has joined and says who it is, or was.
func (m *meeting) peer() identity {
	life := &m.page.life[m.side.Peer()]
	for atomic.LoadUint32(&life.word) == 0 {
		futexWait(&life.word, 0)
	}
	return *life.identity()
}

// leave ends the part of this thread, and unmaps the page.
func (m *meeting) leave() error {
	var head, size uintptr
	unix.RawSyscall(unix.SYS_GET_ROBUST_LIST, 0, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&size)))
	if own := &m.page.head[m.side]; head == uintptr(unsafe.Pointer(own)) {
		unix.RawSyscall(unix.SYS_SET_ROBUST_LIST, 0, unsafe.Sizeof(*own), 0)
	}
	runtime.UnlockOSThread()
	if err := unmapPage(unsafe.Pointer(m.page)); err != nil {
		return fmt.Errorf("%s: unmap the shared page: %w", m.what, err)
	}
	return nil
}

// The operations of futex(2), on words that processes share.
const (
	futexOpWait = 0
	futexOpWake = 1
)

// futexWait sleeps while the word is v. It may return early.
func futexWait(word *uint32, v uint32) {
	rawSyscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexOpWait, uintptr(v), 0, 0, 0)
}

// futexWake wakes one thread that sleeps on the word.
func futexWake(word *uint32) {
	rawSyscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexOpWake, 1, 0, 0, 0)
}
