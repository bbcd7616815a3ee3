package messaging

import (
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
)

// inherit returns the socket of one end as the connection that net.Dial would have given the
// library.
func inherit(h transports.Handover) (net.Conn, error) {
	defer h.Files[0].Close() // net has one of its own
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
