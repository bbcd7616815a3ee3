package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench/internal/rally"
	"ipcbench/internal/host"
	"ipcbench/results"
)

// cacheLine returns how long two different CPUs take to hand each other a cache
// line and have it back, in nanoseconds: the least that a round trip between
// them can take. It uses both for about d, by two threads of this process that
// end with it.
func cacheLine(ctx context.Context, a, b int, d time.Duration) (ns float64, err error) {
	memory, err := unix.Mmap(-1, 0, rally.Size(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return 0, fmt.Errorf("cache line: mmap %d bytes: %w", rally.Size(), err)
	}
	r := rally.In(memory)
	var batches []float64
	back := onCPU(b, func() { r.Return(rallyLimit) })
	there := onCPU(a, func() { batches = r.Serve(d, rallyLimit) })
	errThere := <-there
	r.End() // also where nobody served
	err = errors.Join(errThere, <-back)
	if err = errors.Join(err, ctx.Err(), unix.Munmap(memory)); err != nil {
		return 0, err
	}
	if len(batches) == 0 {
		return 0, fmt.Errorf("cache line: CPUs %d and %d did not hand it over in time: is one of them taken by something else?", a, b)
	}
	return results.Median(batches), nil
}

const (
	rallyTime  = 4 * time.Millisecond
	rallyLimit = time.Second // for both threads to begin and end
)

// onCPU calls f on a thread that is pinned to cpu meanwhile. The channel tells when
// it has ended, or why it could not be pinned.
//
// The thread is given back: a new one each time would in the end be one too many,
// see [peer.ReserveThreads].
func onCPU(cpu int, f func()) <-chan error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		before, err := host.Affinity()
		if err == nil {
			err = host.Pin(cpu)
		}
		if err == nil {
			f()
		}
		if before != nil && host.PinTo(before) == nil {
			runtime.UnlockOSThread() // otherwise no other goroutine gets this thread
		}
		done <- err
	}()
	return done
}
