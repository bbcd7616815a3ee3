package transports

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// descriptorWait is the option wait of every transport that reads and writes
// descriptors the kernel can wait for.
func descriptorWait() Option {
	return Option{Name: "wait", Doc: "what an end does while there is nothing to read or no room to write", Values: []Value{
		{Name: "block", Doc: "sleep in a blocking read or write", Waits: Sleeps},
		{Name: "poll", Doc: "sleep in poll(2) before each read, and where there is no room to write", Waits: Sleeps},
		{Name: "epoll", Doc: "sleep in epoll_wait(2), level-triggered, before each read, and where there is no room to write", Waits: Sleeps},
		{Name: "spin", Doc: "repeat a non-blocking read or write (O_NONBLOCK)", Waits: Spins},
		{Name: "go", Doc: "park the goroutine in the Go runtime's poller, as os.File and net.Conn do", Waits: Parks},
	}}
}

// A descriptor is one open end of a pipe, a socket or a queue, used by raw
// system calls, or, where polled is set, through the Go runtime's poller.
type descriptor struct {
	fd     uintptr
	ready  readiness // asked before a read, where the spec waits by poll or epoll
	polled pollable
	parked *parkedCall // of polled
	file   io.Closer   // owns fd
}

// A pollable is an *os.File that the runtime polls, or what waits as one.
type pollable interface {
	io.ReadWriteCloser
	syscall.Conn
}

// openDescriptors takes over files, which will wait as the spec says. If it
// fails, all files are closed.
func openDescriptors(s Spec, files []*os.File) ([]descriptor, error) {
	var opened []descriptor
	for _, f := range files {
		d, err := openDescriptor(s, f)
		if err != nil {
			closeOnce(opened...)
			closeOnce(files...)
			return nil, fmt.Errorf("%s: %w", s.Transport, err)
		}
		opened = append(opened, d)
	}
	return opened, nil
}

func openDescriptor(s Spec, f *os.File) (descriptor, error) {
	wait := s.Option("wait")
	if wait == "go" {
		defer f.Close()
		p, err := pollFile(f)
		if err != nil {
			return descriptor{}, err
		}
		parked, err := newParkedCall(p)
		return descriptor{polled: p, parked: parked, file: p}, err
	}
	d := descriptor{fd: f.Fd(), file: f}
	if err := unix.SetNonblock(int(d.fd), wait != "block"); err != nil {
		return descriptor{}, fmt.Errorf("set O_NONBLOCK of %s: %w", f.Name(), err)
	}
	var err error
	switch wait {
	case "poll":
		d.ready = &pollReadiness{fd: int32(d.fd)}
	case "epoll":
		var e *epollReadiness
		e, err = newEpollReadiness(f)
		d.ready, d.file = e, e
	}
	return d, err
}

// pollFile makes another file of f, which the runtime polls: os decides that
// when a file is made, and descriptors are inherited blocking. A socket is no
// net.Conn here, which would read and write it in the same way, but set
// TCP_NODELAY and keepalive as it is made.
func pollFile(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicate %s: %w", f.Name(), err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("set O_NONBLOCK of %s: %w", f.Name(), err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// read stores what one system call finds in p and returns how much that was; 0
// is the end of the stream, or an empty datagram.
func (d *descriptor) read(p []byte) (int, error) {
	if d.polled != nil {
		return d.readPolled(p)
	}
	return d.receive(unix.SYS_READ, unsafe.Pointer(unsafe.SliceData(p)), uintptr(len(p)), 0, 0, 0)
}

func (d *descriptor) readPolled(p []byte) (int, error) {
	n, err := d.polled.Read(p)
	if errors.Is(err, unix.ECONNRESET) { // see isTemporary
		n, err = d.polled.Read(p)
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// write hands over at least a part of p, by one system call.
func (d *descriptor) write(p []byte) (int, error) {
	if d.polled != nil {
		return d.polled.Write(p)
	}
	return d.send(unix.SYS_WRITE, unsafe.Pointer(unsafe.SliceData(p)), uintptr(len(p)), 0, 0, 0)
}

// receive makes a system call that takes something out of the descriptor, which
// is its first argument and p its second. It waits as the spec says until there
// is something. The error is nil or an Errno.
func (d *descriptor) receive(trap uintptr, p unsafe.Pointer, b, c, e, f uintptr) (int, error) {
	if d.polled != nil {
		return d.parked.call(d.parked.conn.Read, trap, p, b, c, e, f)
	}
	for {
		if d.ready != nil {
			d.ready.await(readable)
		}
		done := int(rawSyscall(trap, d.fd, uintptr(p), b, c, e, f))
		if done >= 0 {
			return done, nil
		}
		if errno := unix.Errno(-done); !isTemporary(errno) {
			return 0, errno
		}
	}
}

// send is receive for a system call that puts something in. Since there mostly
// is room, it asks only where there was none.
func (d *descriptor) send(trap uintptr, p unsafe.Pointer, b, c, e, f uintptr) (int, error) {
	if d.polled != nil {
		return d.parked.call(d.parked.conn.Write, trap, p, b, c, e, f)
	}
	for {
		done := int(rawSyscall(trap, d.fd, uintptr(p), b, c, e, f))
		if done >= 0 {
			return done, nil
		}
		errno := unix.Errno(-done)
		if !isTemporary(errno) {
			return 0, errno
		}
		if errno == unix.EAGAIN && d.ready != nil {
			d.ready.await(writable)
		}
	}
}

// A parkedCall is a system call on a descriptor that the Go runtime polls, for
// which the goroutine parks until it is done.
type parkedCall struct {
	conn       syscall.RawConn
	try        func(fd uintptr) bool // made once: it would be an allocation a call
	trap       uintptr
	p          unsafe.Pointer // a pointer, because a parked goroutine's stack may move
	b, c, e, f uintptr
	done       int
}

func newParkedCall(p pollable) (*parkedCall, error) {
	conn, err := p.SyscallConn()
	if err != nil {
		return nil, err
	}
	k := &parkedCall{conn: conn}
	k.try = func(fd uintptr) bool {
		for {
			k.done = int(rawSyscall(k.trap, fd, uintptr(k.p), k.b, k.c, k.e, k.f))
			errno := unix.Errno(-k.done)
			if k.done >= 0 || errno == unix.EAGAIN || !isTemporary(errno) {
				return errno != unix.EAGAIN
			}
		}
	}
	return k, nil
}

func (k *parkedCall) call(wait func(func(uintptr) bool) error, trap uintptr, p unsafe.Pointer, b, c, e, f uintptr) (int, error) {
	k.trap, k.p, k.b, k.c, k.e, k.f = trap, p, b, c, e, f
	err := wait(k.try)
	k.p = nil
	if err != nil {
		return 0, err
	}
	if k.done < 0 {
		return 0, unix.Errno(-k.done)
	}
	return k.done, nil
}

func (d *descriptor) rawConn() (syscall.RawConn, error) {
	return d.file.(syscall.Conn).SyscallConn()
}

func (d descriptor) Close() error { return d.file.Close() }
