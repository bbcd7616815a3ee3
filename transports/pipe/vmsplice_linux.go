package pipe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/pipes"
	"ipcbench/transports/internal/remedy"
	"ipcbench/transports/internal/stream"
)

func init() { transports.Register(vmsplice{}) }

// vmsplice is a pair of pipes whose writers lend pages instead of having bytes
// copied: the reader's read(2) is the only copy. See vmsplice(2), pipe(7).
//
// What is lent must not change until it is read, and nothing tells when that
// is. So an end lends only pages of its own, in which messages are built
// (api=inplace) or into which they are copied (api=copy), in turn, and the
// number of those pages makes it safe: see lender.
type vmsplice struct{}

var vmspliceInfo = transports.Info{
	Name:    "vmsplice",
	Also:    []string{"splice", "zero-copy-pipe"},
	Doc:     "a pipe in each direction, to which the writer lends its pages (vmsplice)",
	Kind:    transports.Stream,
	Group:   group,
	Caps:    transports.CanInPlace | transports.SeesPeerDeath,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{
		pipes.CapacityOption(),
		descriptor.WaitOption(),
		{Name: "api", Doc: "how a message gets into the pages that are lent", Values: []transports.Value{
			{Name: "copy", Doc: "copied in by the writer, and out by read(2)"},
			{Name: "inplace", Doc: "built in them, and copied out by read(2)"},
		}},
	},
}

func (vmsplice) Info() transports.Info { return vmspliceInfo }

func (vmsplice) Probe(s transports.Spec) error {
	// With nothing to lend, QEMU's user mode does not even ask its kernel.
	var some [1]byte
	page := unix.Iovec{Base: &some[0]}
	page.SetLen(len(some))
	if _, _, errno := unix.RawSyscall6(unix.SYS_VMSPLICE, ^uintptr(0), uintptr(unsafe.Pointer(&page)), 1, 0, 0, 0); errno != unix.EBADF {
		return remedy.Refused("vmsplice", errno, "use a kernel that has it, or take the transport pipe")
	}
	return transports.ProbeSize(s)
}

func (v vmsplice) Create(s transports.Spec) (transports.Link, error) {
	if err := v.Probe(s); err != nil {
		return nil, err
	}
	return pipes.Pair(s)
}

func (vmsplice) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	slots, err := pipeSlots(h.Files[1])
	if err != nil {
		links.Close(h.Files...)
		return nil, err
	}
	ends, err := descriptor.Open(s, h.Files)
	if err != nil {
		return nil, err
	}
	f := stream.Stream{What: "vmsplice", Size: s.Size, In: ends[0], Out: ends[1]}
	header := kernel.HeaderBytes
	if s.Uniform {
		header = 0
	}
	pages, err := newLender(slots, header+s.Size)
	if err != nil {
		links.Close(ends...)
		return nil, err
	}
	if s.Option("wait") != "block" {
		pages.flags = unix.SPLICE_F_NONBLOCK // vmsplice does not look at O_NONBLOCK
	}
	buf := make([]byte, header+s.Size)
	if s.Uniform {
		return &lentMessages{stream.Uniform{Stream: f}, pages, buf}, nil
	}
	return &lentFrames{Stream: f, lender: pages, buf: buf}, nil
}

// pipeSlots returns how many pieces of pages a pipe holds. See pipe(7),
// F_SETPIPE_SZ.
func pipeSlots(f *os.File) (int, error) {
	bytes, err := unix.FcntlInt(f.Fd(), unix.F_GETPIPE_SZ, 0)
	if err != nil {
		return 0, fmt.Errorf("vmsplice: ask what %s holds: %w", f.Name(), err)
	}
	return bytes / os.Getpagesize(), nil
}

// A lender is the pages that one end lends to a pipe, in turn.
//
// They are enough that no page comes round while a reader may still look at
// it. A pipe has a fixed number of slots. vmsplice puts each piece of a page in
// one of its own, and the kernel frees a slot, under the lock that vmsplice
// takes, only after the last byte of it was copied out (pipe_read in
// fs/pipe.c). So the pages not read yet are never more than the slots, and they
// are those lent last: the pages in front of the next one, and those skipped at
// the end of the memory because the next message did not fit there, fewer than
// a message has. A message more than both is room that is always free, which
// costs neither a system call nor a count.
type lender struct {
	mem    []byte
	at     int // offset of the page after the one lent last
	page   int // bytes
	loan   []byte
	pieces *unix.Iovec // one
	flags  uintptr     // of vmsplice
}

// newLender makes the pages for messages of up to size bytes.
func newLender(slots, size int) (lender, error) {
	l := lender{page: os.Getpagesize(), pieces: new(unix.Iovec)}
	length := slots*l.page + 2*l.pages(size)
	// Anonymous memory, not Go's: the kernel is to find the same pages, ready.
	mem, err := unix.Mmap(-1, 0, length, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
	if err != nil {
		return l, fmt.Errorf("vmsplice: map %d bytes to lend: %w", length, err)
	}
	l.mem = mem
	return l, nil
}

// pages returns how many bytes the pages have that n bytes take.
func (l *lender) pages(n int) int { return (n + l.page - 1) &^ (l.page - 1) }

// room returns n bytes of pages that nobody reads any more.
func (l *lender) room(n int) []byte {
	if l.at+n > len(l.mem) {
		l.at = 0
	}
	return l.mem[l.at:][:n]
}

// lend hands what room returned to the pipe d, which takes a part of it, of
// whole pages but for the end, where it has not enough slots.
func (l *lender) lend(d *descriptor.Descriptor, lent []byte) error {
	for len(lent) > 0 {
		l.pieces.Base = unsafe.SliceData(lent)
		l.pieces.SetLen(len(lent))
		n, err := d.Send(unix.SYS_VMSPLICE, unsafe.Pointer(l.pieces), 1, l.flags, 0, 0)
		if err != nil {
			return err
		}
		l.at += l.pages(n)
		lent = lent[n:]
	}
	return nil
}

func (l *lender) release() error {
	mem := l.mem
	l.mem = nil
	if mem == nil {
		return nil
	}
	return unix.Munmap(mem)
}

// lentMessages is an end whose messages all have one size.
type lentMessages struct {
	stream.Uniform
	lender
	buf []byte // what Peek returns
}

func (e *lentMessages) Send(msg []byte) error {
	if len(msg) != e.Size {
		return e.refuse(len(msg))
	}
	room := e.room(e.Size)
	copy(room, msg)
	if err := e.lend(&e.Out, room); err != nil {
		return kernel.SendFailed(e.What, len(msg), err)
	}
	return nil
}

func (e *lentMessages) refuse(n int) error {
	if err := transports.CheckSend(n, e.Size); err != nil {
		return err
	}
	return fmt.Errorf("%s: send %d bytes on a link where every message has %d", e.What, n, e.Size)
}

func (e *lentMessages) Loan(n int) ([]byte, error) {
	if n != e.Size {
		return nil, e.refuse(n)
	}
	e.loan = e.room(n)
	return e.loan, nil
}

func (e *lentMessages) Commit() error {
	if err := e.lend(&e.Out, e.loan); err != nil {
		return kernel.SendFailed(e.What, len(e.loan), err)
	}
	return nil
}

func (e *lentMessages) Peek() ([]byte, error) {
	n, err := e.Recv(e.buf)
	return e.buf[:n], err
}

func (e *lentMessages) Release() error { return nil }

func (e *lentMessages) Close() error {
	return errors.Join(e.Uniform.Close(), e.release())
}

// lentFrames is an end of a stream of frames, whose headers are lent in front
// of the messages, in the same pages.
type lentFrames struct {
	stream.Stream
	lender
	buf      []byte // room for the largest frame
	from, to int    // the part of buf that was read and not yet handed over
	shown    int    // bytes of the frame that Peek returned
}

func (e *lentFrames) Send(msg []byte) error {
	room, err := e.Loan(len(msg))
	if err != nil {
		return err
	}
	copy(room, msg)
	return e.Commit()
}

func (e *lentFrames) Loan(n int) ([]byte, error) {
	if err := transports.CheckSend(n, e.Size); err != nil {
		return nil, err
	}
	e.loan = e.room(kernel.HeaderBytes + n)
	binary.LittleEndian.PutUint32(e.loan, uint32(n))
	return e.loan[kernel.HeaderBytes:], nil
}

func (e *lentFrames) Commit() error {
	if err := e.lend(&e.Out, e.loan); err != nil {
		return kernel.SendFailed(e.What, len(e.loan)-kernel.HeaderBytes, err)
	}
	return nil
}

func (e *lentFrames) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.Size); err != nil {
		return 0, err
	}
	m, err := e.Peek()
	if err != nil {
		return 0, err
	}
	return copy(buf, m), e.Release()
}

func (e *lentFrames) Peek() ([]byte, error) {
	for {
		have := e.buf[e.from:e.to]
		n, whole, err := e.Length(have, len(have))
		if err != nil {
			return nil, err
		}
		if whole {
			e.shown = kernel.HeaderBytes + n
			return have[kernel.HeaderBytes:][:n], nil
		}
		// The start of a frame moves to the front, where the rest has room.
		e.from, e.to = 0, copy(e.buf, have)
		got, err := e.In.Read(e.buf[e.to:])
		if got == 0 {
			return nil, e.Failed(e.to, err)
		}
		e.to += got
	}
}

func (e *lentFrames) Release() error {
	e.from += e.shown
	e.shown = 0
	return nil
}

func (e *lentFrames) Close() error {
	return errors.Join(e.Stream.Close(), e.release())
}

var (
	_ transports.InPlace = (*lentMessages)(nil)
	_ transports.InPlace = (*lentFrames)(nil)
)
