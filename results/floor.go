package results

import (
	"fmt"
	"math"
	"slices"
)

// The floors, by name and in the order in which they are taken.
const (
	ClockFloor     = "clock"
	CacheLineFloor = "cacheline"
	WakeUpFloor    = "wakeup"
	CopyFloor      = "copy"
	NullFloor      = "null"
)

// floors are what is known of those of each name.
var floors = []struct {
	name  string
	words string // what it is, before what it is of
	doc   string
	// far is how far a floor is from what a cell does: 0 where it is of just
	// that, +Inf where it says nothing of it.
	far func(Floor, Cell) float64
	// bounds says whether it is a bound of cells that wait so.
	bounds func(Way) bool
	// instead is the floor for the others, in whose place this one stands where
	// that was not taken, as in runs of older versions; "": none.
	instead string
}{
	{
		name: ClockFloor, words: "reading the clock", far: everywhere, bounds: always,
		doc: "reading the clock once, which is subtracted from every stamped time",
	},
	{
		name: CacheLineFloor, words: "the cache-line round trip", far: betweenCPUs, bounds: looking, instead: WakeUpFloor,
		doc: "the round trip of a cache line between two CPUs that wait for it in turn",
	},
	{
		name: WakeUpFloor, words: "the wake-up round trip", far: betweenCPUs, bounds: Way.Woken,
		doc: "the round trip between two processes that sleep in the kernel until the other wakes them",
	},
	{
		name: CopyFloor, words: "copying", far: bySize, bounds: always,
		doc: "copying a message once, both buffers in cache",
	},
	{
		name: NullFloor, words: "the null transport's round trip of", far: bySize, bounds: always,
		doc: "a round trip that goes nowhere: make, copy in, copy out and check a message in one process",
	},
}

func always(Way) bool { return true }

// looking is also of an end of which it is not known how it waits.
func looking(w Way) bool { return w.Looks() || !w.Woken() }

func everywhere(Floor, Cell) float64 { return 0 }

// bySize is by how much the floor's messages are longer or shorter; those of a mix
// are both.
func bySize(f Floor, c Cell) float64 {
	if c.SizeMix != "" {
		return math.Inf(1)
	}
	return math.Abs(math.Log(float64(f.SizeBytes) / float64(c.SizeBytes)))
}

// betweenCPUs is 1 where the floor is of other CPUs: they stand for the cell's as
// long as they are as many.
func betweenCPUs(f Floor, c Cell) float64 {
	cpus := c.CPUs()
	switch {
	case len(cpus) == 0 || len(cpus) != len(f.CPUs):
		return math.Inf(1)
	case !slices.Equal(cpus, f.CPUs):
		return 1
	}
	return 0
}

// NewFloor returns the floor of that name, with its Doc.
func NewFloor(name string) Floor {
	f := Floor{Name: name}
	if i := f.place(); i >= 0 {
		f.Doc = floors[i].doc
	}
	return f
}

// place is where the floor stands in the table, or -1.
func (f Floor) place() int {
	for i := range floors {
		if floors[i].name == f.Name {
			return i
		}
	}
	return -1
}

// Concerns says whether the floor, one of those that were taken, bounds the time
// that a message of the cell takes: it is of what the cell does, or the nearest
// to it. What of the machine it shows to have changed, the cell may owe its own
// change to.
func (f Floor) Concerns(cell Cell, taken []Floor) bool {
	i := f.place()
	if i < 0 {
		return false
	}
	kind := floors[i]
	if !kind.bounds(cell.Way()) && (kind.instead == "" || slices.ContainsFunc(taken, func(other Floor) bool {
		return other.Name == kind.instead && other.Concerns(cell, taken)
	})) {
		return false
	}
	far := kind.far(f, cell)
	return !math.IsInf(far, 1) && !slices.ContainsFunc(taken, func(other Floor) bool {
		return other.Name == f.Name && kind.far(other, cell) < far
	})
}

// What says in words what the floor is of: "the cache-line round trip between
// CPUs 0 and 1".
func (f Floor) What() string {
	i := f.place()
	if i < 0 {
		return "the floor " + f.Name
	}
	words, of := floors[i].words, f.Of()
	switch {
	case of == "":
		return words
	case len(f.CPUs) == 1:
		return words + " on " + of
	case len(f.CPUs) == 2:
		return words + " between " + of
	}
	return words + " " + of
}

// Of says which of the floors of one name it is: "64 B", "CPU 0", "CPUs 0 and
// 1", or "" where there is but one.
func (f Floor) Of() string {
	switch {
	case f.SizeBytes > 0:
		return FormatSize(f.SizeBytes)
	case len(f.CPUs) == 1:
		return fmt.Sprintf("CPU %d", f.CPUs[0])
	case len(f.CPUs) == 2:
		return fmt.Sprintf("CPUs %d and %d", f.CPUs[0], f.CPUs[1])
	}
	return ""
}

// Range returns between what the samples lay, in ns, but for the least and the
// greatest where there are at least five: one stall is no unsteady machine. It
// is 0 to 0 without any.
func (f Floor) Range() (lo, hi float64) {
	var sorted []float64
	for _, sample := range f.Samples {
		sorted = append(sorted, sample.NS)
	}
	slices.Sort(sorted)
	if len(sorted) >= 5 {
		sorted = sorted[1 : len(sorted)-1]
	}
	if len(sorted) == 0 {
		return 0, 0
	}
	return sorted[0], sorted[len(sorted)-1]
}
