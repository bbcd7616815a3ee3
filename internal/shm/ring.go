// Package shm is the ring by which two processes hand each other messages
// through memory they share, and the ways of waiting on it.
//
// It knows a []byte, atomic words and the system calls to sleep and to wake
// another: futex, and read and write of an eventfd. It must not know where the
// memory comes from (files, segments), nor clocks.
//
// # Layout
//
// One direction is a control block and a ring of slots of equal size. A slot
// has room for the longest message and ends with an 8-byte mark:
//
//	payload length bytes, ending (rounded up to 8) where the mark begins
//	mark    low 32 bits: length; high 32 bits: lap, counted from 1
//
// The writer copies the payload and then publishes the mark with a release
// store. The reader polls the mark of the one slot that comes next, so a
// message costs no cache line beyond its own: there is no shared index to
// fetch. The mark comes last because that is the order in which the payload is
// written: the line that the reader polls is taken from it once, for the end of
// the payload and the mark together. With the mark in front, the reader took
// the line back before the mark was stored.
//
// What the reader has taken is published every quarter of a ring, in a line of
// its own, which the writer reads only when it believes the ring full.
//
// With one mark a lap, a stale mark is always of an earlier lap, whatever the
// payload says, because marks lie at fixed places.
//
// The other layout, for streams of small messages, has no marks: [IndexLayout].
package shm

import (
	"fmt"
	"io"
	"math/bits"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// line is the distance that keeps two words from sharing a cache line: two
// lines of 64 bytes, because processors fetch them in pairs, or a longer one.
const line = max(128, int(unsafe.Sizeof(cpu.CacheLinePad{})))

// control is the block before the slots. Each word is alone in its lines.
type control struct {
	taken        word // messages the reader has released, published every quarter of a ring
	readerAsleep word // 1 while the reader sleeps, or is about to; the futex word
	writerAsleep word // likewise for the writer
	writerClosed word // 1 once the writer sends no more
	readerClosed word // 1 once the reader takes no more
}

type word struct {
	v uint64
	_ [line - 8]byte
}

const (
	markBytes = 8
	oneLap    = 1 << 32
)

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
	return layoutOf(message, (message+7)&^7+markBytes, capacity)
}

func layoutOf(message, stride, capacity int) Layout {
	slots := 4
	if fit := capacity / stride; fit > slots {
		slots = 1 << (bits.Len(uint(fit)) - 1)
	}
	return Layout{Message: message, Slots: slots, Stride: stride}
}

// Bytes returns how much memory one direction takes. The memory must be zero
// at first and aligned to 8 bytes.
func (l Layout) Bytes() int { return l.with(int(unsafe.Sizeof(control{}))) }

// with returns how much memory the slots take with a control block of so many bytes.
func (l Layout) with(control int) int { return (control + l.Slots*l.Stride + line - 1) &^ (line - 1) }

// errOfAnotherLength is for a burst with a message that is none of it.
func errOfAnotherLength(n, size int) error {
	return fmt.Errorf("receive a burst of messages of %d bytes: one has %d", size, n)
}

// ErrPeerClosed is returned by a Writer whose reader takes no more. It is an
// EPIPE, as a pipe's is.
var ErrPeerClosed = fmt.Errorf("%w: the peer has closed its end", syscall.EPIPE)

// end is what Writer and Reader have in common: a position in the ring.
type end struct {
	at    int            // where the mark of the slot that comes next lies, in bytes from the first: no pointer, for which the collector would have to be asked
	lap   uint64         // lap that slot is in, from 1, as a mark has it: in the high 32 bits
	first unsafe.Pointer // mark of the first slot
	past  int            // one stride past the mark of the last slot, likewise
	next  uint64         // number of the message that comes next, from 0
	Layout
	ctl *control
	how Wait
	fds Eventfds
}

func newEnd(mem []byte, l Layout, how Wait, fds Eventfds) end {
	if len(mem) < l.Bytes() || uintptr(unsafe.Pointer(&mem[0]))%8 != 0 {
		panic(fmt.Sprintf("shm: a ring of %d bytes does not fit %d bytes at %p", l.Bytes(), len(mem), &mem[0]))
	}
	ctl := (*control)(unsafe.Pointer(&mem[0]))
	first := unsafe.Add(unsafe.Pointer(&mem[0]), int(unsafe.Sizeof(control{}))+l.Stride-markBytes)
	return end{lap: oneLap, first: first, past: l.Slots * l.Stride, Layout: l, ctl: ctl, how: how, fds: fds}
}

func (e *end) mark() *uint64 { return (*uint64)(unsafe.Add(e.first, e.at)) }

// marked says whether a mark is of this lap.
func (e *end) marked(mark uint64) bool { return mark>>32 == e.lap>>32 }

func (e *end) payload(n int) []byte { return unsafe.Slice((*byte)(e.payloadAt(n)), n) }

func (e *end) payloadAt(n int) unsafe.Pointer { return unsafe.Add(e.first, e.at-(n+7)&^7) }

func (e *end) reader() bed { return bed{&e.ctl.readerAsleep, e.fds.Reader} }

func (e *end) writer() bed { return bed{&e.ctl.writerAsleep, e.fds.Writer} }

// advance goes on to the next slot, or to the end of the last.
func (e *end) advance() {
	e.next++
	e.at += e.Stride
}

// wrap goes on to the first slot after the last, in the next lap.
func (e *end) wrap() {
	if e.at == e.past {
		e.at = 0
		e.lap += oneLap
	}
}

// A Writer is the sending end of one direction, used by one thread.
type Writer struct {
	end
	limit  uint64 // messages below this number have room, and do not go round the ring's end
	taken  uint64 // as far as this end has seen
	loaned int    // length of the message sent last, or of the loan that is open
	plain  bool   // a release store publishes: no reader sleeps, and no model looks on
}

// NewWriter returns the sending end of the ring in mem.
func NewWriter(mem []byte, l Layout, how Wait, fds Eventfds) *Writer {
	return &Writer{end: newEnd(mem, l, how, fds), limit: uint64(l.Slots), plain: !how.sleeps() && model == nil}
}

// Loan waits for room and returns where the next message of n bytes is to be
// built. Commit sends it. Where n is more than Layout.Message, the error wraps
// EMSGSIZE.
func (w *Writer) Loan(n int) ([]byte, error) {
	if n > w.Message || w.next == w.limit {
		if err := w.room(n); err != nil {
			return nil, err
		}
	}
	w.loaned = n
	return w.payload(n), nil
}

// Commit sends the message that was built where Loan said. The error is nil.
func (w *Writer) Commit() error {
	mark := w.lap | uint64(w.loaned)
	if w.plain {
		release(w.mark(), mark)
	} else {
		w.how.publish(w.mark(), mark, w.reader())
	}
	w.advance()
	return nil
}

// Send waits for room and sends a copy of msg. Where there is room, and nobody to wake, it
// has no call but one that copies, as where C is compiled; and none where msg is short.
func (w *Writer) Send(msg []byte) error {
	n := len(msg)
	if n > w.Message || w.next == w.limit || !w.plain {
		return w.send(msg)
	}
	w.loaned = n
	if !copyShort(w.payloadAt(n), unsafe.Pointer(unsafe.SliceData(msg)), n) {
		Copy(w.payload(n), msg)
	}
	releaseInline(w.mark(), w.lap|uint64(n))
	w.advance()
	return nil
}

func (w *Writer) send(msg []byte) error {
	room, err := w.Loan(len(msg))
	if err != nil {
		return err
	}
	Copy(room, msg)
	return w.Commit()
}

// SendBurst is Send of messages of size bytes each, which lie one after the other. Each
// has a mark, and is there for the reader as soon as that is.
func (w *Writer) SendBurst(msgs []byte, size int) error {
	for ; len(msgs) > 0; msgs = msgs[size:] {
		if err := w.Send(msgs[:size]); err != nil {
			return err
		}
	}
	return nil
}

// room refuses a message of n bytes that is too long, and otherwise waits until
// the reader has taken a message of the last lap, and goes round the ring's end.
func (w *Writer) room(n int) error {
	if n > w.Message {
		return fmt.Errorf("send %d bytes: %w: this link was made for at most %d", n, syscall.EMSGSIZE, w.Message)
	}
	var open bool
	if w.taken, w.limit, open = w.how.room(w.ctl, w.writer(), w.next, w.taken, uint64(w.Slots)); !open {
		return ErrPeerClosed
	}
	w.wrap()
	return nil
}

// Last returns where the message sent last lies, its mark included, for
// whoever has to push it to storage.
func (w *Writer) Last() (start unsafe.Pointer, length int) {
	padded := (w.loaned + 7) &^ 7
	return unsafe.Add(w.first, w.at-w.Stride-padded), padded + markBytes
}

// End lets the reader see the end of the stream after the last message.
func (w *Writer) End() { w.how.wake(&w.ctl.writerClosed.v, 1, w.reader()) }

// A Reader is the receiving end of one direction, used by one thread.
type Reader struct {
	end
	due   uint64 // publish in ctl.taken what was taken, at this message
	batch uint64 // and again after so many, a part of a lap, so that it is due at the end of each
	looks int    // of Recv, before it leaves waiting to others: none where a model looks on
	reply *end   // where an answer will be written, see Answer; nil: nowhere
}

// NewReader returns the receiving end of the ring in mem.
func NewReader(mem []byte, l Layout, how Wait, fds Eventfds) *Reader {
	batch := max(1, uint64(l.Slots/4))
	r := &Reader{end: newEnd(mem, l, how, fds), due: batch, batch: batch}
	if model == nil {
		r.looks = how.looks()
	}
	return r
}

// Answer tells the reader that its process answers by w. Where a message and its mark are
// short enough to lie in one line, Recv then fetches the line that the next one is written
// to as a message arrives that it has waited for, while that is copied and looked at: a
// round trip of 8 bytes took 146 to 154 ns so and 163 to 172 without, on far CPUs 432 and
// 519. One that has two lines loses by it: its first has been waited for by nobody, and
// comes no later.
func (r *Reader) Answer(w *Writer) {
	if w.Stride <= oneLine {
		r.reply = &w.end
	}
}

// oneLine is the longest slot, in bytes, that is written to one line of 64 bytes.
const oneLine = 2 * markBytes

// Peek waits for the next message and returns it where it lies. It returns
// io.EOF once the writer has closed and all is drained.
//
// Most messages have the length the ring was made for. Where that is assumed,
// and what the mark says is compared with it but not used, the processor
// fetches the payload's lines together with the mark's, instead of after it: a
// quarter of a round trip of 64 bytes between two CPUs.
func (r *Reader) Peek() ([]byte, error) {
	h := load(r.mark())
	if !r.marked(h) {
		var err error
		if h, err = r.await(h, 0); err != nil {
			return nil, err
		}
	}
	n := r.Message
	if int(uint32(h)) != n {
		if n = int(uint32(h)); n > r.Message {
			return nil, r.overwritten(n)
		}
	}
	return r.payload(n), nil
}

// await waits until the mark, seen as h so often, is of this lap.
func (r *Reader) await(h uint64, looks int) (uint64, error) {
	for !r.marked(h) {
		var open bool
		if h, open = r.how.change(r.mark(), h, looks, r.reader(), &r.ctl.writerClosed); !open {
			return 0, io.EOF
		}
	}
	return h, nil
}

func (r *Reader) overwritten(n int) error {
	return fmt.Errorf("receive: the mark of a slot says %d bytes where at most %d fit: the shared memory was overwritten", n, r.Message)
}

// Release gives the slot of the message that Peek returned back to the writer.
// The error is nil.
func (r *Reader) Release() error {
	r.advance()
	if r.next == r.due {
		r.giveBack()
	}
	return nil
}

func (r *Reader) giveBack() {
	r.wrap()
	r.due += r.batch
	r.how.publish(&r.ctl.taken.v, r.next, r.writer())
}

// Recv waits for the next message, copies it to buf and returns its length.
// buf has room for Layout.Message bytes.
//
// A message that is there, and as long as most, is taken as Send sends it, and others
// without the calls of Peek and Release: whatever stands between a message's arrival and
// its answer is there twice in a round trip.
func (r *Reader) Recv(buf []byte) (int, error) {
	n := r.Message
	if model != nil || r.next+1 == r.due || n > len(buf) || atomic.LoadUint64(r.mark()) != r.lap|uint64(n) {
		return r.recv(buf)
	}
	if !copyShort(unsafe.Pointer(unsafe.SliceData(buf)), r.payloadAt(n), n) {
		Copy(buf[:n], r.payload(n))
	}
	r.advance()
	return n, nil
}

// recv looks for a message as long as most at first, with one branch a look.
func (r *Reader) recv(buf []byte) (int, error) {
	n, mark, look := r.Message, r.mark(), 0
	usual := r.lap | uint64(n)
	if n > len(buf) {
		usual = ^uint64(0) // no mark is that
	}
	for h := load(mark); h != usual; h = atomic.LoadUint64(mark) {
		if look >= r.looks || r.marked(h) {
			return r.any(buf, h, look)
		}
		cpuPause()
		look++
	}
	if r.reply != nil {
		prefetchWrite(unsafe.Pointer(r.reply.mark()))
	}
	if !copyShort(unsafe.Pointer(unsafe.SliceData(buf)), r.payloadAt(n), n) {
		Copy(buf[:n], r.payload(n))
	}
	return n, r.Release()
}

// any receives a message of any length, whose mark was seen as h so often.
func (r *Reader) any(buf []byte, h uint64, looks int) (n int, err error) {
	if h, err = r.await(h, looks); err != nil {
		return 0, err
	}
	if n = int(uint32(h)); n > r.Message {
		return 0, r.overwritten(n)
	}
	Copy(buf, r.payload(n))
	return n, r.Release()
}

// RecvBurst waits for a message and copies it to buf, and those behind it that are there
// by then, as many as buf has room for. All must have size bytes. It returns how many
// there were, and io.EOF as Recv does.
func (r *Reader) RecvBurst(buf []byte, size int) (messages int, err error) {
	for ; len(buf) >= size; buf = buf[size:] {
		if messages > 0 && !r.marked(load(r.mark())) {
			break
		}
		n, err := r.Recv(buf[:size])
		if err == nil && n != size {
			err = errOfAnotherLength(n, size)
		}
		if err != nil {
			return messages, err
		}
		messages++
	}
	return messages, nil
}

// TryRecv is Recv that returns 0 where there is no message yet.
func (r *Reader) TryRecv(buf []byte) (int, error) {
	if !r.marked(load(r.mark())) {
		// As in Wait.change: a writer publishes before it closes.
		if load(&r.ctl.writerClosed.v) == 0 || r.marked(load(r.mark())) {
			return 0, nil // or the next look has it
		}
		return 0, io.EOF
	}
	return r.Recv(buf)
}

// Idle is what this end does between two looks, see [Wait].
func (r *Reader) Idle(turn int) { r.how.idle(turn) }

// Quit lets a writer that waits for room give up.
func (r *Reader) Quit() { r.how.wake(&r.ctl.readerClosed.v, 1, r.writer()) }
