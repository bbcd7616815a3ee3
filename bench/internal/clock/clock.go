// Package clock reads the machine's clock: the one that a driver and its workers
// have in common, so that what one of them noted can be held against what
// another did.
//
// It knows time. It must not know what is timed.
package clock

import (
	"math"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// epoch is when CLOCK_MONOTONIC was 0, as this process sees it, and uncertain by
// how much it may be off, in ns.
var epoch, uncertain = calibrate()

// Now returns nanoseconds of CLOCK_MONOTONIC. time.Since of a time with a
// monotonic part reads it through the vDSO, which costs half of time.Now and a
// tenth of a clock_gettime system call.
func Now() int64 { return int64(time.Since(epoch)) }

// Uncertain returns by how many nanoseconds Now may differ from CLOCK_MONOTONIC,
// always by the same in the life of a process.
func Uncertain() int64 { return uncertain }

// brackets is how often the two clocks are compared, some 0.3 µs each.
const brackets = 16

// calibrate looks up what CLOCK_MONOTONIC says between two looks at the clock of
// package time, which does not tell what it counts from. The truth lies between
// the two, and the nearest two know it best.
func calibrate() (epoch time.Time, uncertain int64) {
	epoch, uncertain = time.Now(), math.MaxInt64
	var kernel unix.Timespec
	for range brackets {
		before := time.Now()
		if unix.ClockGettime(unix.CLOCK_MONOTONIC, &kernel) != nil {
			break // no kernel that Go runs on is without it
		}
		between := time.Since(before)
		if half := int64(between+1) / 2; half < uncertain {
			epoch, uncertain = before.Add(between/2-time.Duration(kernel.Nano())), half
		}
	}
	return epoch, uncertain
}

// Cost is what a reading of the clock takes, in ns: what a stamped operation has
// too much.
func Cost() float64 {
	return PerCall(21, 500, func(calls int) {
		for range calls {
			Now()
		}
	})
}

// PerCall has so many batches of calls made and returns the median time of a
// call, in ns: to hundredths where there are hundreds in a batch, however far
// apart two readings of the clock are. A batch that was interrupted is one of
// many.
func PerCall(batches, calls int, batch func(calls int)) float64 {
	return perCall(Now, batches, calls, batch)
}

func perCall(now func() int64, batches, calls int, batch func(calls int)) float64 {
	took := make([]int64, batches)
	for i := range took {
		before := now()
		batch(calls)
		took[i] = now() - before
	}
	slices.Sort(took)
	return math.Round(100*float64(took[batches/2])/float64(calls)) / 100
}
