// Package sockets makes the two connected stream sockets that a link of a library hands to
// its ends. Libraries want to listen and to dial, which needs a name or a port that others
// see. Here neither is ever there for an end: the driver connects the two, and each end
// inherits its own, so that what the library does with a connection is all that is measured.
package sockets

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
)

// Over is the option that says which sockets a library's protocol runs over.
var Over = transports.Option{
	Name: "over", Doc: "the sockets below the protocol",
	Values: []transports.Value{
		{Name: ipc, Doc: "a pair of Unix stream sockets"},
		{Name: "tcp", Doc: "TCP over the loopback"},
	},
}

const ipc = "ipc"

// A Link is two connected sockets, one for each side.
type Link [2]*os.File

// Pair connects two sockets of the kind that the option Over has in s, or Unix sockets
// where the transport has no such option.
func Pair(s transports.Spec) (*Link, error) {
	if over := s.Option(Over.Name); over == "" || over == ipc {
		return local()
	}
	return loopback(s)
}

// For returns the socket of one side.
func (l *Link) For(side transports.Side) transports.Handover {
	return transports.Handover{Files: []*os.File{l[side]}}
}

func (l *Link) Close() error {
	var errs []error
	for _, f := range l {
		if err := f.Close(); !errors.Is(err, os.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func local() (*Link, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make a pair of Unix sockets (socketpair): %w", err)
	}
	return &Link{os.NewFile(uintptr(fds[0]), "unix socket"), os.NewFile(uintptr(fds[1]), "unix socket")}, nil
}

// patience is how long the loopback may take to connect two sockets.
const patience = 3 * time.Second

// loopback connects two TCP sockets. The port is there until they are: who else connects to
// it meanwhile comes from another address than our own socket, and is hung up on.
func loopback(s transports.Spec) (_ *Link, err error) {
	failed := func(err error) error { return fmt.Errorf("connect two sockets over the loopback: %w", err) }
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, failed(err)
	}
	defer listener.Close()
	listener.SetDeadline(time.Now().Add(patience))
	s.Begin(transports.Connecting)
	dialed, err := net.DialTimeout("tcp4", listener.Addr().String(), patience)
	if err != nil {
		return nil, failed(err)
	}
	defer dialed.Close()
	for {
		accepted, err := listener.AcceptTCP()
		if err != nil {
			return nil, failed(err)
		}
		if accepted.RemoteAddr().String() != dialed.LocalAddr().String() {
			accepted.Close()
			continue
		}
		defer accepted.Close()
		return filesOf(dialed.(*net.TCPConn), accepted)
	}
}

// filesOf returns descriptors of the two that outlive them.
func filesOf(producer, consumer *net.TCPConn) (*Link, error) {
	var l Link
	for side, conn := range []*net.TCPConn{producer, consumer} {
		f, err := conn.File()
		if err != nil {
			if side > 0 {
				l[0].Close()
			}
			return nil, fmt.Errorf("duplicate a TCP socket: %w", err)
		}
		l[side] = f
	}
	return &l, nil
}

// Conn returns the socket that an end inherited as the connection that net.Dial would have
// given the library.
func Conn(h transports.Handover) (net.Conn, error) {
	defer h.Files[0].Close()
	conn, err := net.FileConn(h.Files[0])
	if err != nil {
		return nil, fmt.Errorf("take over a socket: %w", err)
	}
	switch conn := conn.(type) {
	case *net.UnixConn:
		return resumed{conn}, nil
	case *net.TCPConn:
		return emptied{conn}, nil
	}
	return conn, nil
}

// resumed reads on after a socket has said, once, that its peer closed with something left
// to read: what that peer sent is still to come. It embeds the connection itself, so that
// net.Buffers go out by one system call.
type resumed struct{ *net.UnixConn }

func (r resumed) Read(p []byte) (int, error) {
	n, err := r.UnixConn.Read(p)
	if errors.Is(err, unix.ECONNRESET) {
		return r.UnixConn.Read(p)
	}
	return n, err
}

// emptied reads what is left before it closes: otherwise TCP would tell the peer that its
// messages were lost, and throw away what that one has yet to receive.
type emptied struct{ *net.TCPConn }

func (e emptied) Close() error {
	if raw, err := e.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { // not raw.Read, which would wait for the library's own
			var left [64 << 10]byte
			for n := 1; n > 0; {
				n, _, _ = unix.Recvfrom(int(fd), left[:], unix.MSG_DONTWAIT)
			}
		})
	}
	return e.TCPConn.Close()
}
