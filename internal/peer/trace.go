package peer

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MayTrace says why this process may not trace another (ptrace(2)), or nil. It
// asks for a process that there is none of. A sandbox may kill it for that: so it is
// asked in a process of its own.
func MayTrace() error {
	if err := ptrace(unix.PTRACE_SEIZE, 0, 0, 0); !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("trace a process: %w", err)
	}
	return nil
}

// A tracer finds out for which system call a sandbox kills a process. The kernel
// does not tell that of one that has died, but stops one that is traced as it dies,
// and its registers still have the number.
type tracer struct {
	process int
	threads map[int]bool // by their numbers
	calls   map[int]bool // that may be the forbidden one, of threads that died of it
}

// trace traces the worker until it has ended, from a thread of its own: the kernel
// takes the orders of no other. Where it may not, nothing is found out. Nobody else
// is to wait for the worker meanwhile: they would be told that it has stopped.
func (w *Worker) trace() {
	began := make(chan struct{})
	w.traced = make(chan struct{})
	go func() {
		runtime.LockOSThread() // and with the goroutine the thread ends, and lets go
		defer close(w.traced)
		t := tracer{process: w.Pid(), threads: map[int]bool{}, calls: map[int]bool{}}
		t.seize()
		close(began)
		for !t.isOver() {
			if !t.obey() {
				time.Sleep(pause)
			}
		}
		if len(t.calls) == 1 {
			for call := range t.calls {
				w.forbidden = callName(call)
			}
		}
	}()
	<-began
}

// pause is how long a thread of a traced process may stand still unseen.
const pause = 200 * time.Microsecond

// seize begins to trace all threads there are. Those to come are traced as they
// start.
func (t *tracer) seize() {
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", t.process))
	for _, task := range tasks {
		thread, err := strconv.Atoi(task.Name())
		if err == nil && ptrace(unix.PTRACE_SEIZE, thread, 0, unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_TRACEEXIT) == nil {
			t.threads[thread] = true
		}
	}
}

// isOver says whether the process has ended, and leaves it to be waited for; or that
// nothing can be waited for, or that there is nothing to trace.
func (t *tracer) isOver() bool {
	is, err := waitid(t.process, unix.WEXITED|unix.WSTOPPED|unix.WNOWAIT)
	return err != nil || len(t.threads) == 0 || is.pid != 0 && is.code != cldTrapped
}

// obey lets go on whoever has stopped, and says whether anyone had.
func (t *tracer) obey() (any bool) {
	for thread := range t.threads {
		ends := unix.WEXITED
		if thread == t.process { // its end is the driver's to wait for
			ends = 0
		}
		is, err := waitid(thread, unix.WSTOPPED|ends)
		switch {
		case err != nil, is.pid != 0 && is.code != cldTrapped:
			delete(t.threads, thread) // it has ended
		case is.pid != 0:
			any = true
			ptrace(unix.PTRACE_CONT, thread, 0, t.stopped(thread, int(is.status)))
		}
	}
	return any
}

// waitid is waitid(2) of one thread that does not wait: its pid is 0 where nothing
// has happened.
func waitid(thread, what int) (is childInfo, err error) {
	for {
		err = unix.Waitid(unix.P_PID, thread, (*unix.Siginfo)(unsafe.Pointer(&is)), what|unix.WNOHANG|unix.WALL, nil)
		if err != unix.EINTR {
			return is, err
		}
	}
}

// stopped notes why a thread has stopped, and returns the signal that it is to get,
// 0 where that is none: see "Stopped states" in ptrace(2).
func (t *tracer) stopped(thread, status int) uintptr {
	signal, event := status&0xff, status>>8
	switch event {
	case 0:
		if unix.Signal(signal) == unix.SIGSYS { // SECCOMP_RET_TRAP, where it is no user's
			var is sigsysInfo
			if ptrace(unix.PTRACE_GETSIGINFO, thread, 0, uintptr(unsafe.Pointer(&is))) == nil && is.code == sysSeccomp {
				t.calls[int(is.call)] = true
			}
		}
		return uintptr(signal)
	case unix.PTRACE_EVENT_CLONE:
		if started, err := unix.PtraceGetEventMsg(thread); err == nil {
			t.threads[int(started)] = true
		}
	case unix.PTRACE_EVENT_EXIT:
		died, err := unix.PtraceGetEventMsg(thread)
		if err == nil && unix.WaitStatus(died).Signal() == unix.SIGSYS {
			t.noteCall(thread)
		}
	}
	return 0
}

// noteCall notes the system call that a dying thread was refused. All threads of its
// process die as it does, and were most likely asleep in a call of theirs: by its
// registers it was none of those.
func (t *tracer) noteCall(thread int) {
	var registers [64]uint64 // there are fewer: struct user_regs_struct, user_pt_regs
	into := unix.Iovec{Base: (*byte)(unsafe.Pointer(&registers))}
	into.SetLen(int(unsafe.Sizeof(registers)))
	const general = 1 // NT_PRSTATUS of linux/elf.h
	if ptrace(unix.PTRACE_GETREGSET, thread, general, uintptr(unsafe.Pointer(&into))) != nil {
		return
	}
	if read, known := refusedIn[runtime.GOARCH]; known {
		if call, refused := read(registers[:]); refused && call >= 0 {
			t.calls[call] = true
		}
	}
}

// refusedIn is, for each machine, how its registers tell that a call was refused, and
// which: a filter that kills gives them back as they were before the call
// (syscall_rollback in the kernel).
var refusedIn = map[string]func([]uint64) (call int, refused bool){
	"amd64": func(r []uint64) (int, bool) {
		const rax, number = 10, 15
		return int(r[number]), r[rax] == r[number]
	},
	"arm64": func(r []uint64) (int, bool) {
		const x0, x8 = 0, 8
		interrupted := []int64{-int64(unix.EINTR), -512, -513, -514, -516} // ERESTARTSYS and so on, of linux/errno.h
		return int(int32(r[x8])), !slices.Contains(interrupted, int64(r[x0]))
	},
}

func ptrace(request, thread int, address, data uintptr) error {
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(thread), address, data, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// childInfo is siginfo_t of a child, as waitid(2) fills it in; sigsysInfo is that of a
// SIGSYS, see sigaction(2).
type (
	childInfo struct {
		signo, errno, code, _ int32
		pid, uid, status      int32
		_                     [100]byte
	}
	sigsysInfo struct {
		signo, errno, code, _ int32
		at                    uint64
		call                  int32
		arch                  uint32
		_                     [96]byte
	}
)

const (
	cldTrapped = 4 // CLD_TRAPPED: a traced child has stopped
	sysSeccomp = 1 // SYS_SECCOMP: by a filter
)
