package descriptor

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
)

// WaitOption is the option wait of every transport that reads and writes
// descriptors the kernel can wait for.
func WaitOption() transports.Option {
	return transports.Option{Name: "wait", Doc: "what an end does while there is nothing to read or no room to write", Values: []transports.Value{
		{Name: "block", Doc: "sleep in a blocking read or write", Waits: transports.Sleeps},
		{Name: "poll", Doc: "sleep in poll(2) before each read, and where there is no room to write", Waits: transports.PollsFirst},
		{Name: "epoll", Doc: "sleep in epoll_wait(2), level-triggered, before each read, and where there is no room to write", Waits: transports.EpollsFirst},
		{Name: "spin", Doc: "repeat a non-blocking read or write (O_NONBLOCK)", Waits: transports.Spins},
		{Name: "go", Doc: "park the goroutine in the Go runtime's poller, as os.File and net.Conn do", Waits: transports.Parks, With: transports.OwnThreads},
	}}
}

// A Descriptor is one open end of a pipe, a socket or a queue, used by raw
// system calls, or, where Polled is set, through the Go runtime's poller.
type Descriptor struct {
	FD     uintptr
	Ready  readiness // asked before a read, where the spec waits by poll or epoll
	Polled pollable
	parked *parkedCall // of Polled
	File   io.Closer   // owns FD
}

// A pollable is an *os.File that the runtime polls, or what waits as one.
type pollable interface {
	io.ReadWriteCloser
	syscall.Conn
}

// Open takes over files, which will wait as the spec says. If it fails, all
// files are closed.
func Open(s transports.Spec, files []*os.File) ([]Descriptor, error) {
	var opened []Descriptor
	for _, f := range files {
		d, err := openDescriptor(s, f)
		if err != nil {
			links.Close(opened...)
			links.Close(files...)
			return nil, fmt.Errorf("%s: %w", s.Transport, err)
		}
		opened = append(opened, d)
	}
	return opened, nil
}

func openDescriptor(s transports.Spec, f *os.File) (Descriptor, error) {
	wait := s.Option("wait")
	if wait == "go" {
		defer f.Close()
		p, err := pollFile(f)
		if err != nil {
			return Descriptor{}, err
		}
		parked, err := newParkedCall(p)
		return Descriptor{Polled: p, parked: parked, File: p}, err
	}
	d := Descriptor{FD: f.Fd(), File: f}
	if err := unix.SetNonblock(int(d.FD), wait != "block"); err != nil {
		return Descriptor{}, fmt.Errorf("set O_NONBLOCK of %s: %w", f.Name(), err)
	}
	var err error
	switch wait {
	case "poll":
		d.Ready = &pollReadiness{fd: int32(d.FD)}
	case "epoll":
		var e *epollReadiness
		e, err = newEpollReadiness(f)
		d.Ready, d.File = e, e
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

// Read stores what one system call finds in p and returns how much that was; 0
// is the end of the stream, or an empty datagram.
func (d *Descriptor) Read(p []byte) (int, error) {
	if d.Polled != nil {
		return d.readPolled(p)
	}
	return d.Receive(unix.SYS_READ, unsafe.Pointer(unsafe.SliceData(p)), uintptr(len(p)), 0, 0, 0)
}

func (d *Descriptor) readPolled(p []byte) (int, error) {
	n, err := d.Polled.Read(p)
	if errors.Is(err, unix.ECONNRESET) { // see kernel.IsTemporary
		n, err = d.Polled.Read(p)
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// Write hands over at least a part of p, by one system call.
func (d *Descriptor) Write(p []byte) (int, error) {
	if d.Polled != nil {
		return d.Polled.Write(p)
	}
	return d.Send(unix.SYS_WRITE, unsafe.Pointer(unsafe.SliceData(p)), uintptr(len(p)), 0, 0, 0)
}

// Receive makes a system call that takes something out of the descriptor, which
// is its first argument and p its second. It waits as the spec says until there
// is something. The error is nil or an Errno.
func (d *Descriptor) Receive(trap uintptr, p unsafe.Pointer, b, c, e, f uintptr) (int, error) {
	if d.Polled != nil {
		return d.parked.call(d.parked.conn.Read, trap, p, b, c, e, f)
	}
	for {
		if d.Ready != nil {
			d.Ready.await(readable)
		}
		done := int(kernel.Syscall(trap, d.FD, uintptr(p), b, c, e, f))
		if done >= 0 {
			return done, nil
		}
		if errno := unix.Errno(-done); !kernel.IsTemporary(errno) {
			return 0, errno
		}
	}
}

// Send is receive for a system call that puts something in. Since there mostly
// is room, it asks only where there was none.
func (d *Descriptor) Send(trap uintptr, p unsafe.Pointer, b, c, e, f uintptr) (int, error) {
	if d.Polled != nil {
		return d.parked.call(d.parked.conn.Write, trap, p, b, c, e, f)
	}
	for {
		done := int(kernel.Syscall(trap, d.FD, uintptr(p), b, c, e, f))
		if done >= 0 {
			return done, nil
		}
		errno := unix.Errno(-done)
		if !kernel.IsTemporary(errno) {
			return 0, errno
		}
		if errno == unix.EAGAIN && d.Ready != nil {
			d.Ready.await(writable)
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
			k.done = int(kernel.Syscall(k.trap, fd, uintptr(k.p), k.b, k.c, k.e, k.f))
			errno := unix.Errno(-k.done)
			if k.done >= 0 || errno == unix.EAGAIN || !kernel.IsTemporary(errno) {
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

func (d *Descriptor) RawConn() (syscall.RawConn, error) {
	return d.File.(syscall.Conn).SyscallConn()
}

func (d Descriptor) Close() error { return d.File.Close() }
