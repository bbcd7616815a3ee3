package bench_test

import (
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"time"

	"ipcbench/bench/internal/message"
	"ipcbench/bench/workload"
	"ipcbench/results"
	"ipcbench/transports"
)

// A looping transport is a pipe whose ends exchange messages of a word in a loop of
// their own, as another program would, and then tell the truth or a lie.
type looping struct{}

func init() { transports.Register(looping{}) }

func (looping) Info() transports.Info {
	return transports.Info{
		Name: "looping", Doc: "a pipe with a loop", Kind: transports.Stream,
		Caps:    transports.OwnLoop | transports.OwnThreads | transports.Allocates | transports.NeedsCollector,
		Options: []transports.Option{{Name: "lie", Doc: "what is not true", Takes: "LIE", Values: []transports.Value{{Name: "none", Doc: "nothing"}}}},
	}
}

func (looping) pipe(s transports.Spec) (transports.Transport, transports.Spec) {
	t, _ := transports.Lookup("pipe")
	spec, _ := transports.Parse("pipe")
	spec.Size, spec.Uniform = s.Size, s.Uniform
	return t, spec
}

func (l looping) Probe(s transports.Spec) error {
	t, spec := l.pipe(s)
	return t.Probe(spec)
}

func (l looping) Create(s transports.Spec) (transports.Link, error) {
	t, spec := l.pipe(s)
	return t.Create(spec)
}

func (l looping) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	t, spec := l.pipe(s)
	ep, err := t.Open(spec, side, h)
	return &loop{Endpoint: ep, side: side, lie: s.Option("lie"), word: make([]byte, 8)}, err
}

type loop struct {
	transports.Endpoint
	side   transports.Side
	lie    string
	order  workload.Order
	word   []byte
	next   uint64
	digest message.Digest
	told   workload.Account
}

func (l *loop) Pid() int { return os.Getpid() }

func (l *loop) give(p message.Phase) error {
	binary.LittleEndian.PutUint64(l.word, message.Key(l.order.Key).Head(l.next, p))
	l.next++
	return l.Send(l.word)
}

func (l *loop) take() (message.Phase, error) {
	_, err := l.Recv(l.word)
	head := binary.LittleEndian.Uint64(l.word)
	l.digest = l.digest.Add(head)
	return message.Phase(head % 4), err
}

func (l *loop) trip(p message.Phase) error {
	if err := l.give(p); err != nil {
		return err
	}
	_, err := l.take()
	return err
}

func (l *loop) WarmUp(o workload.Order) (workload.Warm, error) {
	l.order = o
	began := workload.Now()
	for n := int64(1); ; n++ {
		last := n > o.Warmup.Messages
		var p message.Phase
		var err error
		switch {
		case l.side == transports.Consumer:
			p, err = l.take()
			last = p == message.Marking
			if err == nil && !last {
				err = l.Send(l.word)
			}
		case last:
			err = l.trip(message.Marking)
		default:
			err = l.trip(message.Warming)
		}
		if last || err != nil {
			return workload.Warm{Messages: n, NS: workload.Now() - began}, err
		}
	}
}

func (l *loop) Measure(int64) error {
	l.told = workload.Account{Began: workload.Now(), Times: map[int64]int64{}}
	if l.side == transports.Producer {
		for range l.order.Messages {
			at := workload.Now()
			if err := l.trip(message.Measured); err != nil {
				return err
			}
			l.told.Times[workload.Now()-at]++
		}
		l.told.Sent, l.told.Received, l.told.Ended = l.order.Messages, l.order.Messages, workload.Now()
		return l.give(message.Last)
	}
	for p := message.Marking; p != message.Last; {
		if err := l.Send(l.word); err != nil {
			return err
		}
		var err error
		if p, err = l.take(); err != nil {
			return err
		}
		l.told.Received++
	}
	l.told.Received--
	l.told.Sent, l.told.Ended = l.told.Received, workload.Now()
	return nil
}

func (l *loop) Account() (workload.Account, error) {
	a := l.told
	a.Digest = uint64(l.digest)
	if l.side == transports.Producer {
		lies[l.lie](&a)
	}
	return a, nil
}

// lies are what a producer's program may tell, and the reason that it is found by.
var lies = map[string]func(*workload.Account){
	"none":     func(*workload.Account) {},
	"hurries":  func(a *workload.Account) { a.Began = a.Ended - 1 },
	"foresees": func(a *workload.Account) { a.Ended += int64(time.Hour) },
	"boasts":   func(a *workload.Account) { a.Sent *= 2; a.Received *= 2 },
	"unread":   func(a *workload.Account) { a.Digest++ },
	"fewer":    func(a *workload.Account) { a.Times = map[int64]int64{1000: 1} },
	"slower":   func(a *workload.Account) { a.Times = map[int64]int64{int64(time.Second): a.Sent} },
}

// TestPrograms measures ends that exchange messages in a loop of their own, and finds
// out what is not true of what they tell.
func TestPrograms(t *testing.T) {
	for lie, reason := range map[string]string{
		"none": "", "hurries": "the program says that", "foresees": "it was let go at", "boasts": "it was asked for 20000", "unread": "it has not read all of them",
		"fewer": "1 round trips were timed", "slower": "of ",
	} {
		t.Run(lie, func(t *testing.T) {
			p := smallPlan(t, "looping:lie="+lie)
			p.Sizes, p.Messages, p.Launches = []int{8}, 20000, 1
			for _, l := range measure(t, p) {
				switch {
				case reason == "" && (l.Status != results.OK || l.Messages != 20000 || l.Verified < 2*l.Messages):
					t.Errorf("it is %s: %s: %d messages, %d verified", l.Status, l.Reason, l.Messages, l.Verified)
				case reason != "" && (l.Status != results.Failed || !strings.Contains(l.Reason, reason)):
					t.Errorf("it is %s: %s\nwant %q", l.Status, l.Reason, reason)
				}
			}
		})
	}
}

// TestProgramsAreNotAskedForAll: what no program could be asked for is skipped.
func TestProgramsAreNotAskedForAll(t *testing.T) {
	p := smallPlan(t, "looping")
	p.Workloads, p.Sizes, p.Pairs = []string{"latency", "setup"}, []int{4, 64}, []int{1, 2}
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		if can := c.Workload == "latency" && c.SizeBytes == 64 && c.Pairs < 2; can != c.Runnable() {
			t.Errorf("%s of %d bytes, %d pairs: %q", c.Workload, c.SizeBytes, c.Pairs, c.Skip)
		}
	}
}
