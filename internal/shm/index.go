package shm

import (
	"fmt"
	"io"
	"syscall"
	"unsafe"
)

// IndexLayout is the shape of one direction of a link whose messages have no marks: one
// word says how many were written. A slot is the payload, rounded up to 8 bytes, and
// before it, where messages may differ in length, 8 bytes with that.
//
// It is for streams of small messages. The writer publishes the index after each
// message, so none is held back; the reader looks at it only once it has taken all that
// it has seen there, and having found nothing rests before it looks again. By then there
// are many: the two hardly ever have a line that the other wants, of the index or of the
// messages. A lone message waits until the reader looks.
//
// It is Lamport's queue with indices that each end remembers, as in "FastForward for
// efficient pipeline parallelism" (Giacomoni and others, PPoPP 2008), which compares
// with that, and MCRingBuffer (Lee and others, IPDPS 2010).
type IndexLayout struct {
	Layout
	Uniform bool // every message has Message bytes: none has its length before it
}

const lengthBytes = 8

// NewIndexLayout is [NewLayout] for a ring with an index.
func NewIndexLayout(message, capacity int, uniform bool) IndexLayout {
	l := IndexLayout{Uniform: uniform}
	l.Layout = layoutOf(message, (message+7)&^7+l.head(), capacity)
	return l
}

// head is how many bytes of a slot lie before the payload.
func (l IndexLayout) head() int {
	if l.Uniform {
		return 0
	}
	return lengthBytes
}

// Bytes is [Layout.Bytes].
func (l IndexLayout) Bytes() int { return l.with(int(unsafe.Sizeof(indexControl{}))) }

type indexControl struct {
	control
	written word // messages the writer has sent
}

// indexEnd is what both ends of such a ring have in common: a position in it.
type indexEnd struct {
	next  uint64         // number of the message that comes next, from 0
	at    uintptr        // where its slot lies, from the first
	first unsafe.Pointer // the first slot
	past  uintptr        // the last slot's end, from the first
	head  uintptr        // bytes of a slot before the payload
	IndexLayout
	ctl *indexControl
	how Wait
	fds Eventfds
}

func newIndexEnd(mem []byte, l IndexLayout, how Wait, fds Eventfds) indexEnd {
	if len(mem) < l.Bytes() || uintptr(unsafe.Pointer(&mem[0]))%8 != 0 {
		panic(fmt.Sprintf("shm: a ring of %d bytes does not fit %d bytes at %p", l.Bytes(), len(mem), &mem[0]))
	}
	ctl := (*indexControl)(unsafe.Pointer(&mem[0]))
	first := unsafe.Add(unsafe.Pointer(ctl), unsafe.Sizeof(*ctl))
	return indexEnd{first: first, past: uintptr(l.Slots * l.Stride), head: uintptr(l.head()), IndexLayout: l, ctl: ctl, how: how, fds: fds}
}

func (e *indexEnd) reader() bed { return bed{&e.ctl.readerAsleep, e.fds.Reader} }

func (e *indexEnd) writer() bed { return bed{&e.ctl.writerAsleep, e.fds.Writer} }

// length is the word before a payload.
func (e *indexEnd) length() *uint64 { return (*uint64)(unsafe.Add(e.first, e.at)) }

func (e *indexEnd) payload() unsafe.Pointer { return unsafe.Add(e.first, e.at+e.head) }

// advance goes on to the next slot, or to the end of the last.
func (e *indexEnd) advance() {
	e.next++
	e.at += uintptr(e.Stride)
}

// advanceBy goes on by n slots, none of which but the last is the ring's last.
func (e *indexEnd) advanceBy(n int) {
	e.next += uint64(n)
	e.at += uintptr(n * e.Stride)
}

// wrap goes on to the first slot after the last.
func (e *indexEnd) wrap() {
	if e.at == e.past {
		e.at = 0
	}
}

// An IndexWriter is the sending end of one direction, used by one thread.
type IndexWriter struct {
	indexEnd
	limit uint64 // messages below this number have room, and do not go round the ring's end
	taken uint64 // as far as this end has seen
	plain bool   // a release store publishes: no reader sleeps, and no model looks on
}

// NewIndexWriter returns the sending end of the ring in mem.
func NewIndexWriter(mem []byte, l IndexLayout, how Wait, fds Eventfds) *IndexWriter {
	return &IndexWriter{indexEnd: newIndexEnd(mem, l, how, fds), limit: uint64(l.Slots), plain: !how.sleeps() && model == nil}
}

// Send waits for room and sends a copy of msg, as [Writer.Send] does.
func (w *IndexWriter) Send(msg []byte) error {
	n := len(msg)
	if n != w.Message || w.next == w.limit || !w.plain {
		return w.send(msg)
	}
	if w.head != 0 {
		*w.length() = uint64(n)
	}
	if !copyShort(w.payload(), unsafe.Pointer(unsafe.SliceData(msg)), n) {
		Copy(unsafe.Slice((*byte)(w.payload()), n), msg)
	}
	w.advance()
	releaseInline(&w.ctl.written.v, w.next)
	return nil
}

func (w *IndexWriter) send(msg []byte) error {
	room, err := w.Loan(len(msg))
	if err != nil {
		return err
	}
	Copy(room, msg)
	return w.Commit()
}

// Loan waits for room and returns where the next message of n bytes is to be
// built. Commit sends it. Where n is more than Layout.Message, the error wraps
// EMSGSIZE.
func (w *IndexWriter) Loan(n int) ([]byte, error) {
	if n != w.Message || w.next == w.limit {
		if err := w.room(n); err != nil {
			return nil, err
		}
	}
	if w.head != 0 {
		*w.length() = uint64(n)
	}
	return unsafe.Slice((*byte)(w.payload()), n), nil
}

// Commit sends the message that was built where Loan said. The error is nil.
func (w *IndexWriter) Commit() error {
	w.advance()
	w.publish()
	return nil
}

// publish lets the reader see all messages before the next.
func (w *IndexWriter) publish() {
	if w.plain {
		releaseInline(&w.ctl.written.v, w.next)
	} else {
		w.how.publish(&w.ctl.written.v, w.next, w.reader())
	}
}

// SendBurst is Send of messages of size bytes each, which lie one after the other. They
// are there for the reader all at once, or as many as lie before the ring's end.
func (w *IndexWriter) SendBurst(msgs []byte, size int) error {
	for len(msgs) > 0 {
		if size != w.Message || w.next == w.limit {
			if err := w.room(size); err != nil {
				return err
			}
		}
		n := min(len(msgs)/size, int(w.limit-w.next))
		w.lay(msgs[:n*size], size)
		w.advanceBy(n)
		w.publish()
		msgs = msgs[n*size:]
	}
	return nil
}

// lay copies messages to the slots that come next.
func (w *IndexWriter) lay(msgs []byte, size int) {
	if w.head == 0 && size == w.Stride {
		Copy(unsafe.Slice((*byte)(w.payload()), len(msgs)), msgs)
		return
	}
	for slot := w.at; len(msgs) > 0; slot += uintptr(w.Stride) {
		if w.head != 0 {
			*(*uint64)(unsafe.Add(w.first, slot)) = uint64(size)
		}
		Copy(unsafe.Slice((*byte)(unsafe.Add(w.first, slot+w.head)), size), msgs[:size])
		msgs = msgs[size:]
	}
}

// room refuses a message of a length that this ring is not for, and otherwise waits
// until the reader has taken a message of the last lap.
func (w *IndexWriter) room(n int) error {
	switch {
	case n > w.Message:
		return fmt.Errorf("send %d bytes: %w: this link was made for at most %d", n, syscall.EMSGSIZE, w.Message)
	case w.Uniform && n != w.Message:
		return fmt.Errorf("send %d bytes: this link was made for messages of %d, and none has its length with it", n, w.Message)
	}
	var open bool
	if w.taken, w.limit, open = w.how.room(&w.ctl.control, w.writer(), w.next, w.taken, uint64(w.Slots)); !open {
		return ErrPeerClosed
	}
	w.wrap()
	return nil
}

// End lets the reader see the end of the stream after the last message.
func (w *IndexWriter) End() { w.how.wake(&w.ctl.writerClosed.v, 1, w.reader()) }

// An IndexReader is the receiving end of one direction, used by one thread.
type IndexReader struct {
	indexEnd
	seen  uint64 // messages below this number are there
	due   uint64 // publish in ctl.taken what was taken, at this message
	batch uint64 // and again after so many, a part of a lap, so that it is due at the end of each
	ready uint64 // messages below this number are there, and none is due
}

// NewIndexReader returns the receiving end of the ring in mem.
func NewIndexReader(mem []byte, l IndexLayout, how Wait, fds Eventfds) *IndexReader {
	batch := max(1, uint64(l.Slots/4))
	return &IndexReader{indexEnd: newIndexEnd(mem, l, how, fds), due: batch, batch: batch}
}

// Recv waits for the next message, copies it to buf and returns its length.
// buf has room for Layout.Message bytes. It returns io.EOF once the writer has closed
// and all is drained.
//
// A message that is known to be there, and as long as most, is taken as Send sends it.
func (r *IndexReader) Recv(buf []byte) (int, error) {
	n := r.Message
	if r.next >= r.ready || n > len(buf) || r.head != 0 && *r.length() != uint64(n) {
		return r.recv(buf)
	}
	if !copyShort(unsafe.Pointer(unsafe.SliceData(buf)), r.payload(), n) {
		Copy(buf[:n], unsafe.Slice((*byte)(r.payload()), n))
	}
	r.advance()
	return n, nil
}

func (r *IndexReader) recv(buf []byte) (int, error) {
	m, err := r.Peek()
	if err != nil {
		return 0, err
	}
	Copy(buf, m)
	return len(m), r.Release()
}

// RecvBurst waits for a message and copies it to buf, and those behind it that are known
// to be there, as many as buf has room for. All must have size bytes. It returns how many
// there were, and io.EOF as Recv does.
func (r *IndexReader) RecvBurst(buf []byte, size int) (messages int, err error) {
	if r.next == r.seen {
		if err := r.await(); err != nil {
			return 0, err
		}
	}
	n := min(len(buf)/size, int(r.seen-r.next), int(r.due-r.next))
	if err := r.take(buf[:n*size], size); err != nil {
		return 0, err
	}
	r.advanceBy(n)
	if r.next == r.due {
		r.giveBack()
	}
	return n, nil
}

// take copies messages out of the slots that come next.
func (r *IndexReader) take(buf []byte, size int) error {
	if r.head == 0 && size != r.Message {
		return errOfAnotherLength(r.Message, size)
	}
	if r.head == 0 && size == r.Stride {
		Copy(buf, unsafe.Slice((*byte)(r.payload()), len(buf)))
		return nil
	}
	for slot := r.at; len(buf) > 0; slot += uintptr(r.Stride) {
		if r.head != 0 {
			if n := int(*(*uint64)(unsafe.Add(r.first, slot))); n != size {
				return errOfAnotherLength(n, size)
			}
		}
		Copy(buf[:size], unsafe.Slice((*byte)(unsafe.Add(r.first, slot+r.head)), size))
		buf = buf[size:]
	}
	return nil
}

// Peek waits for the next message and returns it where it lies. It returns
// io.EOF as Recv does.
func (r *IndexReader) Peek() ([]byte, error) {
	if r.next == r.seen {
		if err := r.await(); err != nil {
			return nil, err
		}
	}
	n := r.Message
	if r.head != 0 {
		if n = int(*r.length()); uint(n) > uint(r.Message) {
			return nil, r.overwritten(n)
		}
	}
	return unsafe.Slice((*byte)(r.payload()), n), nil
}

// Release gives the slot of the message that Peek returned back to the writer.
// The error is nil.
func (r *IndexReader) Release() error {
	r.advance()
	if r.next == r.due {
		r.giveBack()
	}
	return nil
}

func (r *IndexReader) giveBack() {
	r.wrap()
	r.due += r.batch
	r.ready = min(r.seen, r.due-1)
	r.how.publish(&r.ctl.taken.v, r.next, r.writer())
}

// restPauses is for how many PAUSEs a reader that has found nothing rests: in C, with 8
// a stream of 64-byte messages was 1.6 times as fast, with 32 it was 2.6 times.
const restPauses = 32

// await waits until a message has been written that this end has not seen. Where it
// finds none, and does not sleep at once, it first lets some gather.
func (r *IndexReader) await() error {
	at, closed := &r.ctl.written.v, &r.ctl.writerClosed
	if load(at) == r.seen && load(&closed.v) == 0 && r.how.looks() > 0 {
		rest()
	}
	written, open := r.how.change(at, r.seen, 0, r.reader(), closed)
	if !open {
		return io.EOF
	}
	return r.found(written)
}

// found notes that so many messages have been written.
func (r *IndexReader) found(written uint64) error {
	if written-r.next > uint64(r.Slots) {
		return fmt.Errorf("receive: the index says %d messages where %d were taken and %d fit: the shared memory was overwritten", written, r.next, r.Slots)
	}
	r.seen = written
	r.ready = min(r.seen, r.due-1)
	return nil
}

func (r *IndexReader) overwritten(n int) error {
	return fmt.Errorf("receive: a slot says %d bytes where at most %d fit: the shared memory was overwritten", n, r.Message)
}

// TryRecv is Recv that returns 0 where there is no message yet.
func (r *IndexReader) TryRecv(buf []byte) (int, error) {
	if r.next == r.seen {
		written := load(&r.ctl.written.v)
		if written == r.seen {
			// As in Wait.change: a writer publishes before it closes.
			if load(&r.ctl.writerClosed.v) == 0 || load(&r.ctl.written.v) != r.seen {
				return 0, nil // or the next look has it
			}
			return 0, io.EOF
		}
		if err := r.found(written); err != nil {
			return 0, err
		}
	}
	return r.Recv(buf)
}

// Idle is what this end does between two looks, see [Wait].
func (r *IndexReader) Idle(turn int) { r.how.idle(turn) }

// Quit lets a writer that waits for room give up.
func (r *IndexReader) Quit() { r.how.wake(&r.ctl.readerClosed.v, 1, r.writer()) }

// rest is several pauses.
func rest() {
	if model != nil {
		model.pause()
		return
	}
	for range restPauses {
		cpuPause()
	}
}
