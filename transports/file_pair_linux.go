package transports

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// endOfMessages is the length of a record that stands for the end.
const endOfMessages = math.MaxUint32

// A record is a message as it lies in a file:
//
//	bytes 4-7    the message's length, little-endian, or endOfMessages
//	bytes 16-    the message, aligned: see headerBytes
//
// Bytes 0-3 are not written with it, except where all is written in blocks.
const (
	recordLength  = 4
	recordMessage = headerBytes
)

// A filePair is one side's view of two files: it writes its own and reads its
// peer's. It is what all transports over files share. Where direct=yes, all is
// read and written in whole blocks, from memory of the pair's own.
//
// Where a record is plain, the transports make its system calls themselves: a
// processor that was in the kernel predicts no return well, and five functions
// on the way back were a tenth of a record.
type filePair struct {
	what          string // the transport, for errors
	own, peer     *os.File
	ownFD, peerFD uintptr
	watchFD       uintptr
	watch         *os.File // inotify's, or nil where the end polls
	size          int
	block         int     // see directBlock; 1 where not direct
	flags         uintptr // of each write of a message: 0 or RWF_DSYNC
	sync          bool    // fdatasync after each message

	from      int    // where the written part of a record begins
	vectored  bool   // a message is written from and read to where it is the caller's
	plain     bool   // a record is written by one pwrite and read by one pread of frame
	frame     []byte // a record, or its header where vectored
	mark      []byte // a block that begins with a lap or a receipt
	iov       [2]unix.Iovec
	newEvents [4096]byte
}

func openFilePair(s Spec, files []*os.File) (*filePair, error) {
	p := &filePair{
		what: s.Transport, size: s.Size,
		own: files[0], ownFD: files[0].Fd(),
		peer: files[1], peerFD: files[1].Fd(),
		sync: s.Option("sync") == "sync",
		from: recordLength, vectored: s.Size > copyLimit,
	}
	if s.Option("sync") == "dsync" {
		p.flags = unix.RWF_DSYNC
	}
	var err error
	if p.block, err = blockOf(s, p.own); err != nil {
		p.release()
		return nil, err
	}
	if p.block > 1 {
		p.from, p.vectored = 0, false
	}
	p.plain = p.block == 1 && !p.vectored && p.flags == 0
	room := recordMessage
	if !p.vectored {
		room += s.Size
	}
	p.frame, p.mark = alignedBytes(up(room, p.block), p.block), alignedBytes(p.block, p.block)
	if s.Option("wait") == "inotify" {
		if err := p.watchPeer(); err != nil {
			p.release()
			return nil, err
		}
	}
	return p, nil
}

func (p *filePair) watchPeer() error {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return fmt.Errorf("%s: start inotify: %w: raise fs.inotify.max_user_instances, or the limit of open files (ulimit -n)", p.what, err)
	}
	p.watch, p.watchFD = os.NewFile(uintptr(fd), "inotify"), uintptr(fd)
	if _, err := unix.InotifyAddWatch(fd, procName(p.peer), unix.IN_MODIFY); err != nil {
		return fmt.Errorf("%s: watch the peer's file: %w: raise fs.inotify.max_user_watches, or take wait=poll", p.what, err)
	}
	return nil
}

// stride is how much room a record takes at most.
func (p *filePair) stride() int { return recordStride(p.size, p.block) }

func recordStride(size, block int) int { return up(recordMessage+size, max(block, headerBytes)) }

// up rounds n up to a multiple of to, a power of two.
func up(n, to int) int { return (n + to - 1) &^ (to - 1) }

// put writes a record at offset at.
func (p *filePair) put(length uint32, msg []byte, at int64) error {
	binary.LittleEndian.PutUint32(p.frame[recordLength:], length)
	head, body := p.frame[p.from:recordMessage], msg
	if !p.vectored {
		n := copy(p.frame[recordMessage:], msg)
		head, body = p.frame[p.from:up(recordMessage+n, p.block)], nil
	}
	return p.write(head, body, at+int64(p.from), p.flags)
}

// get reads a record at offset at, with its message in buf, and returns the
// message's length and how much of the record there is already.
func (p *filePair) get(buf []byte, at int64) (length uint32, have int, err error) {
	head, body := p.frame[p.from:], []byte(nil)
	if p.vectored {
		body = buf[:p.size]
	}
	n, err := p.call(unix.SYS_PREAD64, unix.SYS_PREADV2, p.peerFD, head, body, at+int64(p.from), 0)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: read %d bytes at %d: %w", p.what, len(head)+len(body), at, err)
	}
	have = n + p.from
	if have < recordMessage {
		return 0, have, nil
	}
	length = binary.LittleEndian.Uint32(p.frame[recordLength:])
	if length == endOfMessages || int(length) > have-recordMessage {
		return length, have, nil
	}
	if !p.vectored {
		copy(buf, p.frame[recordMessage:][:length])
	}
	return length, have, nil
}

// checkLength refuses what no record of this link has.
func (p *filePair) checkLength(length uint32) error {
	if length == 0 || int64(length) > int64(p.size) {
		return fmt.Errorf("%s: receive: a message of %d bytes on a link for 1 to %d: the file is corrupt", p.what, length, p.size)
	}
	return nil
}

// stored returns when what was sent is on storage, where sync=sync. The peer
// may see the message before, as with msync.
func (p *filePair) stored() error {
	if !p.sync {
		return nil
	}
	if _, err := transfer(unix.SYS_FDATASYNC, p.ownFD, nil, 0); err != nil {
		return fmt.Errorf("%s: fdatasync: %w", p.what, err)
	}
	return nil
}

// await returns once the peer has written to its file since the last time, or
// at once where the end polls. A write between the look at the file and await
// is not lost: its event is waiting.
func (p *filePair) await() error {
	if p.watch == nil {
		return nil
	}
	if _, err := transfer(unix.SYS_READ, p.watchFD, unsafe.Pointer(&p.newEvents), len(p.newEvents)); err != nil {
		return fmt.Errorf("%s: wait for the peer: %w", p.what, err)
	}
	return nil
}

// readMark returns the byte at offset at of the peer's file.
func (p *filePair) readMark(at int64) (byte, error) {
	n, err := p.call(unix.SYS_PREAD64, unix.SYS_PREADV2, p.peerFD, p.mark, nil, at, 0)
	if err != nil {
		return 0, fmt.Errorf("%s: read at %d: %w", p.what, at, err)
	}
	if n < len(p.mark) {
		return 0, p.truncated(at)
	}
	return p.mark[0], nil
}

// writeMark sets the byte at offset at of the own file.
func (p *filePair) writeMark(mark byte, at int64, flags uintptr) error {
	p.mark[0] = mark
	return p.write(p.mark, nil, at, flags)
}

// truncated is the error of a read that found less than was there before.
func (p *filePair) truncated(at int64) error {
	return fmt.Errorf("%s: read at %d: %w: something truncated the peer's file", p.what, at, io.ErrUnexpectedEOF)
}

// write writes head and then body at offset at of the own file.
func (p *filePair) write(head, body []byte, at int64, flags uintptr) error {
	n, err := p.call(unix.SYS_PWRITE64, unix.SYS_PWRITEV2, p.ownFD, head, body, at, flags)
	if err != nil {
		return fmt.Errorf("%s: write %d bytes at %d: %w", p.what, len(head)+len(body), at, err)
	}
	if n < len(head)+len(body) {
		return fmt.Errorf("%s: write %d bytes at %d: %w: is the filesystem full?", p.what, len(head)+len(body), at, io.ErrShortWrite)
	}
	return nil
}

// call is pread64 or pwrite64 of head, or, where there is a body or a flag, the
// slower preadv2 or pwritev2.
func (p *filePair) call(plain, vectored, fd uintptr, head, body []byte, at int64, flags uintptr) (int, error) {
	p.iov[0].Base, p.iov[0].Len = unsafe.SliceData(head), uint64(len(head))
	p.iov[1].Base, p.iov[1].Len = unsafe.SliceData(body), uint64(len(body))
	trap, from, n := vectored, unsafe.Pointer(&p.iov), len(p.iov)
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

func (p *filePair) closed() bool { return p.ownFD == ^uintptr(0) }

func (p *filePair) release() error {
	p.ownFD, p.peerFD = ^uintptr(0), ^uintptr(0)
	err := closeOnce(p.own, p.peer)
	if p.watch != nil {
		err = errors.Join(err, closeOnce(p.watch))
	}
	return err
}
