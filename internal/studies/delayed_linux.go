package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"ipcbench/transports"
)

// delayEnv, where it is set, makes a process of this binary ipcbench with the
// delayed transports. It says by how much they are slower than what they wrap,
// in nanoseconds for each message of the producer. That is no option of theirs,
// because two runs are compared cell by cell and a cell is named by its options.
const delayEnv = "STUDY_DELAY_NS"

// delayed is a transport with a known fault: before each message the producer
// burns CPU time. With it a study knows the truth that compare is to find.
type delayed struct{ name, inner string }

const delayedPrefix = "delayed-"

// registerDelayed makes the delayed transports known, in the processes that are
// to be ipcbench with them.
func registerDelayed() {
	for name, inner := range map[string]string{"pipe": "pipe", "unix": "unix", "futex": "mmap:wait=futex", "spin": "mmap:wait=spin"} {
		transports.Register(delayed{delayedPrefix + name, inner})
	}
}

func (d delayed) Info() transports.Info {
	t, spec, err := d.unwrap(transports.Spec{})
	if err != nil {
		panic(err)
	}
	info := transports.Info{
		Name: d.name, Doc: d.inner + " with a busy-wait before each message of the producer",
		Kind: t.Info().Kind, Caps: spec.Caps() & transports.NeedsDir, MaxSize: t.Info().MaxSize,
	}
	if spec.Waits() == transports.Spins {
		info.Options = []transports.Option{{Name: "wait", Values: []transports.Value{{Name: "spin", Waits: transports.Spins}}}}
	}
	return info
}

// unwrap returns what d wraps and the spec that s is for it.
func (d delayed) unwrap(s transports.Spec) (transports.Transport, transports.Spec, error) {
	spec, err := transports.Parse(d.inner)
	if err != nil {
		return nil, spec, err
	}
	spec.Dir, spec.Size, spec.Uniform, spec.Capacity = s.Dir, s.Size, s.Uniform, s.Capacity
	t, err := transports.Lookup(spec.Transport)
	return t, spec, err
}

func (d delayed) Probe(s transports.Spec) error {
	t, spec, err := d.unwrap(s)
	if err != nil {
		return err
	}
	return t.Probe(spec)
}

func (d delayed) Create(s transports.Spec) (transports.Link, error) {
	t, spec, err := d.unwrap(s)
	if err != nil {
		return nil, err
	}
	return t.Create(spec)
}

func (d delayed) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	t, spec, err := d.unwrap(s)
	if err != nil {
		return nil, err
	}
	e, err := t.Open(spec, side, h)
	if err != nil {
		return nil, err
	}
	ns, err := strconv.ParseFloat(os.Getenv(delayEnv), 64)
	if err != nil {
		return nil, fmt.Errorf("delayed: %s: %w", delayEnv, err)
	}
	if side == transports.Consumer {
		ns = 0
	}
	return &delayedEnd{Endpoint: e, turns: int(ns / turnNS())}, nil
}

// A delayedEnd burns so many turns before each message.
type delayedEnd struct {
	transports.Endpoint
	turns int
	sum   uint64
}

func (e *delayedEnd) Send(msg []byte) error {
	e.sum = burn(e.turns, e.sum)
	return e.Endpoint.Send(msg)
}

// burn takes the same time for each of its turns: each needs the one before.
//
//go:noinline
func burn(turns int, sum uint64) uint64 {
	for range turns {
		sum = sum*6364136223846793005 + 1442695040888963407
	}
	return sum
}

// turnNS measures what a turn takes. The least of several is the one that
// nothing interrupted.
func turnNS() float64 {
	const turns = 100_000
	least, sum := time.Duration(1<<62), uint64(1)
	for range 20 {
		start := time.Now()
		sum = burn(turns, sum)
		least = min(least, time.Since(start))
	}
	runtime.KeepAlive(sum)
	return float64(least) / turns
}
