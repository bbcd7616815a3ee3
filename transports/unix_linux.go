package transports

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

func init() { Register(unixSocket{}) }

// unixSocket is a pair of connected Unix domain sockets. See unix(7).
type unixSocket struct{}

var socketTypes = map[string]int{
	"stream":    unix.SOCK_STREAM,
	"seqpacket": unix.SOCK_SEQPACKET,
	"dgram":     unix.SOCK_DGRAM,
}

func (unixSocket) Info() Info {
	limit := maxDatagram()
	return Info{
		Name:    "unix",
		Doc:     "a pair of connected Unix domain sockets (socketpair)",
		Kind:    Stream,
		Caps:    SeesPeerDeath,
		MaxSize: largestMessage,
		Options: []Option{
			{Name: "type", Doc: "what the socket keeps of a message", Values: []Value{
				{Name: "stream", Doc: "its bytes alone: messages of different lengths are framed"},
				{Name: "seqpacket", Doc: "its boundaries, on a connection", MaxSize: limit},
				{Name: "dgram", Doc: "its boundaries, without a connection: the death of a peer is not seen", MaxSize: limit, Without: SeesPeerDeath},
			}},
			socketBuffer(),
			descriptorWait(),
		},
	}
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

func (unixSocket) Probe(s Spec) error {
	err := probeSize(s)
	if s.Option("type") == "stream" {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: raise net.core.wmem_default, or take type=stream", err)
	}
	buffer, given := bufferSizes[s.Option("buffer")]
	if limit := 2*buffer - datagramOverhead; given && s.Size > limit {
		return Unsupported(fmt.Sprintf("%s takes messages of at most %d bytes, not %d: take a larger buffer, or type=stream", s, limit, s.Size))
	}
	return nil
}

func (u unixSocket) Create(s Spec) (Link, error) {
	if err := u.Probe(s); err != nil {
		return nil, err
	}
	if s.Option("type") != "stream" && s.Capacity > 0 {
		s.Capacity = max(s.Capacity, s.Size) // a datagram has to fit in at once
	}
	return unixPair(s, socketTypes[s.Option("type")])
}

func (unixSocket) Open(s Spec, _ Side, files []*os.File) (Endpoint, error) {
	if s.Option("type") == "stream" {
		return openStream(s, files)
	}
	ends, err := openDescriptors(s, files)
	if err != nil {
		return nil, err
	}
	return &datagrams{what: s.Transport, d: ends[0], size: s.Size, marksEnd: s.Option("type") == "dgram"}, nil
}

// datagrams is an end of a socket that keeps the boundaries of messages.
type datagrams struct {
	what     string // the transport, for errors
	d        descriptor
	size     int
	marksEnd bool // Close sends an empty datagram, because the socket has no end of its own
	ended    bool // the peer's end was seen
	closed   bool
}

func (e *datagrams) Send(msg []byte) error {
	if err := checkSend(len(msg), e.size); err != nil {
		return err
	}
	if _, err := e.d.write(msg); err != nil {
		return sendFailed(e.what, len(msg), err)
	}
	return nil
}

func (e *datagrams) Recv(buf []byte) (int, error) {
	if err := checkRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	if e.ended {
		return 0, io.EOF
	}
	n, err := e.d.read(buf[:e.size])
	if err != nil {
		return 0, fmt.Errorf("%s: receive: %w", e.what, err)
	}
	if n == 0 {
		e.ended = true
		return 0, io.EOF
	}
	return n, nil
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
	conn, err := e.d.rawConn()
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
	_, err = e.d.write(nil)
	if err != nil && !peerGone(err) {
		return fmt.Errorf("%s: send the end mark: %w", e.what, err)
	}
	return nil
}
