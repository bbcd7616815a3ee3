package transports

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// copyLimit is up to which size of message a copy costs less than a second
// vector in the system call.
const copyLimit = 4096

// A fileEndpoint is one side's view of the two files.
type fileEndpoint struct {
	own, peer     *os.File
	ownFD, peerFD uintptr
	watchFD       uintptr
	watch         *os.File // inotify's, or nil where the end polls
	size          int
	slots         slots
	flags         uintptr // of each write of a message: 0 or RWF_DSYNC
	sync          bool    // fdatasync after each message

	sent      uint64 // messages
	taken     uint64 // of those, at least so many were received by the peer
	received  uint64 // messages
	closed    bool
	frame     []byte // of a slot: its length and, up to copyLimit, its message
	oneByte   [1]byte
	iov       [2]unix.Iovec
	newEvents [4096]byte
}

func (e *fileEndpoint) watchPeer() error {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return fmt.Errorf("file: start inotify: %w: raise fs.inotify.max_user_instances", err)
	}
	e.watch, e.watchFD = os.NewFile(uintptr(fd), "inotify"), uintptr(fd)
	if _, err := unix.InotifyAddWatch(fd, procName(e.peer), unix.IN_MODIFY); err != nil {
		return fmt.Errorf("file: watch the peer's file: %w: raise fs.inotify.max_user_watches, or take wait=poll", err)
	}
	return nil
}

func (e *fileEndpoint) Send(msg []byte) error {
	if err := checkSend(len(msg), e.size); err != nil {
		return err
	}
	// One slot is kept free for the end mark, so that Close never waits.
	for e.sent-e.taken >= e.slots.n-1 {
		if err := e.seeReceipt(); err != nil {
			return err
		}
	}
	return e.put(uint32(len(msg)), msg)
}

// seeReceipt waits for the peer to have received more, or at least for
// something to have happened.
func (e *fileEndpoint) seeReceipt() error {
	if err := e.readByte(0); err != nil {
		return err
	}
	if more := e.oneByte[0] - byte(e.taken/e.slots.quarter()); more > 0 {
		e.taken += uint64(more) * e.slots.quarter()
		return nil
	}
	return e.await()
}

// put fills the next slot.
func (e *fileEndpoint) put(length uint32, msg []byte) error {
	at := e.slots.at(e.sent)
	head, body := e.split(msg)
	binary.LittleEndian.PutUint32(head, length)
	if len(body) == 0 {
		copy(e.frame[slotMessage:], msg)
	}
	if err := e.write(head, body, at+slotLength, e.flags); err != nil {
		return err
	}
	e.oneByte[0] = e.slots.lap(e.sent)
	if err := e.write(e.oneByte[:], nil, at+slotLap, e.flags); err != nil {
		return err
	}
	e.sent++
	if !e.sync {
		return nil
	}
	// The peer may see the message before it is stored, as with msync.
	if _, err := transfer(unix.SYS_FDATASYNC, e.ownFD, nil, 0); err != nil {
		return fmt.Errorf("file: fdatasync: %w", err)
	}
	return nil
}

// split returns where the length and p lie when they are read or written: both
// in frame if p is short and copied, and otherwise apart.
func (e *fileEndpoint) split(p []byte) (head, body []byte) {
	if e.size > copyLimit {
		return e.frame[slotLength:slotMessage], p
	}
	return e.frame[slotLength : slotMessage+len(p)], nil
}

func (e *fileEndpoint) Recv(buf []byte) (int, error) {
	if err := checkRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	at := e.slots.at(e.received)
	for {
		if err := e.readByte(at + slotLap); err != nil {
			return 0, err
		}
		if e.oneByte[0] == e.slots.lap(e.received) {
			return e.take(at, buf)
		}
		if err := e.await(); err != nil {
			return 0, err
		}
	}
}

// take receives the message in the slot at offset at.
func (e *fileEndpoint) take(at int64, buf []byte) (int, error) {
	head, body := e.split(buf[:e.size])
	if err := e.read(head, body, at+slotLength); err != nil {
		return 0, err
	}
	length := binary.LittleEndian.Uint32(head)
	if length == endOfMessages {
		return 0, io.EOF
	}
	if length == 0 || int64(length) > int64(e.size) {
		return 0, fmt.Errorf("file: receive: a message of %d bytes on a link for 1 to %d: the file is corrupt", length, e.size)
	}
	if len(body) == 0 {
		copy(buf, e.frame[slotMessage:][:length])
	}
	e.received++
	if e.received%e.slots.quarter() != 0 {
		return int(length), nil
	}
	e.oneByte[0] = byte(e.received / e.slots.quarter())
	return int(length), e.write(e.oneByte[:], nil, 0, 0)
}

// await returns once the peer has written to its file since the last time, or
// at once where the end polls. A write between the look at the file and await
// is not lost: its event is waiting.
func (e *fileEndpoint) await() error {
	if e.watch == nil {
		return nil
	}
	if _, err := transfer(unix.SYS_READ, e.watchFD, unsafe.Pointer(&e.newEvents), len(e.newEvents)); err != nil {
		return fmt.Errorf("file: wait for the peer: %w", err)
	}
	return nil
}

// readByte reads a byte of the peer's file into oneByte.
func (e *fileEndpoint) readByte(at int64) error { return e.read(e.oneByte[:], nil, at) }

// read fills head and then body from offset at of the peer's file.
func (e *fileEndpoint) read(head, body []byte, at int64) error {
	n, err := e.call(unix.SYS_PREAD64, unix.SYS_PREADV2, e.peerFD, head, body, at, 0)
	if err != nil {
		return fmt.Errorf("file: read %d bytes at %d: %w", len(head)+len(body), at, err)
	}
	if n < len(head)+len(body) {
		return fmt.Errorf("file: read %d bytes at %d: %w: something truncated the peer's file", len(head)+len(body), at, io.ErrUnexpectedEOF)
	}
	return nil
}

// write writes head and then body at offset at of the own file.
func (e *fileEndpoint) write(head, body []byte, at int64, flags uintptr) error {
	n, err := e.call(unix.SYS_PWRITE64, unix.SYS_PWRITEV2, e.ownFD, head, body, at, flags)
	if err != nil {
		return fmt.Errorf("file: write %d bytes at %d: %w", len(head)+len(body), at, err)
	}
	if n < len(head)+len(body) {
		return fmt.Errorf("file: write %d bytes at %d: %w: is the filesystem full?", len(head)+len(body), at, io.ErrShortWrite)
	}
	return nil
}

// call is pread64 or pwrite64 of head, or, where there is a body or a flag, the
// slower preadv2 or pwritev2.
func (e *fileEndpoint) call(plain, vectored, fd uintptr, head, body []byte, at int64, flags uintptr) (int, error) {
	e.iov[0].Base, e.iov[0].Len = unsafe.SliceData(head), uint64(len(head))
	e.iov[1].Base, e.iov[1].Len = unsafe.SliceData(body), uint64(len(body))
	trap, from, n := vectored, unsafe.Pointer(&e.iov), len(e.iov)
	if len(body) == 0 && flags == 0 {
		trap, from, n = plain, unsafe.Pointer(unsafe.SliceData(head)), len(head)
	}
	for {
		done := int(rawSyscall(trap, fd, uintptr(from), uintptr(n), uintptr(at), 0, flags))
		if done >= 0 {
			return done, nil
		}
		if errno := unix.Errno(-done); errno != unix.EINTR {
			return 0, errno
		}
	}
}

func (e *fileEndpoint) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	return errors.Join(e.put(endOfMessages, nil), e.release())
}

func (e *fileEndpoint) release() error {
	e.ownFD, e.peerFD = ^uintptr(0), ^uintptr(0)
	err := closeOnce(e.own, e.peer)
	if e.watch != nil {
		err = errors.Join(err, e.watch.Close())
	}
	return err
}
