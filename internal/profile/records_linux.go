package profile

import (
	"cmp"
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"
)

// A record is one thing that the kernel saw of a thread.
type record struct {
	at      int64 // CLOCK_MONOTONIC, ns
	process int32
	thread  int32
	what    what
	stack   int32  // of a sample, its place in records.stacks
	period  uint64 // of a sample: what went by since the last
}

type what uint8

const (
	sampled   what = iota
	asleep         // it left its CPU, for want of something to do
	preempted      // it left its CPU, for another's sake
	back           // it has a CPU again
)

// switchedOut and pushedOff are flags of PERF_RECORD_SWITCH (PERF_RECORD_MISC_SWITCH_OUT
// and ..._PREEMPT in linux/perf_event.h).
const (
	switchedOut = 1 << 13
	pushedOff   = 1 << 14
)

// A stack is what a thread was at: the kernel's functions and then its own, the innermost
// first. All but the first of each are where a call returns to.
type stack struct{ kernel, user []uint64 }

// records are all that was seen. A stack that was seen before is kept once.
type records struct {
	all    []record
	stacks []stack
	known  map[string]int32
	of     map[int32]bool // the processes that matter: CPUs have others as well
	fields uint64         // of a sample: what Sample_type asked for
	lost   int64          // that there was no room for
}

func newRecords(source Source, targets []Target) records {
	r := records{known: map[string]int32{}, of: map[int32]bool{}, fields: sampleType(source)}
	for _, t := range targets {
		r.of[int32(t.PID)] = true
	}
	return r
}

// add takes in a record as it lies in a ring. The fields of a sample follow each other in
// an order of theirs: thread, time, period, how long its stack is, stack.
func (r *records) add(kind uint32, misc uint16, body []byte) {
	word := func(i int) uint64 { return binary.NativeEndian.Uint64(body[8*i:]) }
	id := func(i int) int32 { return int32(binary.NativeEndian.Uint32(body[4*i:])) }
	seen := func(what what) record {
		return record{at: int64(word(1)), process: id(0), thread: id(1), what: what}
	}
	if kind == unix.PERF_RECORD_SWITCH_CPU_WIDE && len(body) >= 8 {
		kind, body = unix.PERF_RECORD_SWITCH, body[8:] // who comes, or was there before, is told by a record of its own
	}
	switch {
	case kind == unix.PERF_RECORD_LOST && len(body) >= 16:
		r.lost += int64(word(1))
	case len(body) < 4 || !r.of[id(0)]:
	case kind == unix.PERF_RECORD_SAMPLE && len(body) >= 32:
		one, rest := seen(sampled), body[16:]
		if r.fields&unix.PERF_SAMPLE_PERIOD != 0 {
			one.period, rest = word(2), rest[8:]
		}
		n := min(int(binary.NativeEndian.Uint64(rest)), len(rest)/8-1)
		one.stack = r.intern(rest[8 : 8+8*n])
		r.all = append(r.all, one)
	case kind == unix.PERF_RECORD_SWITCH && len(body) >= 16:
		one := seen(back)
		if misc&switchedOut != 0 {
			one.what = asleep
			if misc&pushedOff != 0 {
				one.what = preempted
			}
		}
		r.all = append(r.all, one)
	}
}

func (r *records) intern(chain []byte) int32 {
	if n, known := r.known[string(chain)]; known {
		return n
	}
	n := int32(len(r.stacks))
	r.stacks = append(r.stacks, stackOf(chain))
	r.known[string(chain)] = n
	return n
}

// stackOf divides a chain at its markers, which are numbers no address has.
func stackOf(chain []byte) (s stack) {
	into := &s.user
	for ; len(chain) >= 8; chain = chain[8:] {
		switch address := binary.NativeEndian.Uint64(chain); {
		case int64(address) == unix.PERF_CONTEXT_KERNEL:
			into = &s.kernel
		case int64(address) == unix.PERF_CONTEXT_USER:
			into = &s.user
		case int64(address) < 0 && int64(address) >= unix.PERF_CONTEXT_MAX:
			into = new([]uint64) // of a guest, or of a hypervisor
		default:
			*into = append(*into, address)
		}
	}
	return s
}

// sort brings what came by several rings into the order in which it happened.
func (r *records) sort() {
	slices.SortStableFunc(r.all, func(a, b record) int { return cmp.Compare(a.at, b.at) })
}
