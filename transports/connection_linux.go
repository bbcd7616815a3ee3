package transports

import (
	"fmt"
	"math"
	"os"
	"reflect"

	"golang.org/x/sys/unix"
)

// connectedPair returns two sockets connected to each other over a listener at
// address, whose port the kernel chooses.
func connectedPair(domain int, address unix.Sockaddr) (pair [2]int, err error) {
	const kind = unix.SOCK_STREAM | unix.SOCK_CLOEXEC
	listener, err := unix.Socket(domain, kind, 0)
	if err != nil {
		return pair, err
	}
	defer unix.Close(listener)
	if err := unix.Bind(listener, address); err != nil {
		return pair, err
	}
	if err := unix.Listen(listener, 1); err != nil {
		return pair, err
	}
	if address, err = unix.Getsockname(listener); err != nil {
		return pair, err
	}
	if pair[0], err = unix.Socket(domain, kind, 0); err != nil {
		return pair, err
	}
	err = unix.Connect(pair[0], address)
	for err == unix.EINTR {
		err = unix.Connect(pair[0], address)
	}
	if err == nil {
		pair[1], err = acceptFrom(listener, pair[0])
	}
	if err != nil {
		unix.Close(pair[0])
	}
	return pair, err
}

// acceptFrom accepts the connection of socket and no stranger's.
func acceptFrom(listener, socket int) (int, error) {
	caller, err := unix.Getsockname(socket)
	if err != nil {
		return 0, err
	}
	for {
		fd, from, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		if err == unix.EINTR {
			continue
		}
		if err != nil || reflect.DeepEqual(endpointOf(from), endpointOf(caller)) {
			return fd, err
		}
		unix.Close(fd)
	}
}

// endpointOf returns what identifies one end of a connection. That of a vsock
// socket is its port, since one that was bound by connect(2) says that its CID
// is VMADDR_CID_ANY.
func endpointOf(a unix.Sockaddr) any {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return [2]any{a.Addr, a.Port}
	case *unix.SockaddrVM:
		return a.Port
	}
	return nil
}

// notConnected is the error of connectedPair: a limit was met, or the host has
// no such connections, and remedy says what it needs.
func notConnected(what string, err error, remedy string) error {
	if limit := limitRemedy(err, ""); limit != "" {
		return fmt.Errorf("%s: connect two sockets over loopback: %w: %s", what, err, limit)
	}
	return unsupported{fmt.Sprintf("%s: two sockets cannot be connected over loopback: %v: %s", what, err, remedy)}
}

func closeSockets(pair [2]int) {
	unix.Close(pair[0])
	unix.Close(pair[1])
}

// openConnection is openStream for connections that lose what the peer has not
// received yet if they are closed with something left to read (RFC 1122,
// 4.2.2.13: a reset instead of an end). Close throws that away first.
func openConnection(s Spec, files []*os.File) (Endpoint, error) {
	e, err := openStream(s, files)
	switch e := e.(type) {
	case *uniformStream:
		e.empties = true
	case *framedStream:
		e.empties = true
	}
	return e, err
}

// empty throws away what has arrived at the socket d. See MSG_TRUNC in tcp(7).
func empty(d descriptor) {
	conn, err := d.rawConn()
	if err != nil {
		return // it is closed
	}
	conn.Control(func(fd uintptr) {
		for n := 1; n > 0; {
			n = int(rawSyscall(unix.SYS_RECVFROM, fd, 0, math.MaxInt32, unix.MSG_DONTWAIT|unix.MSG_TRUNC, 0, 0))
		}
	})
}
