package shm

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

// An explorer runs two ends in every order in which their steps can happen on
// a machine with store buffers (total store order, the order of amd64): a
// release store waits in a buffer of its end until the explorer lets it out,
// and a full fence waits until the buffer is empty. It stands in for the
// processor, for futex(2) and for eventfd(2) while exactly one end runs at a time.
//
// It explores by replaying: each run follows the choices of the path so far
// and then takes the first open one. A state that was seen before, in what the
// memory holds and in what each end has read, is not entered again.
type explorer struct {
	weakFences bool // full fences are plain release stores: a wrong machine, to be found out

	schedule
	memory []uint64
}

// A schedule runs two ends in every order, exactly one of them at a time, and is the
// kernel in which they sleep. What their other steps do is its machine's.
type schedule struct {
	machine interface {
		actions() []func()          // the steps that can happen next
		state(to []byte) []byte     // all that decides how the run goes on
		fence() *modelEnd           // a step that waits until all stores of its end are visible
		newest(word *uint64) uint64 // what a word is, for whoever sees all stores
	}
	forgetful bool // an eventfd forgets what is added while nobody reads it: a wrong kernel

	path   []choice
	depth  int // of the choices that this run has made
	seen   map[string]bool
	key    []byte
	runs   int
	states int

	ends    [2]*modelEnd
	current *modelEnd
	counts  [2]uint64 // of the eventfds, whose descriptors are their places here
}

type choice struct{ taken, of int }

type modelEnd struct {
	next    func() (struct{}, bool) // takes this end to its next step
	stop    func()                  // gives up its run
	pause   func(struct{}) bool     // false: given up
	need    need
	history []byte // what this end has done and read: where it is in its program
	done    bool
	err     error

	buffer []entry // of a machine with store buffers
	wrote  bool    // memory changed since its pause
	weakEnd
}

type entry struct {
	p *uint64
	v uint64
}

// A need is what an end that has yielded waits for.
type need int

const (
	nothing   need = iota
	drained        // its buffer empty
	change         // another end's write
	wakeUp         // a futex wake, or an eventfd that counts
	abandoned = "abandoned"
)

// explore runs writer and reader in every order and returns the first thing
// that goes wrong: an error of an end, or that none can go on.
func (x *schedule) explore(writer, reader func() error, reset func()) error {
	x.seen = map[string]bool{}
	for {
		reset()
		x.runs++
		if err := x.run(writer, reader); err != nil {
			return fmt.Errorf("%w, after choices %v", err, x.path)
		}
		for len(x.path) > 0 && x.path[len(x.path)-1].taken+1 >= x.path[len(x.path)-1].of {
			x.path = x.path[:len(x.path)-1]
		}
		if len(x.path) == 0 {
			return nil
		}
		x.path[len(x.path)-1].taken++
	}
}

func (x *schedule) run(bodies ...func() error) error {
	x.counts = [2]uint64{}
	for i, body := range bodies {
		e := &modelEnd{}
		x.ends[i] = e
		e.next, e.stop = iter.Pull(func(pause func(struct{}) bool) {
			defer func() {
				if r := recover(); r != nil && r != any(abandoned) {
					e.err = fmt.Errorf("panic: %v", r)
				}
				e.done = true
			}()
			e.pause = pause
			e.err = body()
		})
	}
	defer x.abandon()
	for x.depth = 0; ; {
		actions := x.machine.actions()
		if len(actions) == 0 {
			return x.ended()
		}
		if x.depth == len(x.path) {
			x.key = x.machine.state(x.key[:0])
			if x.seen[string(x.key)] {
				return nil
			}
			x.seen[string(x.key)] = true
			x.states++
		}
		actions[x.choose(len(actions))]()
	}
}

// choose is which of so many ways this run goes on in.
func (x *schedule) choose(of int) int {
	if x.depth == len(x.path) {
		x.path = append(x.path, choice{of: of})
	}
	x.depth++
	return x.path[x.depth-1].taken
}

// actions are the steps that can happen next.
func (x *explorer) actions() (list []func()) {
	for _, e := range x.ends {
		ready := e.need == nothing || e.need == drained && len(e.buffer) == 0 || e.need == change && e.wrote
		if !e.done && ready {
			list = append(list, func() { x.step(e) })
		}
		if len(e.buffer) > 0 {
			list = append(list, func() {
				first := e.buffer[0]
				e.buffer = e.buffer[1:]
				x.write(first.p, first.v)
			})
		}
	}
	return list
}

func (x *schedule) step(e *modelEnd) {
	e.need, x.current = nothing, e
	e.next()
}

// ended is what is wrong where nothing can happen any more.
func (x *schedule) ended() error {
	for i, e := range x.ends {
		if e.done && e.err != nil {
			return fmt.Errorf("end %d: %w", i, e.err)
		}
	}
	for i, e := range x.ends {
		if !e.done {
			return fmt.Errorf("end %d waits for ever", i)
		}
	}
	return nil
}

func (x *schedule) abandon() {
	for _, e := range x.ends {
		e.stop()
	}
}

// at says where in its program the end is that runs: what it has read before decides
// about nothing else.
func (x *schedule) at(place string) {
	e := x.current
	e.history, e.kept, e.looked = append(e.history[:0], place...), 0, nil
}

// state is all that decides how the run goes on.
func (x *explorer) state(s []byte) []byte {
	for _, e := range x.ends {
		s = fmt.Appendf(s, "%s|%x|%d|%v|%v;", e.history, e.buffer, e.need, e.wrote, e.done)
	}
	s = fmt.Appendf(s, "%v", x.counts)
	for _, word := range x.memory {
		s = append(strconv.AppendUint(s, word, 16), ',')
	}
	return s
}

// yield lets the explorer decide who goes on.
func (x *schedule) yield(n need) *modelEnd {
	e := x.current
	e.need = n
	e.history = append(e.history, 'a'+byte(n))
	if !e.pause(struct{}{}) {
		panic(abandoned)
	}
	return e
}

func (x *schedule) wait(p *uint64, v uint64) {
	x.machine.fence()
	if x.machine.newest(p) == v {
		x.yield(wakeUp)
	}
}

func (x *schedule) wake(*uint64) { x.rouse() }

func (x *schedule) take(fd uintptr) {
	x.machine.fence()
	for x.counts[fd] == 0 {
		x.yield(wakeUp)
	}
	x.counts[fd] = 0
}

// add wakes the other end, which sees in take whether it is its eventfd that
// counts.
func (x *schedule) add(fd uintptr) {
	if slept := x.rouse(); slept || !x.forgetful {
		x.counts[fd]++
	}
}

// rouse wakes the other end, if it sleeps.
func (x *schedule) rouse() (slept bool) {
	waker := x.machine.fence()
	for _, e := range x.ends {
		if e != waker && e.need == wakeUp {
			e.need, slept = nothing, true
		}
	}
	return slept
}

func (x *explorer) write(p *uint64, v uint64) {
	*p = v
	for _, e := range x.ends {
		e.wrote = true
	}
}

func (x *explorer) load(p *uint64) uint64 {
	e := x.yield(nothing)
	v := *p
	for _, pending := range e.buffer {
		if pending.p == p {
			v = pending.v
		}
	}
	e.history = strconv.AppendUint(e.history, v, 16)
	return v
}

func (x *explorer) store(p *uint64, v uint64) {
	e := x.yield(nothing)
	e.buffer = append(e.buffer, entry{p, v})
}

func (x *explorer) swap(p *uint64, v uint64) {
	if x.weakFences {
		x.store(p, v)
		return
	}
	x.fence()
	x.write(p, v)
}

// pause goes on once memory has changed since the pause before: until then, an
// end that waits by looking would look in vain.
func (x *explorer) pause() { x.yield(change).wrote = false }

// fence waits for the buffer, as a system call does.
func (x *explorer) fence() *modelEnd { return x.yield(drained) }

func (x *explorer) newest(p *uint64) uint64 { return *p }

// A modelRing is one of the kinds of ring, with messages of up to 8 bytes. What it says of its
// ends' states is what decides, beside what has been sent, about what they do next.
type modelRing struct {
	control []string // its words there
	slot    []string // and in a slot, from its first
	bytes   func(slots int) int
	writer  func(mem []byte, slots int, how Wait) (w modelWriter, state func() string)
	reader  func(mem []byte, slots int, how Wait) (r modelReader, state func() string)
}

type modelWriter interface {
	Send([]byte) error
	Loan(int) ([]byte, error)
	Commit() error
	SendBurst([]byte, int) error
	End()
}

type modelReader interface {
	Recv([]byte) (int, error)
	TryRecv([]byte) (int, error)
	Idle(int)
	Peek() ([]byte, error)
	Release() error
	RecvBurst([]byte, int) (int, error)
}

// modelFDs are the places of the eventfds in a machine's counts.
var modelFDs = Eventfds{Reader: 0, Writer: 1}

var controlWords = []string{"taken", "readerAsleep", "writerAsleep", "writerClosed", "readerClosed"}

var byMarks = modelRing{
	control: controlWords,
	slot:    []string{"message", "mark"},
	bytes:   func(slots int) int { return marked(slots).Bytes() },
	writer: func(mem []byte, slots int, how Wait) (modelWriter, func() string) {
		w := NewWriter(mem, marked(slots), how, modelFDs)
		return w, func() string { return fmt.Sprint(w.limit) }
	},
	reader: func(mem []byte, slots int, how Wait) (modelReader, func() string) {
		return NewReader(mem, marked(slots), how, modelFDs), func() string { return "" }
	},
}

func marked(slots int) Layout { return Layout{Message: 8, Slots: slots, Stride: 16} }

// byIndex has messages of several lengths, and byIndexAlone of 8 bytes alone.
var (
	byIndex      = indexed(false, []string{"length", "message"})
	byIndexAlone = indexed(true, []string{"message"})
)

func indexed(uniform bool, slot []string) modelRing {
	layout := func(slots int) IndexLayout {
		return IndexLayout{Layout{Message: 8, Slots: slots, Stride: 8 * len(slot)}, uniform}
	}
	return modelRing{
		control: append(controlWords[:len(controlWords):len(controlWords)], "written"),
		slot:    slot,
		bytes:   func(slots int) int { return layout(slots).Bytes() },
		writer: func(mem []byte, slots int, how Wait) (modelWriter, func() string) {
			w := NewIndexWriter(mem, layout(slots), how, modelFDs)
			return w, func() string { return fmt.Sprint(w.limit, ".", w.taken) }
		},
		reader: func(mem []byte, slots int, how Wait) (modelReader, func() string) {
			r := NewIndexReader(mem, layout(slots), how, modelFDs)
			return r, func() string { return fmt.Sprint(r.seen) }
		},
	}
}

func memoryOf(r modelRing, slots int) (words []uint64, mem []byte) {
	words = make([]uint64, r.bytes(slots)/8)
	return words, unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), r.bytes(slots))
}

// transfer explores n messages over a ring of the given slots, with how at
// both ends.
func transfer(x *explorer, ring modelRing, slots, n int, how Wait, receive func(modelReader, []byte) (int, error)) error {
	words, mem := memoryOf(ring, slots)
	lengthOf := func(i int) int {
		if len(ring.slot) == 1 {
			return 8
		}
		return 3 + i%2
	}
	writer := func() error {
		w, state := ring.writer(mem, slots, how)
		for i := range n {
			x.at(fmt.Sprintf("w%d.%s:", i, state()))
			if err := w.Send([]byte{byte(i), 1, 2, byte(i), 0, 0, 0, byte(i)}[:lengthOf(i)]); err != nil {
				return err
			}
		}
		x.at("w:")
		w.End()
		return nil
	}
	reader := func() error {
		r, state := ring.reader(mem, slots, how)
		var buf [8]byte
		for i := range n {
			x.at(fmt.Sprintf("r%d.%s:", i, state()))
			got, err := receive(r, buf[:])
			if err != nil {
				return fmt.Errorf("message %d: %w", i, err)
			}
			if got != lengthOf(i) || buf[0] != byte(i) {
				return fmt.Errorf("message %d: %v", i, buf[:got])
			}
		}
		x.at("r:" + state())
		if got, err := receive(r, buf[:]); err == nil {
			return fmt.Errorf("a message too many: %v", buf[:got])
		}
		return nil
	}
	x.memory, x.machine, model = words, x, x
	defer func() { model = nil }()
	return x.explore(writer, reader, func() { clear(words) })
}

// rings are all kinds, by the name of their tests.
var rings = []struct {
	name string
	modelRing
}{{"marks", byMarks}, {"index", byIndex}, {"index, no lengths", byIndexAlone}}

// TestEveryInterleaving finds a lost, repeated or torn message, a lost end of
// stream and a lost wake-up, whatever the order of the ends' steps.
func TestEveryInterleaving(t *testing.T) {
	for _, c := range []struct {
		name            string
		how             Wait
		slots, messages int
	}{
		{"spin/no message", Spin, 4, 0},
		{"spin/room for all", Spin, 4, 2},
		{"spin/room for one", Spin, 1, 2},
		{"spin/room for two", Spin, 2, 3},
		{"futex/no message", Futex, 4, 0},
		{"futex/room for all", Futex, 4, 2},
		{"futex/room for one", Futex, 1, 2},
		{"eventfd/no message", Eventfd, 4, 0},
		{"eventfd/room for all", Eventfd, 4, 2},
		{"eventfd/room for one", Eventfd, 1, 2},
	} {
		for _, ring := range rings {
			t.Run(ring.name+"/"+c.name, func(t *testing.T) {
				var x explorer
				if err := transfer(&x, ring.modelRing, c.slots, c.messages, c.how, modelReader.Recv); err != nil {
					t.Error(err)
				}
				t.Logf("%d messages over %d slots: %d states in %d runs", c.messages, c.slots, x.states, x.runs)
			})
		}
	}
}

// TestEveryInterleavingOfLooks is the same for a reader that looks and does not wait.
func TestEveryInterleavingOfLooks(t *testing.T) {
	look := func(r modelReader, buf []byte) (n int, err error) {
		for turn := 0; n == 0 && err == nil; turn++ {
			if turn > 0 {
				r.Idle(turn)
			}
			n, err = r.TryRecv(buf)
		}
		return n, err
	}
	for _, c := range []struct{ slots, messages int }{{4, 0}, {4, 2}, {1, 2}} {
		for _, ring := range rings {
			var x explorer
			if err := transfer(&x, ring.modelRing, c.slots, c.messages, Spin, look); err != nil {
				t.Errorf("%s: %d messages over %d slots: %v", ring.name, c.messages, c.slots, err)
			}
		}
	}
}

// transferBursts is transfer of messages of 8 bytes, up to two by a call at either end.
func transferBursts(x *explorer, ring modelRing, slots, n int, how Wait) error {
	const size, most = 8, 2
	words, mem := memoryOf(ring, slots)
	var msgs []byte
	for i := range n {
		msgs = append(msgs, byte(i), 1, 2, byte(i), 0, 0, 0, byte(i))
	}
	writer := func() error {
		w, state := ring.writer(mem, slots, how)
		for left := msgs; len(left) > 0; {
			x.at(fmt.Sprintf("w%d.%s:", len(left), state()))
			burst := left[:min(len(left), most*size)]
			if err := w.SendBurst(burst, size); err != nil {
				return err
			}
			left = left[len(burst):]
		}
		x.at("w:")
		w.End()
		return nil
	}
	reader := func() error {
		r, state := ring.reader(mem, slots, how)
		var buf [most * size]byte
		for left := msgs; ; {
			x.at(fmt.Sprintf("r%d.%s:", len(left), state()))
			got, err := r.RecvBurst(buf[:], size)
			if err == io.EOF && len(left) == 0 {
				return nil
			}
			if err != nil {
				return fmt.Errorf("%d bytes before the end: %w", len(left), err)
			}
			if taken := buf[:got*size]; !bytes.HasPrefix(left, taken) {
				return fmt.Errorf("%v instead of %v", taken, left)
			}
			left = left[got*size:]
		}
	}
	x.memory, x.machine, model = words, x, x
	defer func() { model = nil }()
	return x.explore(writer, reader, func() { clear(words) })
}

// TestEveryInterleavingOfBursts is the same for several messages by a call.
func TestEveryInterleavingOfBursts(t *testing.T) {
	for _, how := range []Wait{Spin, Futex} {
		for _, c := range []struct{ slots, messages int }{{4, 0}, {4, 3}, {1, 2}, {2, 3}} {
			for _, ring := range rings {
				var x explorer
				if err := transferBursts(&x, ring.modelRing, c.slots, c.messages, how); err != nil {
					t.Errorf("%s, waiting %d: %d messages over %d slots: %v", ring.name, how, c.messages, c.slots, err)
				}
			}
		}
	}
}

// TestExplorerFindsLostWakeUp shows that the exploration would find a publish
// without its fence, a word set too late to keep the peer awake, and a wake-up
// that is lost because it came before the sleep.
func TestExplorerFindsLostWakeUp(t *testing.T) {
	for name, c := range map[string]struct {
		x   explorer
		how Wait
	}{
		"futex without fences":           {explorer{weakFences: true}, Futex},
		"eventfd without fences":         {explorer{weakFences: true}, Eventfd},
		"eventfd that does not remember": {explorer{schedule: schedule{forgetful: true}}, Eventfd},
	} {
		for _, ring := range rings {
			t.Run(ring.name+"/"+name, func(t *testing.T) {
				x := c.x
				err := transfer(&x, ring.modelRing, 4, 1, c.how, modelReader.Recv)
				if err == nil || !strings.Contains(err.Error(), "waits for ever") {
					t.Errorf("explored %d runs and found %v instead of an end that waits for ever", x.runs, err)
				}
			})
		}
	}
}

// TestExplorerFindsLostLastMessage shows that it would find a reader that does
// not look once more after the writer has closed.
func TestExplorerFindsLostLastMessage(t *testing.T) {
	hasty := func(ring modelReader, buf []byte) (int, error) {
		r := ring.(*Reader)
		for !r.marked(load(r.mark())) {
			if load(&r.ctl.writerClosed.v) != 0 {
				return 0, fmt.Errorf("end of stream")
			}
			pause()
		}
		return r.Recv(buf)
	}
	x := explorer{}
	err := transfer(&x, byMarks, 4, 1, Spin, hasty)
	if err == nil || !strings.Contains(err.Error(), "end of stream") {
		t.Errorf("explored %d runs of a hasty reader and found %v instead of a lost message", x.runs, err)
	}
}
