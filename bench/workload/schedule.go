package workload

import (
	"math/rand/v2"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/results"
)

// A schedule tells when the messages of an offered rate are due.
type schedule struct {
	gap    float64    // the mean time between two, ns
	random *rand.Rand // of independent events; nil: even
	at     float64    // of the last, ns after the first
}

func (e *End) schedule() *schedule {
	s := &schedule{gap: 1e9 / e.Rate}
	if e.Arrivals == results.Poisson {
		s.random = rand.New(rand.NewPCG(e.Seed[0], e.Seed[1]))
	}
	return s
}

// next is when the next message is due, in ns after the first.
func (s *schedule) next() int64 {
	if s.random == nil {
		s.at += s.gap
	} else {
		s.at += s.gap * s.random.ExpFloat64()
	}
	return int64(s.at)
}

// pacer returns what waits until a moment of the machine's clock and says what
// that reads then: at once where the moment has passed.
func (e *End) pacer() func(due int64) (now int64) {
	if e.Pacing != results.Sleeping {
		return spinUntil
	}
	// The kernel would otherwise put the end of a sleep off by up to 50 µs, to
	// wake several at once (PR_SET_TIMERSLACK(2const)). Where it is not allowed,
	// messages are as much later, and the record says how late they were.
	unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	return sleepUntil
}

func spinUntil(due int64) (now int64) {
	for now = Now(); now < due; now = Now() {
	}
	return now
}

// sleepUntil makes the system call without telling the Go runtime, which would
// give what runs goroutines to another thread meanwhile and take it back late.
func sleepUntil(due int64) (now int64) {
	now = Now()
	for now < due {
		at := unix.NsecToTimespec(due)
		unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, uintptr(unsafe.Pointer(&at)), 0, 0, 0)
		now = Now()
	}
	runtime.KeepAlive(due)
	return now
}
