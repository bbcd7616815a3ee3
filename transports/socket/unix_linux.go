package socket

import (
	"errors"
	"fmt"
	"io"
	"math"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/buffer"
	"ipcbench/transports/internal/connection"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/stream"
)

func init() { transports.Register(unixSocket{}) }

// unixSocket is a pair of connected Unix domain sockets. See unix(7).
type unixSocket struct{}

var socketTypes = map[string]int{
	"stream":    unix.SOCK_STREAM,
	"seqpacket": unix.SOCK_SEQPACKET,
	"dgram":     unix.SOCK_DGRAM,
}

var unixInfo = transports.Info{
	Name:    "unix",
	Also:    []string{"uds", "unix-socket", "unix-domain-socket", "af_unix", "socketpair", "socket", "local-socket"},
	Doc:     "a pair of connected Unix domain sockets (socketpair)",
	Kind:    transports.Stream,
	Group:   group,
	Caps:    transports.SeesPeerDeath,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{
		{Name: "type", Doc: "what the socket keeps of a message", Values: []transports.Value{
			{Name: "stream", Doc: "its bytes alone: messages of different lengths are framed", With: transports.ManyLinks},
			{Name: "seqpacket", Doc: "its boundaries, on a connection", With: transports.ManyEnds},
			{Name: "dgram", Doc: "its boundaries, without a connection: the death of a peer is not seen", Without: transports.SeesPeerDeath, With: transports.ManyEnds},
		}},
		buffer.SocketOption(),
		descriptor.WaitOption(),
	},
}

func (unixSocket) Info() transports.Info { return unixInfo }

// Limit is that of a datagram, where messages are datagrams.
func (unixSocket) Limit(s transports.Spec) int {
	if s.Option("type") == "stream" {
		return 0
	}
	return maxDatagram()
}

// datagramOverhead is what the kernel takes off SO_SNDBUF before it compares
// the length of a datagram with it (unix_dgram_sendmsg in net/unix/af_unix.c).
const datagramOverhead = 32

// maxDatagram returns the largest message in bytes that a new Unix socket
// sends whole, which follows net.core.wmem_default.
func maxDatagram() int {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0 // Create will say why
	}
	defer unix.Close(fd)
	buffer, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err != nil {
		return 0
	}
	return buffer - datagramOverhead
}

func (unixSocket) Probe(s transports.Spec) error {
	err := transports.ProbeSize(s)
	if s.Option("type") == "stream" {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: raise net.core.wmem_default, or take type=stream", err)
	}
	buffer, given := buffer.Sizes[s.Option("buffer")]
	if limit := 2*buffer - datagramOverhead; given && s.Size > limit {
		return transports.Unsupported(fmt.Sprintf("%s takes messages of at most %d bytes, not %d: take a larger buffer, or type=stream", s, limit, s.Size))
	}
	return nil
}

func (u unixSocket) Create(s transports.Spec) (transports.Link, error) {
	if err := u.Probe(s); err != nil {
		return nil, err
	}
	if s.Option("type") != "stream" && s.Capacity > 0 {
		s.Capacity = max(s.Capacity, s.Size) // a datagram has to fit in at once
	}
	return connection.Unix(s, socketTypes[s.Option("type")])
}

func (unixSocket) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	if s.Option("type") == "stream" {
		return stream.Open(s, h.Files)
	}
	ends, err := descriptor.Open(s, h.Files)
	if err != nil {
		return nil, err
	}
	e := &datagrams{what: s.Transport, d: ends[0], size: s.Size, datagram: s.Option("type") == "dgram", open: s.Ends(side.Peer())}
	// Of several consumers none does: to send to a producer that has closed throws
	// away what the socket holds for the others (unix_dgram_disconnected in
	// net/unix/af_unix.c).
	e.marksEnd = e.datagram && !(side == transports.Consumer && s.Ends(side) > 1)
	return e, nil
}

// datagrams is an end of a socket that keeps the boundaries of messages.
type datagrams struct {
	what     string // the transport, for errors
	d        descriptor.Descriptor
	size     int
	datagram bool // the socket has no end of its own, and an empty datagram stands for it
	marksEnd bool // Close sends that
	open     int  // peers whose end was not seen: those of a connection end as one
	closed   bool
}

func (e *datagrams) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	if _, err := e.d.Write(msg); err != nil {
		return kernel.SendFailed(e.what, len(msg), err)
	}
	return nil
}

func (e *datagrams) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	for e.open > 0 {
		n, err := e.d.Read(buf[:e.size])
		if err != nil {
			return 0, fmt.Errorf("%s: receive: %w", e.what, err)
		}
		if n > 0 {
			return n, nil
		}
		if e.open--; !e.datagram {
			e.open = 0
		}
	}
	return 0, io.EOF
}

func (e *datagrams) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	var err error
	if e.marksEnd {
		err = e.sendEnd()
	}
	return errors.Join(err, e.d.Close())
}

// sendEnd sends the empty datagram that stands for the end.
//
// A peer that does not read has let the send buffer fill up, and the end mark
// would wait for it, for ever if it is closing as well. So the buffer first
// grows as far as the kernel lets it. A peer that is gone needs no mark.
func (e *datagrams) sendEnd() error {
	conn, err := e.d.RawConn()
	if err != nil {
		return fmt.Errorf("%s: send the end mark: %w", e.what, err)
	}
	conn.Control(func(fd uintptr) {
		// SO_SNDBUF could make it smaller, if it is larger than
		// net.core.wmem_max by the same privilege.
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, math.MaxInt32/2) != nil {
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF, math.MaxInt32/2)
		}
	})
	_, err = e.d.Write(nil)
	if err != nil && !kernel.PeerGone(err) {
		return fmt.Errorf("%s: send the end mark: %w", e.what, err)
	}
	return nil
}
