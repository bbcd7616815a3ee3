package shm

import (
	"unsafe"

	"golang.org/x/sys/cpu"
	"golang.org/x/sys/unix"
)

// The futex word is the low half of the 64-bit word, shared between processes:
// FUTEX_PRIVATE_FLAG is not set.
const (
	futexWaitOp = 0
	futexWakeOp = 1
)

// futexWait sleeps while the low half of *p is v. It may return early: the
// caller looks again. The calls are raw ones, so that the Go runtime does not
// take part in the measured path; see futex(2).
func futexWait(p *uint64, v uint64) {
	if model != nil {
		model.wait(p, v)
		return
	}
	unix.RawSyscall6(unix.SYS_FUTEX, uintptr(lowHalf(p)), futexWaitOp, uintptr(uint32(v)), 0, 0, 0)
}

// futexWake wakes one process that sleeps on p.
func futexWake(p *uint64) {
	if model != nil {
		model.wake(p)
		return
	}
	unix.RawSyscall6(unix.SYS_FUTEX, uintptr(lowHalf(p)), futexWakeOp, 1, 0, 0, 0)
}

// lowHalf is where the low 32 bits of a word lie.
func lowHalf(p *uint64) unsafe.Pointer {
	if cpu.IsBigEndian {
		return unsafe.Add(unsafe.Pointer(p), 4)
	}
	return unsafe.Pointer(p)
}

// yield gives the CPU to another runnable thread, if there is one; see
// sched_yield(2).
func yield() {
	if model != nil {
		model.pause()
		return
	}
	unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
}
