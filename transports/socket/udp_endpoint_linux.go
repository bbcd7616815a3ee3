package socket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/kernel"
)

// A udpEndpoint is one end of a pair of UDP sockets. Its counts are of messages,
// modulo 2^32.
type udpEndpoint struct {
	d      descriptor.Descriptor
	size   int
	window uint32
	sent   uint32
	taken  uint32 // of those sent, the peer has said that it took so many
	came   uint32 // arrived at this end
	took   uint32 // of those that came, Recv has returned so many
	told   uint32 // of those, the peer has been told of so many

	in, out []byte // a datagram: its header and, up to kernel.CopyLimit, its message
	iov     [2]unix.Iovec
	header  unix.Msghdr

	// Messages that came while Send waited, in slots used in turn: a power of two
	// of them, more than the window, beyond which nothing comes but a receipt.
	messages []byte
	lengths  []int

	gone   bool // the peer's socket is closed: what has not come will not
	ended  bool // the peer's end mark has come
	closed bool
}

func (e *udpEndpoint) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	for e.sent-e.taken >= e.window && !e.ended {
		if err := e.keepNext(); err != nil {
			return kernel.SendFailed("udp", len(msg), err)
		}
	}
	if e.ended {
		return kernel.SendFailed("udp", len(msg), unix.EPIPE)
	}
	e.label(datagramMessage)
	var err error
	if e.size <= kernel.CopyLimit {
		end := kernel.HeaderBytes + copy(e.out[kernel.HeaderBytes:], msg)
		_, err = e.d.Send(unix.SYS_SENDTO, unsafe.Pointer(unsafe.SliceData(e.out)), uintptr(end), 0, 0, 0)
	} else {
		_, err = e.d.Send(unix.SYS_SENDMSG, e.vector(e.out, msg), 0, 0, 0, 0)
	}
	if err != nil {
		e.gone = e.gone || kernel.PeerGone(err)
		return kernel.SendFailed("udp", len(msg), err)
	}
	e.sent++
	e.told = e.took
	return nil
}

// label fills in the header of the next datagram to be sent.
func (e *udpEndpoint) label(kind uint32) {
	binary.NativeEndian.PutUint32(e.out[datagramNumber:], e.sent)
	binary.NativeEndian.PutUint32(e.out[datagramTaken:], e.took)
	binary.NativeEndian.PutUint32(e.out[datagramKind:], kind)
}

// sendBare sends a datagram without a message. A peer that is gone needs none.
func (e *udpEndpoint) sendBare(kind uint32) error {
	e.label(kind)
	_, err := e.d.Send(unix.SYS_SENDTO, unsafe.Pointer(unsafe.SliceData(e.out)), kernel.HeaderBytes, 0, 0, 0)
	if err != nil && kernel.PeerGone(err) {
		e.gone, err = true, nil
	}
	return err
}

// vector returns what sendmsg and recvmsg want to know of a header and a message
// that lie apart.
func (e *udpEndpoint) vector(header, msg []byte) unsafe.Pointer {
	e.iov[0].Base, e.iov[0].Len = unsafe.SliceData(header), kernel.HeaderBytes
	e.iov[1].Base, e.iov[1].Len = unsafe.SliceData(msg), uint64(len(msg))
	e.header.Iov, e.header.Iovlen = &e.iov[0], uint64(len(e.iov))
	return unsafe.Pointer(&e.header)
}

func (e *udpEndpoint) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	if e.came != e.took {
		n := copy(buf, e.slot(e.took)[:*e.length(e.took)])
		return n, e.take()
	}
	for !e.ended {
		n, err := e.next(buf[:e.size])
		if err != nil {
			return 0, fmt.Errorf("udp: receive: %w", err)
		}
		if n > 0 {
			return n, e.take()
		}
	}
	return 0, io.EOF
}

// take counts a message that Recv returns, and tells the peer before the peer
// has to wait for that.
func (e *udpEndpoint) take() error {
	e.took++
	if e.took-e.told < e.window/2 || e.ended || e.gone {
		return nil
	}
	e.told = e.took
	if err := e.sendBare(datagramReceipt); err != nil {
		return fmt.Errorf("udp: send a receipt: %w", err)
	}
	return nil
}

// keepNext waits for the next datagram and keeps its message for Recv.
func (e *udpEndpoint) keepNext() error {
	at := e.came
	n, err := e.next(e.slot(at))
	*e.length(at) = n
	if e.came-e.took > e.window {
		return fmt.Errorf("the peer sent more than its window of %d messages", e.window)
	}
	return err
}

// slot is where a message is kept that came after i others.
func (e *udpEndpoint) slot(i uint32) []byte {
	return e.messages[(int(i)&(len(e.lengths)-1))*e.size:][:e.size]
}

func (e *udpEndpoint) length(i uint32) *int { return &e.lengths[int(i)&(len(e.lengths)-1)] }

// next waits for a datagram, stores its message in buf and returns the length
// of that, or 0 if it has none.
func (e *udpEndpoint) next(buf []byte) (int, error) {
	n, err := e.receive(buf)
	if err != nil {
		return 0, err
	}
	n -= kernel.HeaderBytes
	if n < 0 {
		return 0, fmt.Errorf("a datagram of %d bytes, which is less than a header: it is not the peer's", n+kernel.HeaderBytes)
	}
	number := binary.NativeEndian.Uint32(e.in[datagramNumber:])
	if number != e.came {
		return 0, e.lost(number)
	}
	if taken := binary.NativeEndian.Uint32(e.in[datagramTaken:]); int32(taken-e.taken) > 0 {
		e.taken = taken
	}
	switch binary.NativeEndian.Uint32(e.in[datagramKind:]) {
	case datagramMessage:
		e.came++
		if e.size <= kernel.CopyLimit {
			copy(buf, e.in[kernel.HeaderBytes:][:n])
		}
	case datagramEnd:
		e.ended = true
	}
	return n, nil
}

// receive waits for a datagram and stores its header in e.in, and its message
// there too or, where messages are long, in buf. It returns the length of both.
//
// ECONNREFUSED says once that something was sent to a peer whose socket had
// been closed. What the peer sent before is still to be read.
func (e *udpEndpoint) receive(buf []byte) (n int, err error) {
	call, flags := e.d.Receive, uintptr(0)
	if e.gone {
		call, flags = e.d.Attempt, unix.MSG_DONTWAIT
	}
	if e.size <= kernel.CopyLimit {
		n, err = call(unix.SYS_RECVFROM, unsafe.Pointer(unsafe.SliceData(e.in)), uintptr(len(e.in)), flags, 0, 0)
	} else {
		n, err = call(unix.SYS_RECVMSG, e.vector(e.in, buf), flags, 0, 0, 0)
	}
	if errors.Is(err, unix.ECONNREFUSED) {
		e.gone = true
		return e.receive(buf)
	}
	if e.gone && err != nil && descriptor.WouldWait(err) {
		return 0, errors.New("the peer died: its socket is closed and it sent no end mark")
	}
	return n, err
}

// lost is the error of a datagram whose number is not the next one. Because the
// window keeps the buffer from filling up, that is nothing to go on from.
func (e *udpEndpoint) lost(number uint32) error {
	if int32(number-e.came) < 0 {
		return fmt.Errorf("message %d came again or too late: the next is %d", number, e.came)
	}
	dropped := uint32(0)
	if conn, err := e.d.RawConn(); err == nil {
		conn.Control(func(fd uintptr) {
			info, _ := socketMemory(int(fd))
			dropped = info[len(info)-1]
		})
	}
	return fmt.Errorf("%d messages were lost before message %d (the socket itself dropped %d)", number-e.came, number, dropped)
}

// socketMemory returns SO_MEMINFO of a socket (linux/sock_diag.h): first the
// bytes in its receive buffer, last how many datagrams it has dropped.
func socketMemory(fd int) (info [9]uint32, err error) {
	length := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO, uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&length)), 0)
	if errno != 0 {
		return info, errno
	}
	return info, nil
}

func (e *udpEndpoint) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	err := e.sendBare(datagramEnd)
	if err != nil {
		err = fmt.Errorf("udp: send the end mark: %w", err)
	}
	return errors.Join(err, e.d.Close())
}
