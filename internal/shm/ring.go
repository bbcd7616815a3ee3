// Package shm is the ring by which two processes hand each other messages
// through memory they share, and the ways of waiting on it.
//
// It knows a []byte, atomic words and the futex system call. It must not know
// where the memory comes from (files, segments, descriptors), nor clocks.
//
// # Layout
//
// One direction is a control block and a ring of slots of equal size. A slot
// is an 8-byte header and room for the longest message:
//
//	header  low 32 bits: length; high 32 bits: lap, counted from 1
//	payload length bytes
//
// The writer copies the payload and then publishes the header with a release
// store. The reader polls the header of the one slot that comes next, so a
// message costs no cache line beyond its own: there is no shared index to
// fetch. What the reader has taken is published every quarter of a ring, in a
// line of its own, which the writer reads only when it believes the ring full.
//
// With one header a lap, a stale header is always of an earlier lap, whatever
// the payload says, because headers lie at fixed places.
package shm

import (
	"fmt"
	"io"
	"math/bits"
	"syscall"
	"unsafe"
)

// line is the distance that keeps two words from sharing a cache line: two
// lines, because processors fetch them in pairs.
const line = 128

// control is the block before the slots. Each word is alone in its lines.
type control struct {
	taken        word // messages the reader has released, published every quarter of a ring
	readerAsleep word // futex: 1 while the reader sleeps, or is about to
	writerAsleep word // futex: likewise for the writer
	writerClosed word // 1 once the writer sends no more
	readerClosed word // 1 once the reader takes no more
}

type word struct {
	v uint64
	_ [line - 8]byte
}

const headerBytes = 8

// Layout is the shape of one direction of a link. Both processes must compute
// it from the same numbers.
type Layout struct {
	Message int // longest message, in bytes
	Slots   int // a power of two, at least 4
	Stride  int // from one slot to the next, in bytes
}

// NewLayout returns the layout for messages of up to message bytes, with room
// for about capacity bytes of them and never for fewer than four.
func NewLayout(message, capacity int) Layout {
	stride := (headerBytes + message + 7) &^ 7
	slots := 4
	if fit := capacity / stride; fit > slots {
		slots = 1 << (bits.Len(uint(fit)) - 1)
	}
	return Layout{Message: message, Slots: slots, Stride: stride}
}

// Bytes returns how much memory one direction takes. The memory must be zero
// at first and aligned to 8 bytes.
func (l Layout) Bytes() int {
	size := int(unsafe.Sizeof(control{})) + l.Slots*l.Stride
	return (size + line - 1) &^ (line - 1)
}

// ErrPeerClosed is returned by a Writer whose reader takes no more. It is an
// EPIPE, as a pipe's is.
var ErrPeerClosed = fmt.Errorf("%w: the peer has closed its end", syscall.EPIPE)

// end is what Writer and Reader have in common: a position in the ring.
type end struct {
	slot  unsafe.Pointer // header of the slot that comes next
	lap   uint32         // lap that slot is in, from 1
	first unsafe.Pointer // header of the first slot
	stop  unsafe.Pointer // one past the last slot
	next  uint64         // number of the message that comes next, from 0
	Layout
	ctl *control
	how Wait
	mem []byte // keeps the mapping in sight of whoever reads a dump
}

func newEnd(mem []byte, l Layout, how Wait) end {
	if len(mem) < l.Bytes() || uintptr(unsafe.Pointer(&mem[0]))%8 != 0 {
		panic(fmt.Sprintf("shm: a ring of %d bytes does not fit %d bytes at %p", l.Bytes(), len(mem), &mem[0]))
	}
	ctl := (*control)(unsafe.Pointer(&mem[0]))
	first := unsafe.Add(unsafe.Pointer(&mem[0]), unsafe.Sizeof(control{}))
	return end{slot: first, lap: 1, first: first, stop: unsafe.Add(first, l.Slots*l.Stride), Layout: l, ctl: ctl, how: how, mem: mem}
}

func (e *end) header() *uint64 { return (*uint64)(e.slot) }

func (e *end) payload(n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(e.slot, headerBytes)), n)
}

func (e *end) advance() {
	e.next++
	e.slot = unsafe.Add(e.slot, e.Stride)
	if e.slot == e.stop {
		e.slot = e.first
		e.lap++
	}
}

// A Writer is the sending end of one direction, used by one thread.
type Writer struct {
	end
	limit  uint64 // messages below this number have room without asking the reader
	loaned int    // length of the loan that is open
}

// NewWriter returns the sending end of the ring in mem.
func NewWriter(mem []byte, l Layout, how Wait) *Writer {
	return &Writer{end: newEnd(mem, l, how), limit: uint64(l.Slots)}
}

// Loan waits for room and returns where the next message of n bytes, at most
// Layout.Message, is to be built. Commit sends it.
func (w *Writer) Loan(n int) ([]byte, error) {
	if w.next == w.limit {
		if err := w.room(); err != nil {
			return nil, err
		}
	}
	w.loaned = n
	return w.payload(n), nil
}

// Commit sends the message that was built where Loan said.
func (w *Writer) Commit() {
	w.how.publish(w.header(), uint64(w.lap)<<32|uint64(w.loaned), &w.ctl.readerAsleep)
	w.advance()
}

// Send waits for room and sends a copy of msg.
func (w *Writer) Send(msg []byte) error {
	room, err := w.Loan(len(msg))
	if err != nil {
		return err
	}
	copy(room, msg)
	w.Commit()
	return nil
}

// room waits until the reader has taken a message of the last lap.
func (w *Writer) room() error {
	full := w.limit - uint64(w.Slots)
	taken, open := w.how.change(&w.ctl.taken.v, full, &w.ctl.writerAsleep, &w.ctl.readerClosed)
	if !open {
		return ErrPeerClosed
	}
	w.limit = taken + uint64(w.Slots)
	return nil
}

// Last returns where in the memory the message sent last lies, header
// included, for whoever has to push it to storage.
func (w *Writer) Last() (offset, length int) {
	slot := uintptr(w.slot)
	if w.slot == w.first {
		slot = uintptr(w.stop)
	}
	return int(slot - uintptr(w.Stride) - uintptr(unsafe.Pointer(&w.mem[0]))), headerBytes + w.loaned
}

// Close lets the reader see the end of the stream after the last message.
func (w *Writer) Close() { wake(&w.ctl.writerClosed.v, 1, &w.ctl.readerAsleep) }

// A Reader is the receiving end of one direction, used by one thread.
type Reader struct {
	end
	published uint64 // what ctl.taken says
	batch     uint64 // publish again after so many
}

// NewReader returns the receiving end of the ring in mem.
func NewReader(mem []byte, l Layout, how Wait) *Reader {
	return &Reader{end: newEnd(mem, l, how), batch: uint64(l.Slots / 4)}
}

// Peek waits for the next message and returns it where it lies. It returns
// io.EOF once the writer has closed and all is drained.
func (r *Reader) Peek() ([]byte, error) {
	h := load(r.header())
	for uint32(h>>32) != r.lap {
		var open bool
		if h, open = r.how.change(r.header(), h, &r.ctl.readerAsleep, &r.ctl.writerClosed); !open {
			return nil, io.EOF
		}
	}
	n := int(uint32(h))
	if n > r.Message {
		return nil, fmt.Errorf("receive: slot header says %d bytes where at most %d fit: the shared memory was overwritten", n, r.Message)
	}
	return r.payload(n), nil
}

// Release gives the slot of the message that Peek returned back to the writer.
func (r *Reader) Release() {
	r.advance()
	if r.next-r.published >= r.batch {
		r.published = r.next
		r.how.publish(&r.ctl.taken.v, r.next, &r.ctl.writerAsleep)
	}
}

// Recv waits for the next message, copies it to buf and returns its length.
func (r *Reader) Recv(buf []byte) (int, error) {
	msg, err := r.Peek()
	if err != nil {
		return 0, err
	}
	if len(buf) < len(msg) {
		return 0, fmt.Errorf("receive %d bytes into a buffer of %d: %w", len(msg), len(buf), io.ErrShortBuffer)
	}
	n := copy(buf, msg)
	r.Release()
	return n, nil
}

// Close lets a writer that waits for room give up.
func (r *Reader) Close() { wake(&r.ctl.readerClosed.v, 1, &r.ctl.writerAsleep) }
