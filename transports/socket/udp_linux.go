package socket

import (
	"fmt"
	"math/bits"
	"os"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/connection"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
)

func init() { transports.Register(udp{}) }

// udp is a pair of connected UDP sockets on the IPv4 loopback. See udp(7).
//
// UDP drops what the receiver has no room for. So that the path is measured and
// not the drops, a sender has no more messages under way than the receiver's
// buffer certainly holds (its window): the receiver says in each datagram how
// many messages it has taken, and in one of its own where it has sent none for
// half a window. A datagram that is lost all the same is seen by its number,
// and ends the link with an error that counts the loss. Nothing is sent twice.
//
// Each datagram starts with a header of kernel.HeaderBytes:
//
//	bytes 0-3    its number: how many messages its sender sent before it
//	bytes 4-7    how many messages its sender has taken, modulo 2^32 as well
//	bytes 8-11   its kind
//
// in the machine's byte order.
type udp struct{}

const (
	datagramNumber = 0
	datagramTaken  = 4
	datagramKind   = 8
)

// The kinds of datagram.
const (
	datagramMessage = 1 + iota
	datagramReceipt
	datagramEnd
)

// largestUDP is the largest payload of a UDP datagram over IPv4: 65535 bytes
// without the headers of IP and UDP.
const largestUDP = 65535 - 20 - 8

var udpInfo = transports.Info{
	Name:    "udp",
	Also:    []string{"udp-socket", "datagram"},
	Doc:     "a pair of connected UDP sockets over the loopback, with a window against drops (socket)",
	Kind:    transports.Datagram,
	Group:   group,
	MaxSize: largestUDP - kernel.HeaderBytes,
	Options: []transports.Option{descriptor.WaitOption()},
}

func (udp) Info() transports.Info { return udpInfo }

// Probe makes all that Create does.
func (t udp) Probe(s transports.Spec) error {
	link, err := t.Create(s)
	if err != nil {
		return err
	}
	return link.Close()
}

func (udp) Create(s transports.Spec) (transports.Link, error) {
	if err := transports.ProbeSize(s); err != nil {
		return nil, fmt.Errorf("%w: a UDP datagram has at most %d, of which %d are the header", err, largestUDP, kernel.HeaderBytes)
	}
	link, err := connection.Datagrams("a UDP socket")
	if err != nil {
		return nil, udpRefused(err)
	}
	for _, end := range link {
		if s.Size == 0 {
			break // a probe that does not say
		}
		if err := setWindow(int(end[0].Fd()), s); err != nil {
			link.Close()
			return nil, err
		}
	}
	return link, nil
}

// udpRefused is why there are no two sockets. One error says that the loopback is
// not up, as in a machine that has just booted into an initramfs.
func udpRefused(err error) error {
	if err == unix.EADDRNOTAVAIL || err == unix.ENETUNREACH || err == unix.ENETDOWN {
		return connection.Refused("udp", err, remedy.OnMachine("ip link set lo up"))
	}
	return connection.Refused("udp", err, "use a kernel with CONFIG_INET")
}

// How many messages may be under way. The least lets the answer of a round trip
// carry the receipt. The most is far below the 1000 packets that the loopback
// queues (net.core.netdev_max_backlog).
const (
	leastWindow = 4
	mostWindow  = 256
)

// charge is how many bytes of a receive buffer a datagram of n bytes takes, at
// most: the kernel counts the memory it lies in, which up to four pages is one
// piece of a power of two (SKB_MAX_ALLOC), and its own records.
func charge(n int) int {
	if n > 4*os.Getpagesize()-384 {
		return n + 2048
	}
	piece := 512
	for piece < n+448 {
		piece *= 2
	}
	return piece + 512
}

// windowReserve is the part of a receive buffer that is left for what is not in
// the window: an end mark and, in a sender that does not read, two receipts.
var windowReserve = 4 * charge(kernel.HeaderBytes)

// The kernel may give a quarter of a receive buffer back late
// (udp_rmem_release), so a window is what three quarters hold.
func windowOf(buffer, size int) int {
	return min((buffer/4*3-windowReserve)/charge(kernel.HeaderBytes+size), mostWindow)
}

func bufferFor(window, size int) int {
	return (window*charge(kernel.HeaderBytes+size)+windowReserve+3)/3*4 + 4
}

// setWindow gives a socket a receive buffer for as many messages as the
// capacity asks for, or the kernel's default one, if that holds enough.
func setWindow(fd int, s transports.Spec) error {
	usual, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return fmt.Errorf("udp: ask for SO_RCVBUF: %w", err)
	}
	if s.Capacity == 0 && windowOf(usual, s.Size) >= leastWindow {
		return nil
	}
	want := bufferFor(max(leastWindow, min(s.Capacity/s.Size, mostWindow)), s.Size)
	// The kernel doubles what it is told to have room for its own records, which
	// are counted already, and cuts it silently (socket(7)).
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, want/2); err != nil {
		return fmt.Errorf("udp: set SO_RCVBUF to %d bytes: %w", want/2, err)
	}
	got, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return fmt.Errorf("udp: ask for SO_RCVBUF: %w", err)
	}
	if got < want/2*2 {
		return transports.Unsupported(fmt.Sprintf("udp needs a receive buffer (SO_RCVBUF) of %d bytes and the kernel allows %d: raise net.core.rmem_max", want/2, got/2))
	}
	return nil
}

func (udp) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	buffer, err := unix.GetsockoptInt(int(h.Files[0].Fd()), unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		links.Close(h.Files...)
		return nil, fmt.Errorf("udp: ask for SO_RCVBUF: %w", err)
	}
	ends, err := descriptor.Open(s, h.Files)
	if err != nil {
		return nil, err
	}
	window := windowOf(buffer, s.Size)
	slots := 1 << bits.Len(uint(window))
	return &udpEndpoint{
		d:        ends[0],
		size:     s.Size,
		window:   uint32(window),
		out:      make([]byte, kernel.HeaderBytes+min(s.Size, kernel.CopyLimit)),
		in:       make([]byte, kernel.HeaderBytes+min(s.Size, kernel.CopyLimit)),
		messages: make([]byte, slots*s.Size),
		lengths:  make([]int, slots),
	}, nil
}
