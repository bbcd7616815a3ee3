package filepair

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/backing"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
)

// EndOfMessages is the length of a record that stands for the end.
const EndOfMessages = math.MaxUint32

// A record is a message as it lies in a file:
//
//	bytes 4-7    the message's length, little-endian, or EndOfMessages
//	bytes 16-    the message, aligned: see kernel.HeaderBytes
//
// Bytes 0-3 are not written with it, except where all is written in blocks.
const (
	RecordLength  = 4
	RecordMessage = kernel.HeaderBytes
)

// A Pair is one side's view of two files: it writes its own and reads its
// peer's. It is what all transports over files share. Where direct=yes, all is
// read and written in whole blocks, from memory of the pair's own.
//
// Where a record is plain, the transports make its system calls themselves: a
// processor that was in the kernel predicts no return well, and five functions
// on the way back were a tenth of a record.
type Pair struct {
	what          string // the transport, for errors
	own, peer     *os.File
	OwnFD, PeerFD uintptr
	watchFD       uintptr
	Watch         *os.File // inotify's, or nil where the end polls
	Size          int
	Block         int     // see directBlock; 1 where not direct
	Flags         uintptr // of each write of a message: 0 or RWF_DSYNC
	Sync          bool    // fdatasync after each message, or
	batch         int     // after each so many
	unpushed      int     // messages since the last

	from      int    // where the written part of a record begins
	vectored  bool   // a message is written from and read to where it is the caller's
	Plain     bool   // a record is written by one pwrite and read by one pread of frame
	Frame     []byte // a record, or its header where vectored
	Mark      []byte // a block that begins with a lap or a receipt
	iov       [2]unix.Iovec
	newEvents [4096]byte
}

func Open(s transports.Spec, files []*os.File) (*Pair, error) {
	p := &Pair{
		what: s.Transport, Size: s.Size,
		own: files[0], OwnFD: files[0].Fd(),
		peer: files[1], PeerFD: files[1].Fd(),
		Sync: s.Option("sync") == "sync", batch: max(1, s.Batch),
		from: RecordLength, vectored: s.Size > kernel.CopyLimit,
	}
	if s.Option("sync") == "dsync" {
		p.Flags = unix.RWF_DSYNC
	}
	var err error
	if p.Block, err = blockOf(s, p.own); err != nil {
		p.Release()
		return nil, err
	}
	if p.Block > 1 {
		p.from, p.vectored = 0, false
	}
	p.Plain = p.Block == 1 && !p.vectored && p.Flags == 0
	room := RecordMessage
	if !p.vectored {
		room += s.Size
	}
	p.Frame, p.Mark = alignedBytes(Up(room, p.Block), p.Block), alignedBytes(p.Block, p.Block)
	if s.Option("wait") == "inotify" {
		if err := p.watchPeer(); err != nil {
			p.Release()
			return nil, err
		}
	}
	return p, nil
}

func (p *Pair) watchPeer() error {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return fmt.Errorf("%s: start inotify: %w: raise fs.inotify.max_user_instances, or the limit of open files (ulimit -n)", p.what, err)
	}
	p.Watch, p.watchFD = os.NewFile(uintptr(fd), "inotify"), uintptr(fd)
	if _, err := unix.InotifyAddWatch(fd, backing.ProcName(p.peer), unix.IN_MODIFY); err != nil {
		return fmt.Errorf("%s: watch the peer's file: %w: raise fs.inotify.max_user_watches, or take wait=poll", p.what, err)
	}
	return nil
}

// Stride is how much room a record takes at most.
func (p *Pair) Stride() int { return RecordStride(p.Size, p.Block) }

func RecordStride(size, block int) int { return Up(RecordMessage+size, max(block, kernel.HeaderBytes)) }

// Up rounds n up to a multiple of to, a power of two.
func Up(n, to int) int { return (n + to - 1) &^ (to - 1) }

// Put writes a record at offset at.
func (p *Pair) Put(length uint32, msg []byte, at int64) error {
	binary.LittleEndian.PutUint32(p.Frame[RecordLength:], length)
	head, body := p.Frame[p.from:RecordMessage], msg
	if !p.vectored {
		n := copy(p.Frame[RecordMessage:], msg)
		head, body = p.Frame[p.from:Up(RecordMessage+n, p.Block)], nil
	}
	return p.write(head, body, at+int64(p.from), p.Flags)
}

// Get reads a record at offset at, with its message in buf, and returns the
// message's length and how much of the record there is already.
func (p *Pair) Get(buf []byte, at int64) (length uint32, have int, err error) {
	head, body := p.Frame[p.from:], []byte(nil)
	if p.vectored {
		body = buf[:p.Size]
	}
	n, err := p.call(reading, p.PeerFD, head, body, at+int64(p.from), 0)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: read %d bytes at %d: %w", p.what, len(head)+len(body), at, err)
	}
	have = n + p.from
	if have < RecordMessage {
		return 0, have, nil
	}
	length = binary.LittleEndian.Uint32(p.Frame[RecordLength:])
	if length == EndOfMessages || int(length) > have-RecordMessage {
		return length, have, nil
	}
	if !p.vectored {
		copy(buf, p.Frame[RecordMessage:][:length])
	}
	return length, have, nil
}

// CheckLength refuses what no record of this link has.
func (p *Pair) CheckLength(length uint32) error {
	if length == 0 || int64(length) > int64(p.Size) {
		return fmt.Errorf("%s: receive: a message of %d bytes on a link for 1 to %d: the file is corrupt", p.what, length, p.Size)
	}
	return nil
}

// Stored says that a message was written, and where sync=sync, and it is the last of
// its batch, returns when all of that is on storage. The peer may see a message
// before, as with msync.
func (p *Pair) Stored() error {
	if !p.Sync {
		return nil
	}
	if p.unpushed++; p.unpushed < p.batch {
		return nil
	}
	return p.push()
}

// push has what was written stored.
func (p *Pair) push() error {
	if _, err := kernel.Transfer(unix.SYS_FDATASYNC, p.OwnFD, nil, 0); err != nil {
		return fmt.Errorf("%s: fdatasync: %w", p.what, err)
	}
	p.unpushed = 0
	return nil
}

// Flush has the rest of a batch stored: before the end mark is written, which is
// pushed by itself.
func (p *Pair) Flush() error {
	p.batch = 1
	if p.unpushed == 0 {
		return nil
	}
	return p.push()
}

// Await returns once the peer has written to its file since the last time, or
// at once where the end polls. A write between the look at the file and await
// is not lost: its event is waiting.
func (p *Pair) Await() error {
	if p.Watch == nil {
		return nil
	}
	if _, err := kernel.Transfer(unix.SYS_READ, p.watchFD, unsafe.Pointer(&p.newEvents), len(p.newEvents)); err != nil {
		return fmt.Errorf("%s: wait for the peer: %w", p.what, err)
	}
	return nil
}

// ReadMark returns the byte at offset at of the peer's file.
func (p *Pair) ReadMark(at int64) (byte, error) {
	n, err := p.call(reading, p.PeerFD, p.Mark, nil, at, 0)
	if err != nil {
		return 0, fmt.Errorf("%s: read at %d: %w", p.what, at, err)
	}
	if n < len(p.Mark) {
		return 0, p.Truncated(at)
	}
	return p.Mark[0], nil
}

// WriteMark sets the byte at offset at of the own file.
func (p *Pair) WriteMark(mark byte, at int64, flags uintptr) error {
	p.Mark[0] = mark
	return p.write(p.Mark, nil, at, flags)
}

// PeerLength returns the length of the peer's file.
func (p *Pair) PeerLength() (int64, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(p.PeerFD), &st); err != nil {
		return 0, fmt.Errorf("%s: ask for the length of the peer's file: %w", p.what, err)
	}
	return st.Size, nil
}

// Truncated is the error of a read that found less than was there before.
func (p *Pair) Truncated(at int64) error {
	return fmt.Errorf("%s: read at %d: %w: something truncated the peer's file", p.what, at, io.ErrUnexpectedEOF)
}

// write writes head and then body at offset at of the own file.
func (p *Pair) write(head, body []byte, at int64, flags uintptr) error {
	n, err := p.call(writing, p.OwnFD, head, body, at, flags)
	if err != nil {
		return fmt.Errorf("%s: write %d bytes at %d: %w", p.what, len(head)+len(body), at, err)
	}
	if n < len(head)+len(body) {
		return fmt.Errorf("%s: write %d bytes at %d: %w: is the filesystem full?", p.what, len(head)+len(body), at, io.ErrShortWrite)
	}
	return nil
}

// calls are the system calls of one direction: of one buffer, of two, and with flags.
type calls struct{ plain, vectored, flagged uintptr }

var (
	reading = calls{unix.SYS_PREAD64, unix.SYS_PREADV, unix.SYS_PREADV2}
	writing = calls{unix.SYS_PWRITE64, unix.SYS_PWRITEV, unix.SYS_PWRITEV2}
)

// call makes the first of the calls that does: each is slower than the one before, and
// the last is not everywhere.
func (p *Pair) call(c calls, fd uintptr, head, body []byte, at int64, flags uintptr) (int, error) {
	p.iov[0].Base, p.iov[0].Len = unsafe.SliceData(head), uint64(len(head))
	p.iov[1].Base, p.iov[1].Len = unsafe.SliceData(body), uint64(len(body))
	trap, from, n := c.vectored, unsafe.Pointer(&p.iov), len(p.iov)
	switch {
	case flags != 0:
		trap = c.flagged
	case len(body) == 0:
		trap, from, n = c.plain, unsafe.Pointer(unsafe.SliceData(head)), len(head)
	}
	for {
		done := int(kernel.Syscall(trap, fd, uintptr(from), uintptr(n), uintptr(at), 0, flags))
		if done >= 0 {
			return done, nil
		}
		if errno := unix.Errno(-done); errno != unix.EINTR {
			return 0, errno
		}
	}
}

func (p *Pair) Closed() bool { return p.OwnFD == ^uintptr(0) }

func (p *Pair) Release() error {
	p.OwnFD, p.PeerFD = ^uintptr(0), ^uintptr(0)
	err := links.Close(p.own, p.peer)
	if p.Watch != nil {
		err = errors.Join(err, links.Close(p.Watch))
	}
	return err
}
