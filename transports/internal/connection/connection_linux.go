package connection

import (
	"fmt"
	"os"
	"reflect"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/buffer"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
)

// Pair returns two sockets connected to each other over a listener at
// address, whose port the kernel chooses.
func Pair(domain int, address unix.Sockaddr) (pair [2]int, err error) {
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

// Refused is the error of Pair: a limit was met, or the host has
// no such connections, and advice says what it needs.
func Refused(what string, err error, advice string) error {
	if limit := remedy.Limit(err, ""); limit != "" {
		return fmt.Errorf("%s: connect two sockets over loopback: %w: %s", what, err, limit)
	}
	return transports.Unsupported(fmt.Sprintf("%s: two sockets cannot be connected over loopback: %v: %s", what, err, advice))
}

func Close(pair [2]int) {
	unix.Close(pair[0])
	unix.Close(pair[1])
}

var Loopback = [4]byte{127, 0, 0, 1}

// TCP returns two sockets connected over loopback.
func TCP(s transports.Spec) ([2]int, error) {
	pair, err := Pair(unix.AF_INET, &unix.SockaddrInet4{Addr: Loopback})
	if err == unix.ENETUNREACH || err == unix.EADDRNOTAVAIL {
		return pair, Refused(s.Transport, err, "ip link set lo up")
	} else if err != nil {
		return pair, Refused(s.Transport, err, "take unix")
	}
	return pair, nil
}

// Link is a link of two connected sockets, which hold as much as the spec
// says. If it fails, they are closed.
func Link(s transports.Spec, fds [2]int, name string) (transports.Link, error) {
	link := &links.PerSide{}
	for side, fd := range fds {
		link[side] = []*os.File{os.NewFile(uintptr(fd), name)}
	}
	size := buffer.Size(s, "buffer")
	if size == 0 {
		return link, nil
	}
	for _, fd := range fds {
		if err := buffer.SetSend(s.Transport, fd, size); err != nil {
			link.Close()
			return nil, err
		}
	}
	return link, nil
}

// Unix is a link of two connected Unix sockets of a kind (SOCK_STREAM).
func Unix(s transports.Spec, kind int) (transports.Link, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: create a pair of sockets: %w: %s", s.Transport, err, remedy.Kernel(err))
	}
	return Link(s, fds, "a Unix socket")
}
