package workload

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/results"
)

// A ledger is memory that both ends have beside the link, a row for one in every
// so many messages: the producer writes down when it was due and when it was sent,
// the consumer when it had it, each in a part of its own. So no message carries a
// time, one of a single byte is timed as well as a long one, and nothing is worked
// out while the clock runs.
type ledger struct {
	sends    []send  // the producer's part
	receipts []int64 // the consumer's: when it had the message, ns
	every    int64   // one message in so many has a row
	due      int64   // number of the next message with one, for whoever writes
	next     int     // its row
}

// A send is of one message. Times are of the machine's clock, in ns.
type send struct{ number, due, at int64 }

// mostRows is beyond how many messages not each has a row.
const mostRows = 1 << 18

// planned is how many messages a launch will have, or somewhat more.
func (t Task) planned() int64 {
	switch {
	case t.Messages > 0:
		return t.Messages
	case t.Rate > 0:
		n := t.Rate * t.Time.Seconds()
		return int64(n+8*math.Sqrt(n)) + 2*fewest // of random arrivals, more never come
	}
	return int64(t.Time/lightGap) + 2*fewest
}

// rows is how many the ledger of such a task has.
func (t Task) rows() (n, every int64) {
	planned := t.planned()
	every = (planned + mostRows - 1) / mostRows
	return (planned + every - 1) / every, every
}

func (t Task) ledgerBytes() int {
	n, _ := t.rows()
	return int(n) * int(unsafe.Sizeof(send{})+unsafe.Sizeof(int64(0)))
}

// share maps the memory that both ends have beside the link, and has it faulted in.
func (e *End) share() error {
	if e.Task.Shared == "" {
		return nil
	}
	w, err := Lookup(e.Workload)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(e.Task.Shared, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("open the memory that both ends share: %w: is /proc mounted?", err)
	}
	defer file.Close()
	size := w.Shared(e.Task)
	if e.shared, err = unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE); err != nil {
		return fmt.Errorf("map the %d bytes that both ends share: %w", size, err)
	}
	return nil
}

// ledger is the one of this end's link.
func (e *End) ledger() *ledger {
	n, every := e.rows()
	sends := unsafe.Pointer(&e.shared[0])
	receipts := unsafe.Add(sends, uintptr(n)*unsafe.Sizeof(send{}))
	return &ledger{sends: unsafe.Slice((*send)(sends), n), receipts: unsafe.Slice((*int64)(receipts), n), every: every}
}

// room says whether message n can still be written down.
func (l *ledger) room(n int64) bool { return n/l.every < int64(len(l.sends)) }

// sent writes down that message n was due and was sent at these times.
func (l *ledger) sent(n, due, at int64) {
	if n == l.due {
		l.sends[l.next] = send{n, due, at}
		l.due += l.every
		l.next++
	}
}

// received writes down that message n has come, now.
func (l *ledger) received(n int64) {
	if n == l.due {
		l.receipts[l.next] = Now()
		l.due += l.every
		l.next++
	}
}

// done are the sends of what was received, or sent, and has a row.
func (l *ledger) done() []send { return l.sends[:l.next] }

// lateness tells how late after they were due messages were sent.
func (l *ledger) lateness(h *results.Histogram) {
	for _, s := range l.done() {
		h.Record(max(0, s.at-s.due))
	}
}

// sinceDue tells how long after they were due messages were received, of which
// reading the clock takes so much.
func (l *ledger) sinceDue(h *results.Histogram, reading int64) {
	for i, s := range l.done() {
		h.Record(max(0, l.receipts[i]-s.due-reading))
	}
}

// sinceSent is the same since they were sent.
func (l *ledger) sinceSent(h *results.Histogram, reading int64) {
	for i, s := range l.done() {
		h.Record(max(0, l.receipts[i]-s.at-reading))
	}
}

// report fills in what was received: the messages after the first, up to the last
// with a row, and the time they took.
func (l *ledger) report(r *Report, slices Slices) {
	r.Worker.StampEvery = l.every
	if l.next == 0 {
		return
	}
	last := l.next - 1
	r.Counted, r.Began, r.Ended = l.sends[last].number, l.receipts[0], l.receipts[last]
	slices.Begin(0, r.Began)
	for i := 1; i < last; i++ {
		slices.Stamp(l.sends[i].number, l.receipts[i])
	}
	r.Slices = slices.PerMessage(r.Counted, r.Ended)
}

// scheduledPerS is the rate at which what was received was due, 0 of fewer than two.
func (l *ledger) scheduledPerS() float64 {
	if l.next < 2 {
		return 0
	}
	first, last := l.sends[0], l.sends[l.next-1]
	return float64(last.number) / float64(last.due-first.due) * 1e9
}

// receiveAll is a consumer's part: it writes down when each message has come.
func (e *End) receiveAll() (*ledger, error) {
	number, _, err := e.AnswerMark()
	if err != nil {
		return nil, err
	}
	first := number
	l := e.ledger()
	for ; ; number++ {
		if _, err := e.Receive(number); err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return nil, err
		}
		l.received(int64(number - first))
		e.work()
	}
	e.Stop()
	e.Done()
	e.Report.Received, e.Report.Verified = int64(number-first), int64(number)
	l.report(&e.Report, e.Slices())
	e.Report.Bytes = e.Bytes(first+1, e.Report.Counted)
	return l, nil
}

// reading is what a reading of the clock takes, in whole ns: a time between two has
// so much too much.
func (e *End) reading() int64 { return int64(math.Round(e.Clock)) }
