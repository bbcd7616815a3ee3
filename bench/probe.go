package bench

import (
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench/internal/clock"
	"ipcbench/internal/peer"
)

// probeRole is what a probe is started as. It sleeps on a CPU that has nothing
// else to do, a nap at a time, and notes how late it wakes, as jHiccup does:
// there it is late only where the machine is.
const probeRole = "probe"

const (
	nap = time.Millisecond
	// ending is how many naps do not count: while the last of them are taken,
	// the driver is up and hears the reports, and may be so on this CPU.
	ending = 3
)

// probe naps from the driver's first word to its second, and then tells what
// stalls there were. Without a timer slack of 1 ns it would be woken 50 µs late
// on purpose; see PR_SET_TIMERSLACK in prctl(2).
func probe(c *peer.Control) error {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("probe: set the timer slack: %w", err)
	}
	if err := c.Ready(); err != nil {
		return err
	}
	var stop atomic.Bool
	go func() {
		c.Hear(new(string)) // an error is that the driver is gone
		stop.Store(true)
	}()
	var late []int64
	length := unix.NsecToTimespec(int64(nap))
	for !stop.Load() {
		before := clock.Now()
		if unix.Nanosleep(&length, nil) == nil { // otherwise a signal woke it
			late = append(late, clock.Now()-before-int64(nap))
		}
	}
	return c.Tell(stallsOf(late[:max(0, len(late)-ending)]))
}

// stalls is what a probe saw.
type stalls struct {
	Count   int64 // wake-ups later than usual by more than a stall
	WorstNS int64 // how late the latest of all was
}

const stall = 50 * time.Microsecond

// stallsOf takes for usual what the median of the wake-ups was late, in ns:
// leaving an idle state takes from 2 µs to more than 50.
func stallsOf(late []int64) stalls {
	if len(late) == 0 {
		return stalls{}
	}
	slices.Sort(late)
	usual := late[len(late)/2]
	seen := stalls{WorstNS: late[len(late)-1]}
	for _, ns := range late {
		if ns > usual+int64(stall) {
			seen.Count++
		}
	}
	return seen
}
