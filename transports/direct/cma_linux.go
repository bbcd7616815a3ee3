package direct

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/meeting"
	"ipcbench/transports/internal/page"
	"ipcbench/transports/internal/remedy"
)

func init() { transports.Register(cma{}) }

// cma is cross memory attach: the kernel copies a message once, out of one
// process's memory into the other's. See process_vm_readv(2).
//
// A shared page carries addresses and lengths only. Each message is a
// rendezvous: one side says where its buffer lies and passes the turn, the other
// copies and passes it back. With copy=read the sender does so and the receiver
// copies, as MPI libraries do, and so Send returns when the peer has copied.
// With copy=write the receiver does so in Recv and the sender copies, so a
// message is one turn less behind, if its receiver is there already.
//
// A process whose peer has died could in theory copy from or into another that
// got the same number since. It does not get that far: it sees the death when it
// waits for the turn, and numbers are not used again within one copy.
type cma struct{}

var cmaInfo = transports.Info{
	Name:    "cma",
	Also:    []string{"cross-memory-attach", "process_vm_readv", "vm_readv"},
	Doc:     "one copy by the kernel, from the sender's memory to the receiver's (process_vm_readv)",
	Kind:    transports.Direct,
	Group:   group,
	Caps:    transports.SeesPeerDeath,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{
		{Name: "copy", Doc: "who has the kernel copy", Values: []transports.Value{
			{Name: "read", Doc: "the receiver, by process_vm_readv: Send returns when the peer has copied"},
			{Name: "write", Doc: "the sender, by process_vm_writev, into the buffer of the Recv that waits for it"},
		}},
		meeting.WaitOption(),
	},
}

func (cma) Info() transports.Info { return cmaInfo }

func (cma) Probe(s transports.Spec) error {
	if err := transports.ProbeSize(s); err != nil {
		return err
	}
	if err := meeting.Probe("cma"); err != nil {
		return err
	}
	if err := tryCrossMemory(); err != nil {
		return err
	}
	return mayAttach()
}

// tryCrossMemory tries the system call on this process, which needs no
// permission.
func tryCrossMemory() error {
	from, to := []byte{1}, []byte{0}
	local := []unix.Iovec{{Base: &to[0], Len: 1}}
	remote := []unix.RemoteIovec{{Base: uintptr(unsafe.Pointer(&from[0])), Len: 1}}
	_, err := unix.ProcessVMReadv(os.Getpid(), local, remote, 0)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return transports.Unsupported(fmt.Sprintf("process_vm_readv of this process itself: %v: %s", err, remedy.Sandbox("SYS_PTRACE")))
	}
	return remedy.Refused("process_vm_readv of this process itself", err, "use a kernel with CONFIG_CROSS_MEMORY_ATTACH")
}

// mayAttach says whether one worker may access another's memory, which is the
// right to trace it (ptrace(2), "Ptrace access mode checking").
func mayAttach() error {
	scope := yamaScope()
	if scope == yamaNobody {
		return transports.Unsupported("kernel.yama.ptrace_scope is 3, which forbids process_vm_readv until the next boot: boot with another value")
	}
	if remedy.Has(unix.CAP_SYS_PTRACE) {
		return nil
	}
	if scope == yamaPrivileged {
		return transports.Unsupported("kernel.yama.ptrace_scope is 2, which allows process_vm_readv to CAP_SYS_PTRACE only: " + remedy.OnMachine("sysctl kernel.yama.ptrace_scope=1") + ", or " + remedy.Privilege(unix.CAP_SYS_PTRACE, "SYS_PTRACE"))
	}
	if dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err == nil && dumpable != 1 {
		return transports.Unsupported("the memory of this program is closed to its own user (PR_GET_DUMPABLE): make its file readable, and neither set-user-ID nor with capabilities, or " + remedy.Privilege(unix.CAP_SYS_PTRACE, "SYS_PTRACE"))
	}
	return nil
}

// The values of kernel.yama.ptrace_scope (the kernel's
// Documentation/admin-guide/LSM/Yama.rst).
const (
	yamaOff        = '0'
	yamaDeclared   = '1' // a process names who may trace it, besides its ancestors
	yamaPrivileged = '2'
	yamaNobody     = '3'
)

// yamaScope returns the first of these where the kernel has no Yama.
func yamaScope() byte {
	text, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	if text = bytes.TrimSpace(text); err != nil || len(text) != 1 {
		return yamaOff
	}
	return text[0]
}

func (t cma) Create(s transports.Spec) (transports.Link, error) {
	if err := t.Probe(s); err != nil {
		return nil, err
	}
	return links.Of(page.New("cma"))
}

func (cma) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	m, err := meeting.Join("cma", h.Files[0], side)
	if err != nil {
		return nil, err
	}
	if s.Option("copy") == "write" {
		return &cmaWriter{newCMAEnd(m, s, side.Peer(), side)}, nil
	}
	return &cmaReader{newCMAEnd(m, s, side, side.Peer())}, nil
}

// A cmaEnd is what both ways of copying share. In each direction, the side that
// has its buffer published has the first turn.
type cmaEnd struct {
	out, in meeting.Turn
	size    int // of the longest message
	local   unix.Iovec
	remote  unix.RemoteIovec
	shown   unsafe.Pointer // published; a pointer, so that it is no stack's, which may move
	met     bool
	closed  bool
}

func newCMAEnd(m *meeting.Meeting, s transports.Spec, outFirst, inFirst transports.Side) cmaEnd {
	return cmaEnd{
		out:  meeting.NewTurn(m, s, m.Side, outFirst),
		in:   meeting.NewTurn(m, s, m.Side.Peer(), inFirst),
		size: s.Size,
	}
}

// wait waits for the turn t. Before the first, and so before the first buffer
// is published, it allows the peer to access this process's memory.
func (e *cmaEnd) wait(t *meeting.Turn) (last bool, err error) {
	if !e.met {
		if err := e.meet(); err != nil {
			return false, err
		}
	}
	return t.Wait()
}

func (e *cmaEnd) meet() error {
	peer := e.out.Peer()
	if yamaScope() == yamaDeclared {
		if err := unix.Prctl(unix.PR_SET_PTRACER, uintptr(peer.Process), 0, 0, 0); err != nil {
			return fmt.Errorf("allow the peer to access memory (PR_SET_PTRACER): %w", err)
		}
	}
	e.met = true
	return nil
}

// begin refuses a message of n bytes that Send must not take, and otherwise
// waits for the turn to send it.
func (e *cmaEnd) begin(n int) error {
	if err := transports.CheckSend(n, e.size); err != nil {
		return err
	}
	if e.out.Has() {
		return nil
	}
	last, err := e.wait(&e.out)
	if last {
		err = meeting.ErrTurnOver
	}
	if err != nil {
		return e.out.Refused(n, err)
	}
	return nil
}

// publish tells the peer where the n bytes at p lie and passes it the turn t.
func (e *cmaEnd) publish(t *meeting.Turn, p *byte, n int) bool {
	e.shown = unsafe.Pointer(p)
	*(*uintptr)(unsafe.Pointer(&t.At.Value)) = uintptr(e.shown)
	t.At.Length = uint32(n)
	return e.pass(t)
}

func (e *cmaEnd) pass(t *meeting.Turn) bool {
	if !t.Pass() {
		return false
	}
	if !t.Spin {
		t.Wake()
	}
	return true
}

// copy has the kernel copy n bytes between p and what the peer has published
// with the turn t.
func (e *cmaEnd) copy(trap uintptr, t *meeting.Turn, p *byte, n int) error {
	e.local.Base = p
	e.local.SetLen(n)
	e.remote.Base = *(*uintptr)(unsafe.Pointer(&t.At.Value))
	e.remote.Len = n
	peer := uintptr(t.Theirs &^ meeting.FutexWaiters)
	done := int(kernel.Syscall(trap, peer, uintptr(unsafe.Pointer(&e.local)), 1, uintptr(unsafe.Pointer(&e.remote)), 1, 0))
	if done == n {
		return nil
	}
	return e.failed(trap, done, n)
}

func (e *cmaEnd) failed(trap uintptr, done, n int) error {
	call := "process_vm_readv"
	if trap == unix.SYS_PROCESS_VM_WRITEV {
		call = "process_vm_writev"
	}
	if done >= 0 {
		return fmt.Errorf("%s of %d bytes: %d were copied: the peer's buffer is gone", call, n, done)
	}
	switch errno := unix.Errno(-done); errno {
	case unix.ESRCH:
		return meeting.ErrPeerDied
	case unix.EPERM:
		return fmt.Errorf("%s of %d bytes: %w: allow ptrace between processes of one user (kernel.yama.ptrace_scope, SELinux deny_ptrace), make the program readable, or %s", call, n, errno, remedy.Privilege(unix.CAP_SYS_PTRACE, "SYS_PTRACE"))
	default:
		return fmt.Errorf("%s of %d bytes: %w", call, n, errno)
	}
}

func (e *cmaEnd) overwritten(n int) error {
	return fmt.Errorf("cma: receive: a message of %d bytes on a link for at most %d: the shared memory was overwritten", n, e.size)
}

// Fault explains a memory fault in the shared page.
func (e *cmaEnd) Fault(addr uintptr) error { return e.out.Fault(addr) }

func (e *cmaEnd) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	e.out.End()
	e.in.End()
	if yamaScope() == yamaDeclared {
		unix.Prctl(unix.PR_SET_PTRACER, 0, 0, 0, 0)
	}
	return e.out.Leave()
}

// A cmaReader receives by process_vm_readv.
type cmaReader struct{ cmaEnd }

func (e *cmaReader) Send(msg []byte) error {
	if err := e.begin(len(msg)); err != nil {
		return err
	}
	if !e.publish(&e.out, unsafe.SliceData(msg), len(msg)) {
		return e.out.Refused(len(msg), meeting.ErrTurnOver)
	}
	if !e.out.Has() {
		if _, err := e.out.Wait(); err != nil {
			return e.out.Refused(len(msg), err)
		}
	}
	return nil
}

func (e *cmaReader) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	if !e.in.Has() {
		if _, err := e.wait(&e.in); err != nil {
			return 0, e.in.Received(err)
		}
	}
	n := int(e.in.At.Length)
	if n > e.size {
		return 0, e.overwritten(n)
	}
	if err := e.copy(unix.SYS_PROCESS_VM_READV, &e.in, unsafe.SliceData(buf), n); err != nil {
		return 0, e.in.Received(err)
	}
	e.pass(&e.in)
	return n, nil
}

// A cmaWriter sends by process_vm_writev.
type cmaWriter struct{ cmaEnd }

func (e *cmaWriter) Send(msg []byte) error {
	if err := e.begin(len(msg)); err != nil {
		return err
	}
	if err := e.copy(unix.SYS_PROCESS_VM_WRITEV, &e.out, unsafe.SliceData(msg), len(msg)); err != nil {
		return e.out.Refused(len(msg), err)
	}
	e.out.At.Length = uint32(len(msg))
	if !e.pass(&e.out) {
		return e.out.Refused(len(msg), meeting.ErrTurnOver)
	}
	return nil
}

func (e *cmaWriter) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	if !e.in.Has() {
		last, err := e.wait(&e.in)
		if last {
			return 0, io.EOF
		}
		if err != nil {
			return 0, e.in.Received(err)
		}
	}
	if !e.publish(&e.in, unsafe.SliceData(buf), e.size) {
		return 0, io.EOF
	}
	if !e.in.Has() {
		if _, err := e.in.Wait(); err != nil {
			return 0, e.in.Received(err)
		}
	}
	n := int(e.in.At.Length)
	if n > e.size {
		return 0, e.overwritten(n)
	}
	return n, nil
}
