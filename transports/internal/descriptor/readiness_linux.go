package descriptor

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/remedy"
)

// A readiness is a way to sleep until a descriptor can be read or written. See
// poll(2), epoll(7).
type readiness interface {
	// await returns once that is so, or the peer is gone, or early: the caller
	// tries in any case.
	await(direction)
}

// A direction is what an end waits for.
type direction int

const (
	readable direction = iota
	writable
)

// A pollReadiness asks poll(2), by ppoll, which every architecture has.
type pollReadiness struct {
	fd    int32
	query unix.PollFd
}

func (p *pollReadiness) await(d direction) {
	p.query = unix.PollFd{Fd: p.fd, Events: [...]int16{readable: unix.POLLIN, writable: unix.POLLOUT}[d]}
	kernel.Syscall(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&p.query)), 1, 0, 0, 0, 0)
}

// An epollReadiness has an epoll instance, which watches the descriptor for one
// direction at a time: a socket with room to write would be reported all the
// time. It owns the file it is about.
type epollReadiness struct {
	*os.File
	fd       uintptr
	instance *os.File
	epfd     uintptr
	watched  direction
	event    unix.EpollEvent
}

var epollEvents = [...]uint32{readable: unix.EPOLLIN, writable: unix.EPOLLOUT}

func newEpollReadiness(f *os.File) (*epollReadiness, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, remedy.Refused("create an epoll instance (epoll_create1)", err, "use a kernel that has it")
	}
	e := &epollReadiness{File: f, fd: f.Fd(), instance: os.NewFile(uintptr(epfd), "an epoll instance"), epfd: uintptr(epfd)}
	e.event.Events = epollEvents[readable]
	if err := unix.EpollCtl(epfd, unix.EPOLL_CTL_ADD, int(e.fd), &e.event); err != nil {
		e.instance.Close()
		return nil, fmt.Errorf("watch %s by epoll: %w", f.Name(), err)
	}
	return e, nil
}

func (e *epollReadiness) await(d direction) {
	if d != e.watched {
		e.event.Events = epollEvents[d]
		kernel.Syscall(unix.SYS_EPOLL_CTL, e.epfd, unix.EPOLL_CTL_MOD, e.fd, uintptr(unsafe.Pointer(&e.event)), 0, 0)
		e.watched = d
	}
	kernel.Syscall(unix.SYS_EPOLL_PWAIT, e.epfd, uintptr(unsafe.Pointer(&e.event)), 1, ^uintptr(0), 0, 0)
}

// Close ends the waiting and closes the file.
func (e *epollReadiness) Close() error { return errors.Join(e.File.Close(), e.instance.Close()) }
