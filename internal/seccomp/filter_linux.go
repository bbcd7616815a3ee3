package seccomp

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/cpu"
	"golang.org/x/sys/unix"
)

// A Filter says which system calls are refused, and how. See seccomp(2).
type Filter struct {
	Calls []uintptr  // by their numbers here: unix.SYS_MEMFD_CREATE
	Where []Argument // refused only where all of these hold; none: always
	Errno unix.Errno // what the calls fail with; 0: the process is killed by SIGSYS
	Trap  bool       // or the thread gets that signal, and may handle it
}

// An Argument is a condition on the lower 32 bits of one argument of a call: those
// of Mask are Value. Argument{Index: 3, Mask: unix.MAP_SHARED, Value:
// unix.MAP_SHARED} is an mmap(2) of memory that is to be shared.
type Argument struct {
	Index int // from 0 to 5
	Mask  uint32
	Value uint32
}

// Install has the kernel refuse the calls from now on, to every thread of this
// process and to whatever they start. It takes no privilege, and nothing takes it
// back. It fails where the kernel has no filters (CONFIG_SECCOMP_FILTER) or a
// filter around this one forbids more of them.
func (f Filter) Install() error {
	verdict := uint32(unix.SECCOMP_RET_KILL_PROCESS)
	switch {
	case f.Trap:
		verdict = unix.SECCOMP_RET_TRAP
	case f.Errno != 0:
		verdict = unix.SECCOMP_RET_ERRNO | uint32(f.Errno)
	}
	_, err := install(f.program(verdict), unix.SECCOMP_FILTER_FLAG_TSYNC)
	return err
}

// install gives the kernel a program, and returns what that makes of it.
func install(program []unix.SockFilter, flags uintptr) (uintptr, error) {
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("set no_new_privs: %w", err)
	}
	made, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return 0, fmt.Errorf("install a seccomp filter: %w", errno)
	}
	runtime.KeepAlive(program)
	return made, nil
}

// Offsets in struct seccomp_data of linux/seccomp.h.
const (
	numberOffset   = 0
	archOffset     = 4
	argumentOffset = 16
	argumentBytes  = 8
)

// lowerHalf is the offset of an argument's lower 32 bits in it.
func lowerHalf() uint32 {
	if cpu.IsBigEndian {
		return 4
	}
	return 0
}

// architecture is how the kernel calls ours (linux/audit.h).
var architecture = map[string]uint32{
	"amd64":   unix.AUDIT_ARCH_X86_64,
	"arm64":   unix.AUDIT_ARCH_AARCH64,
	"loong64": unix.AUDIT_ARCH_LOONGARCH64,
	"ppc64le": unix.AUDIT_ARCH_PPC64LE,
	"riscv64": unix.AUDIT_ARCH_RISCV64,
	"s390x":   unix.AUDIT_ARCH_S390X,
}[runtime.GOARCH]

// program is the filter for the kernel's machine (bpf(4)): all is allowed but the
// calls, of which verdict is said where the conditions hold. Each step that does not fit goes on to the
// next call, and the last one to the end.
func (f Filter) program(verdict uint32) []unix.SockFilter {
	allow := statement(unix.BPF_RET|unix.BPF_K, unix.SECCOMP_RET_ALLOW)
	program := []unix.SockFilter{
		load(archOffset),
		jump(architecture, 1, 0),
		allow,
	}
	for _, call := range f.Calls {
		refuse := f.conditions(verdict)
		program = append(program, load(numberOffset), jump(uint32(call), 0, uint8(len(refuse))))
		program = append(program, refuse...)
	}
	return append(program, allow)
}

// conditions returns verdict where all of them hold, and goes on behind it where
// one does not.
func (f Filter) conditions(verdict uint32) []unix.SockFilter {
	const each = 3
	var program []unix.SockFilter
	for i, a := range f.Where {
		rest := uint8((len(f.Where)-i-1)*each + 1)
		program = append(program,
			load(argumentOffset+uint32(a.Index)*argumentBytes+lowerHalf()),
			statement(unix.BPF_ALU|unix.BPF_AND|unix.BPF_K, a.Mask),
			jump(a.Value, 0, rest))
	}
	return append(program, statement(unix.BPF_RET|unix.BPF_K, verdict))
}

func load(offset uint32) unix.SockFilter {
	return statement(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, offset)
}

func jump(value uint32, equal, other uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: equal, Jf: other, K: value}
}

func statement(code uint16, k uint32) unix.SockFilter { return unix.SockFilter{Code: code, K: k} }
