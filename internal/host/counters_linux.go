package host

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Usage is what the kernel has counted since a thread or process began; see
// getrusage(2).
type Usage struct {
	CPUNS       int64 // CPU time, to the nanosecond; see clock_gettime(2)
	UserNS      int64 // of that in user space, by the timer's ticks
	SystemNS    int64 // and in the kernel
	Voluntary   int64 // context switches because it slept
	Involuntary int64 // context switches because it was pushed off the CPU
	Minor       int64 // page faults that needed no I/O
	Major       int64 // page faults that did
}

// ThreadUsage is that of the calling thread.
func ThreadUsage() Usage {
	return usage(unix.RUSAGE_THREAD, unix.CLOCK_THREAD_CPUTIME_ID, "/proc/thread-self")
}

// ProcessUsage is that of all threads of this process, also those that ended.
func ProcessUsage() Usage {
	return usage(unix.RUSAGE_SELF, unix.CLOCK_PROCESS_CPUTIME_ID, "/proc/self")
}

// UsageOf is that of another process: CPU time also of its threads that ended, the rest
// of those that run. It is zero of one that has ended. See clock_getcpuclockid(3).
func UsageOf(pid int) Usage {
	u, _ := usageFromProc(fmt.Sprintf("/proc/%d", pid))
	var cpu unix.Timespec
	if unix.ClockGettime(processClock(pid), &cpu) == nil {
		u.CPUNS = cpu.Nano()
	}
	return u
}

// processClock is the clock of a process's CPU time, to the nanosecond: the complement of
// its number, shifted by 3, with CPUCLOCK_SCHED below. See the kernel's
// include/linux/posix-timers.h.
func processClock(pid int) int32 { return int32(^pid)<<3 | 2 }

// usage also reads the CPU clock, because getrusage may be a timer's tick
// behind: 4 ms at 250 Hz.
func usage(who int, clock int32, dir string) Usage {
	var r unix.Rusage
	var cpu unix.Timespec
	if err := errors.Join(unix.Getrusage(who, &r), unix.ClockGettime(clock, &cpu)); err != nil {
		u, also := usageFromProc(dir)
		if also != nil {
			panic(fmt.Errorf("what this end costs cannot be counted: getrusage: %w, and %w: allow it in the sandbox (seccomp), or mount /proc", err, also))
		}
		return u
	}
	return Usage{
		CPUNS:       cpu.Nano(),
		UserNS:      r.Utime.Nano(),
		SystemNS:    r.Stime.Nano(),
		Voluntary:   r.Nvcsw,
		Involuntary: r.Nivcsw,
		Minor:       r.Minflt,
		Major:       r.Majflt,
	}
}

// Add returns what u and v come to.
func (u Usage) Add(v Usage) Usage {
	return u.Sub(Usage{}.Sub(v))
}

// Sub returns what was counted from the earlier reading to u.
func (u Usage) Sub(earlier Usage) Usage {
	return Usage{
		CPUNS:       u.CPUNS - earlier.CPUNS,
		UserNS:      u.UserNS - earlier.UserNS,
		SystemNS:    u.SystemNS - earlier.SystemNS,
		Voluntary:   u.Voluntary - earlier.Voluntary,
		Involuntary: u.Involuntary - earlier.Involuntary,
		Minor:       u.Minor - earlier.Minor,
		Major:       u.Major - earlier.Major,
	}
}

// GetCPU returns the CPU that the calling thread runs on; see getcpu(2).
func GetCPU() (int, error) {
	var cpu uint32
	if _, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0); errno != 0 {
		return 0, fmt.Errorf("getcpu: %w", errno)
	}
	return int(cpu), nil
}

// CPUOf returns the CPU that another process's first thread runs on, or ran last.
func CPUOf(pid int) (int, error) {
	fields, err := statOf(fmt.Sprintf("/proc/%d", pid))
	if err != nil {
		return 0, err
	}
	return int(fields(39)), nil
}

// Migrations returns how often the calling thread has been moved to another
// CPU since it began. ok is false where the kernel does not say.
//
// Note: a perf event would say the same on more kernels, but one that merely
// counts for a thread made each of its context switches dearer: a round trip
// over two pipes on one CPU went from 5.1 to 7.0 µs. The scheduler keeps this
// count anyway.
func Migrations() (n int64, ok bool) { return migrationsIn("/proc/thread-self") }

// MigrationsOf is the same of another process's first thread.
func MigrationsOf(pid int) (n int64, ok bool) { return migrationsIn(fmt.Sprintf("/proc/%d", pid)) }

func migrationsIn(dir string) (n int64, ok bool) {
	text, err := os.ReadFile(dir + "/sched")
	if err != nil {
		return 0, false
	}
	return migrations(text)
}

// migrations finds the line "se.nr_migrations : 3".
func migrations(sched []byte) (n int64, ok bool) {
	lines := bufio.NewScanner(bytes.NewReader(sched))
	for lines.Scan() {
		name, value, found := bytes.Cut(lines.Bytes(), []byte(":"))
		if found && string(bytes.TrimSpace(name)) == "se.nr_migrations" {
			n, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
