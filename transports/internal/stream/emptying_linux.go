package stream

import (
	"math"
	"os"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/kernel"
)

// OpenConnection is Open for connections that lose what the peer has not
// received yet if they are closed with something left to read (RFC 1122,
// 4.2.2.13: a reset instead of an end). Close throws that away first.
func OpenConnection(s transports.Spec, files []*os.File) (transports.Endpoint, error) {
	e, err := Open(s, files)
	switch e := e.(type) {
	case *Uniform:
		e.empties = true
	case *Framed:
		e.empties = true
	}
	return e, err
}

// empty throws away what has arrived at the socket d. See MSG_TRUNC in tcp(7).
func empty(d descriptor.Descriptor) {
	conn, err := d.RawConn()
	if err != nil {
		return // it is closed
	}
	conn.Control(func(fd uintptr) {
		for n := 1; n > 0; {
			n = int(kernel.Syscall(unix.SYS_RECVFROM, fd, 0, math.MaxInt32, unix.MSG_DONTWAIT|unix.MSG_TRUNC, 0, 0))
		}
	})
}
