package shm

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

// A weakMachine runs two ends in every order that a machine as weak as arm64 or
// riscv64 allows. Loads and stores pass each other unless one of these forbids it, of
// what those architectures call preserved program order (Arm Architecture Reference
// Manual B2.3, "Ordering relations"; RISC-V unprivileged ISA, chapter "RVWMO", rules 1
// to 13):
//
//   - the earlier is an acquire load, or the later a release store;
//   - the earlier is the store of a swap and the later an acquire load (those of both are
//     RCsc), but not where the later is a plain load: the swap is no fence;
//   - both are of one word, and one of them is a store, or the later would see an older
//     value;
//   - the later is a store, and its address, its value or whether it happens depends on
//     what the earlier loaded. That never orders two loads here: where a message lies
//     does not depend on its mark.
//
// It has a word's stores one after another, and a view for each end: of each word, the
// earliest of its stores that the end may still see. A release store carries the view of
// its end to whoever sees it by an acquire load. So are loads early and stores late, as
// in "Promising-ARM/RISC-V" (Pulte and others, PLDI 2019). What is promised there, a
// store before an earlier load, is the other way round here: of messages, by whose
// bytes no end decides anything, a load stays open until a release store, or the end of
// the program, wants it done.
//
// Stores reach all others at once (multi-copy atomic), as they do on both.
type weakMachine struct {
	schedule
	without string // the barrier that is left out: "mark load", "taken store", "mark swap"

	ring  modelRing
	base  *uint64
	words [][]written
	view  view  // of all swaps so far
	wrong error // what an open load has found
}

// A view is of each word the place of a store among those of the word.
type view [6 + 2*4]uint8

func (v *view) join(other view) {
	for i := range v {
		v[i] = max(v[i], other[i])
	}
}

type written struct {
	value uint64
	view  view // that whoever sees it by an acquire load has
}

// weakEnd is what an end has of a weak machine.
type weakEnd struct {
	view   view // what it may not see any more
	sc     view // what its acquire loads may not see any more either, by its own swaps
	open   []openLoad
	looked []int // the words that it has looked at since its pause
	kept   int   // of history, before what it has seen in vain
}

// An openLoad is of a message, and may be done until something forbids that.
type openLoad struct {
	word  int
	from  uint8 // the first of the stores that it may see
	value uint64
}

// wordOf numbers the words: those of the control block, and those of each slot.
func (x *weakMachine) wordOf(p *uint64) int {
	at := int(uintptr(unsafe.Pointer(p)) - uintptr(unsafe.Pointer(x.base)))
	if words := len(x.ring.control); at >= words*line {
		return words + (at-words*line)/8
	}
	return at / line
}

// nameOf is what a barrier on the word is called by.
func (x *weakMachine) nameOf(word int) string {
	if slot := word - len(x.ring.control); slot >= 0 {
		return x.ring.slot[slot%len(x.ring.slot)]
	}
	return x.ring.control[word]
}

func (x *weakMachine) has(word int, barrier string) bool {
	return x.without != x.nameOf(word)+" "+barrier
}

func (x *weakMachine) last(word int) uint8 { return uint8(len(x.words[word]) - 1) }

func (x *weakMachine) newest(p *uint64) uint64 {
	word := x.wordOf(p)
	return x.words[word][x.last(word)].value
}

func (x *weakMachine) actions() (list []func()) {
	for _, e := range x.ends {
		ready := e.need == nothing || e.need == change && slices.ContainsFunc(e.looked, func(word int) bool { return x.last(word) > e.view[word] })
		if !e.done && ready {
			list = append(list, func() { x.step(e) })
		}
	}
	return list
}

// state leaves out the stores that no end can see any more.
func (x *weakMachine) state(s []byte) []byte {
	var first view
	for word := range x.words {
		first[word] = min(x.ends[0].view[word], x.ends[1].view[word])
		for _, e := range x.ends {
			for _, o := range e.open {
				if o.word == word {
					first[word] = min(first[word], o.from)
				}
			}
		}
	}
	put := func(v view) {
		for word := range x.words {
			s = append(s, max(v[word], first[word])-first[word])
		}
	}
	for _, e := range x.ends {
		s = fmt.Appendf(s, "%s|%d%v|", e.history, e.need, e.done)
		put(e.view)
		put(e.sc)
		for _, o := range e.open {
			s = append(s, 'o', byte(o.word), o.from-first[o.word], byte(o.value))
		}
		if e.need == change {
			for _, word := range e.looked {
				s = append(s, 'l', byte(word))
			}
		}
	}
	for word, all := range x.words {
		s = append(s, ';')
		for _, w := range all[first[word]:] {
			s = strconv.AppendUint(s, w.value, 16)
			put(w.view)
		}
	}
	put(x.view)
	return fmt.Appendf(s, "%v%v", x.counts, x.wrong)
}

// see is a load: of any store that the end may still see.
func (x *weakMachine) see(e *modelEnd, word int, from uint8) written {
	at := from + uint8(x.choose(int(x.last(word)-from)+1))
	e.view[word] = max(e.view[word], at)
	return x.words[word][at]
}

func (x *weakMachine) load(p *uint64) uint64 {
	e, word := x.yield(nothing), x.wordOf(p)
	from, acquires := e.view[word], x.has(word, "load")
	if acquires {
		from = max(from, e.sc[word])
	}
	w := x.see(e, word, from)
	if acquires {
		e.view.join(w.view)
		e.view.join(e.sc) // whatever comes later comes after this load, and so after the swap
	}
	e.looked = append(e.looked, word)
	e.history = strconv.AppendUint(e.history, w.value, 16)
	if e.kept == 0 {
		e.kept = len(e.history)
	}
	return w.value
}

// put appends a store to those of its word. Without release it carries nothing but
// itself.
func (x *weakMachine) put(e *modelEnd, word int, v uint64, release bool) {
	e.view[word] = x.last(word) + 1
	w := written{value: v}
	if release {
		x.close(e)
		w.view = e.view
	} else {
		w.view[word] = e.view[word]
	}
	x.words[word] = append(x.words[word], w)
}

func (x *weakMachine) store(p *uint64, v uint64) {
	e, word := x.yield(nothing), x.wordOf(p)
	x.put(e, word, v, x.has(word, "store"))
}

// swap has the store and what it is ordered with. Left out, it is a release store; and
// left out with its release, a plain one.
func (x *weakMachine) swap(p *uint64, v uint64) {
	e, word := x.yield(nothing), x.wordOf(p)
	x.put(e, word, v, x.has(word, "swap, and its release"))
	if x.has(word, "swap") && x.has(word, "swap, and its release") {
		x.view.join(e.view)
		e.sc.join(x.view)
	}
}

// fence is what a system call is: the kernel's locks are barriers.
func (x *weakMachine) fence() *modelEnd {
	e := x.yield(nothing)
	x.close(e)
	x.view.join(e.view)
	e.view.join(x.view)
	return e
}

// close does the loads that are open.
func (x *weakMachine) close(e *modelEnd) {
	for _, o := range e.open {
		if w := x.see(e, o.word, o.from); w.value != o.value && x.wrong == nil {
			x.wrong = fmt.Errorf("message %d is read as %d", o.value, w.value)
		}
	}
	e.open = nil
}

// pause goes on once there is something new where the end has looked, and then that
// has become visible. It is in its program where it was before it looked in vain.
func (x *weakMachine) pause() {
	e := x.current
	e.history = e.history[:e.kept]
	e = x.yield(change)
	for _, word := range e.looked {
		e.view[word] = x.last(word)
	}
	e.looked = nil
}

// transfer explores n messages over a ring. Its ends build messages where they lie and
// read them there: Send and Recv are the same steps, with a copy in between.
func (x *weakMachine) transfer(ring modelRing, slots, n int, how Wait) error {
	memory, mem := memoryOf(ring, slots)
	x.ring, x.base, x.machine = ring, &memory[0], x
	model = x
	defer func() { model = nil }()
	writer := func() error {
		w, state := ring.writer(mem, slots, how)
		for i := range n {
			x.at(fmt.Sprintf("w%d.%s:", i, state()))
			room, err := w.Loan(8)
			if err != nil {
				return err
			}
			x.put(x.current, x.wordOf((*uint64)(unsafe.Pointer(&room[0]))), uint64(i+1), false)
			w.Commit()
		}
		x.at("w:")
		w.End()
		return nil
	}
	reader := func() error {
		r, state := ring.reader(mem, slots, how)
		for i := range n {
			x.at(fmt.Sprintf("r%d.%s:", i, state()))
			m, err := r.Peek()
			if err != nil {
				return fmt.Errorf("message %d: %w", i+1, err)
			}
			e, word := x.current, x.wordOf((*uint64)(unsafe.Pointer(&m[0])))
			e.open = append(e.open, openLoad{word, e.view[word], uint64(i + 1)})
			r.Release()
		}
		x.at("r:" + state())
		if m, err := r.Peek(); err == nil {
			return fmt.Errorf("a message too many: %v", m)
		}
		x.close(x.current)
		return x.wrong
	}
	return x.explore(writer, reader, func() {
		x.words = make([][]written, len(ring.control)+len(ring.slot)*slots)
		for i := range x.words {
			x.words[i] = []written{{}}
		}
		x.view, x.wrong = view{}, nil
	})
}

// deep has the weak machine carry more messages, which takes minutes.
var deep = flag.Bool("deep", false, "explore the ring on a weak machine with more messages")

// TestEveryWeakOrdering finds a lost, repeated or torn message, a lost end of stream
// and a lost wake-up, in every order of loads and stores that such a machine allows.
func TestEveryWeakOrdering(t *testing.T) {
	more := 0
	if *deep {
		more = 2
	}
	for _, c := range weakCases {
		for _, ring := range weakRings {
			t.Run(ring.name+"/"+c.name, func(t *testing.T) {
				var x weakMachine
				if err := x.transfer(ring.modelRing, c.slots, c.messages+more, c.how); err != nil {
					t.Error(err)
				}
				t.Logf("%d messages over %d slots: %d states in %d runs", c.messages+more, c.slots, x.states, x.runs)
			})
		}
	}
}

// weakRings are the rings whose every word this machine knows of: a length is a part of
// its message, and stored with it.
var weakRings = []struct {
	name string
	modelRing
	published string // the word that says that a message is there
}{{"marks", byMarks, "mark"}, {"index", byIndexAlone, "written"}}

var weakCases = []struct {
	name            string
	how             Wait
	slots, messages int
}{
	{"spin/no message", Spin, 4, 0},
	{"spin/room for all", Spin, 4, 2},
	{"spin/room for one", Spin, 1, 3},
	{"spin/room for two", Spin, 2, 3},
	{"futex/no message", Futex, 4, 0},
	{"futex/room for all", Futex, 4, 2},
	{"futex/room for one", Futex, 1, 2},
	{"eventfd/room for all", Eventfd, 4, 1},
	{"eventfd/room for one", Eventfd, 1, 2},
}

// TestWeakOrderingFindsAMissingBarrier leaves out one barrier after another. Nothing
// goes wrong without two of them: a store that happens only where a load has seen
// something is ordered after that load; and nobody sleeps who only looks.
func TestWeakOrderingFindsAMissingBarrier(t *testing.T) {
	const torn, lastLost, asleep, none = "is read as", "EOF", "waits for ever", ""
	for _, c := range []struct {
		without string
		how     Wait
		slots   int // 1: the writer has to wait for room, and cannot wake by the next message
		want    string
	}{
		{"mark store", Spin, 4, torn},
		{"mark load", Spin, 4, torn},
		{"taken store", Spin, 1, torn},
		{"taken load", Spin, 1, none},
		{"writerClosed swap, and its release", Spin, 4, lastLost},
		{"writerClosed swap", Spin, 4, none},
		{"writerClosed load", Spin, 4, lastLost},

		{"mark swap, and its release", Futex, 4, torn},
		{"mark swap", Futex, 1, asleep},
		{"mark load", Futex, 4, torn},
		{"taken swap, and its release", Futex, 1, asleep},
		{"taken swap", Futex, 1, asleep},
		{"taken load", Futex, 1, asleep}, // which the writer does once more before it sleeps
		{"writerClosed swap", Futex, 4, asleep},
		{"writerClosed load", Futex, 4, lastLost},
		{"readerAsleep swap", Futex, 4, asleep},
		{"readerAsleep load", Futex, 4, asleep},
		{"writerAsleep swap", Futex, 1, asleep},
		{"writerAsleep load", Futex, 1, asleep},

		{"mark swap", Eventfd, 1, asleep},
		{"taken swap", Eventfd, 1, asleep},
		{"writerClosed swap", Eventfd, 4, asleep},
		{"readerAsleep swap", Eventfd, 4, asleep},
		{"readerAsleep load", Eventfd, 4, asleep},
		{"writerAsleep swap", Eventfd, 1, asleep},
		{"writerAsleep load", Eventfd, 1, asleep},
	} {
		how := map[Wait]string{Spin: "spin", Futex: "futex", Eventfd: "eventfd"}[c.how]
		for _, ring := range weakRings {
			without := strings.Replace(c.without, "mark", ring.published, 1)
			t.Run(fmt.Sprintf("%s/%s/%s", ring.name, how, without), func(t *testing.T) {
				x := weakMachine{without: without}
				err := x.transfer(ring.modelRing, c.slots, 2, c.how)
				switch {
				case c.want == none && err != nil, c.want != none && (err == nil || !strings.Contains(err.Error(), c.want)):
					t.Errorf("without the barrier: %v, want %q; %d states", err, c.want, x.states)
				case err != nil:
					t.Logf("found after %d states", x.states)
				}
			})
		}
	}
}
