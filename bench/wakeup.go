package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/bench/internal/clock"
	"ipcbench/internal/host"
	"ipcbench/internal/peer"
	"ipcbench/transports"
)

// wakeUp returns how long an end that sleeps in the kernel on CPU a takes to wake
// one on b, which may be the same, and to be woken by it in turn, in nanoseconds:
// the least that a round trip between ends that sleep can take. It uses both
// CPUs for some 5 ms, by two processes that end with it.
//
// Processes, because that is what ends are: on one CPU a switch between two is
// also one of address spaces. And two threads of the driver that sleep in raw
// calls would each keep one of the processors of its runtime, which may have
// no other.
func wakeUp(ctx context.Context, a, b int) (ns float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, wakeLimit)
	defer cancel()
	beds, err := newBeds()
	if err != nil {
		return 0, err
	}
	defer beds.Close()
	sides := []transports.Side{transports.Producer, transports.Consumer}
	pair, err := peer.StartPair(ctx, beds, sides,
		func(transports.Side) peer.Options { return peer.Options{Role: wakeRole, CPU: -1, Env: undisturbed} },
		func(side transports.Side, inherited peer.Inherited) any {
			if side == transports.Producer {
				return sleeper{inherited, a}
			}
			return sleeper{inherited, b}
		})
	if err != nil {
		return 0, fmt.Errorf("wake-up: %w", err)
	}
	var told [2]float64
	err = pair.Go()
	if err == nil {
		err = pair.Reports(func(i int) any { return &told[i] })
	}
	exits := pair.Wait(ctx)
	switch why := peer.Cause(exits); {
	case why != nil:
		return 0, fmt.Errorf("wake-up: %w", why)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return 0, fmt.Errorf("wake-up: CPUs %d and %d did not wake each other within %v: is one of them taken by something else?", a, b, wakeLimit)
	case err != nil:
		return 0, fmt.Errorf("wake-up: %w", err)
	}
	return told[0], nil
}

const (
	wakeRole  = "wakeup"
	wakeups   = 25              // batches: some 7 ms where waking takes 70 µs
	wakeLimit = 5 * time.Second // for both processes to begin and end
	wakeBatch = 4               // round trips for one look at the clock
)

// beds are two eventfds, in which the producer and the consumer sleep.
type beds [2]*os.File

func newBeds() (b beds, err error) {
	for i := range b {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
		if err != nil {
			b.Close()
			return b, fmt.Errorf("wake-up: eventfd: %w", err)
		}
		b[i] = os.NewFile(uintptr(fd), "eventfd")
	}
	return b, nil
}

// For gives each side its own bed, then the other's.
func (b beds) For(side transports.Side) transports.Handover {
	if side == transports.Consumer {
		b[0], b[1] = b[1], b[0]
	}
	return transports.Handover{Files: b[:]}
}

func (b beds) Close() error {
	for _, f := range b {
		f.Close() // of a nil file too: it says that it is none
	}
	return nil
}

// A sleeper is what one of the processes is told.
type sleeper struct {
	Inherited peer.Inherited // its own bed and the other's
	CPU       int
}

// The words by which one wakes the other.
const (
	again uint64 = iota + 1
	last
)

// takeTurns is one of the processes. The producer tells how long a round trip
// takes, in ns; the consumer wakes whoever woke it.
func takeTurns(c *peer.Control) error {
	var s sleeper
	if err := c.Hear(&s); err != nil {
		return err
	}
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	c.OwnTable(s.Inherited.Files) // or it shares one, which costs some 30 ns a call
	if err := host.Pin(s.CPU); err != nil {
		return err
	}
	files := c.Handover(s.Inherited).Files
	own, other := files[0].Fd(), files[1].Fd()
	if err := c.Ready(); err != nil {
		return err
	}
	if c.Side == transports.Consumer {
		return errors.Join(answer(own, other), c.Tell(0.0))
	}
	var failed error
	ask := func(word uint64) {
		if failed == nil {
			failed = wake(other, word)
		}
		if failed == nil {
			_, failed = sleep(own)
		}
	}
	ns := clock.PerCall(wakeups, wakeBatch, func(trips int) {
		for range trips {
			ask(again)
		}
	})
	ask(last)
	return errors.Join(failed, c.Tell(ns))
}

// answer wakes the other with each word that woke this one, up to the last.
func answer(own, other uintptr) error {
	for {
		word, err := sleep(own)
		if err == nil {
			err = wake(other, word)
		}
		if err != nil || word == last {
			return err
		}
	}
}

// sleep waits in the kernel for the word of whoever wakes this process. The
// calls are raw ones, so that the Go runtime takes no part in them.
func sleep(bed uintptr) (word uint64, err error) {
	for {
		_, _, errno := unix.RawSyscall(unix.SYS_READ, bed, uintptr(unsafe.Pointer(&word)), unsafe.Sizeof(word))
		switch errno {
		case 0:
			return word, nil
		case unix.EINTR:
		default:
			return 0, fmt.Errorf("wake-up: read an eventfd: %w", errno)
		}
	}
}

func wake(bed uintptr, word uint64) error {
	if _, _, errno := unix.RawSyscall(unix.SYS_WRITE, bed, uintptr(unsafe.Pointer(&word)), unsafe.Sizeof(word)); errno != 0 {
		return fmt.Errorf("wake-up: write an eventfd: %w", errno)
	}
	return nil
}
