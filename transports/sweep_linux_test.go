package transports_test

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/internal/seccomp"
	"ipcbench/transports"
	"ipcbench/transports/transporttest"
)

// refusable are the system calls that transports make. One that the Go runtime
// makes as well, and does not survive without, has what tells ours from its own.
var refusable = []struct {
	name  string
	call  uintptr
	where []seccomp.Argument
}{
	{"memfd_create", unix.SYS_MEMFD_CREATE, nil},
	{"ftruncate", unix.SYS_FTRUNCATE, nil},
	{"fallocate", unix.SYS_FALLOCATE, nil},
	{"mmap, shared", unix.SYS_MMAP, flag(3, unix.MAP_SHARED)},
	{"munmap", unix.SYS_MUNMAP, nil},
	{"madvise, to populate", unix.SYS_MADVISE, is(2, unix.MADV_POPULATE_WRITE)},
	{"mlock2", unix.SYS_MLOCK2, nil},
	{"msync", unix.SYS_MSYNC, nil},
	{"fcntl, to seal", unix.SYS_FCNTL, is(1, unix.F_ADD_SEALS)},
	{"fcntl, for seals", unix.SYS_FCNTL, is(1, unix.F_GET_SEALS)},
	{"fcntl, to duplicate", unix.SYS_FCNTL, is(1, unix.F_DUPFD_CLOEXEC)},
	{"fcntl, for a pipe's size", unix.SYS_FCNTL, is(1, unix.F_GETPIPE_SZ)},
	{"fcntl, to set a pipe's size", unix.SYS_FCNTL, is(1, unix.F_SETPIPE_SZ)},
	{"fcntl, to set flags", unix.SYS_FCNTL, is(1, unix.F_SETFL)},
	{"fcntl, to set a signal", unix.SYS_FCNTL, is(1, unix.F_SETSIG)},
	{"fcntl, to set an owner", unix.SYS_FCNTL, is(1, unix.F_SETOWN_EX)},
	{"pipe2", unix.SYS_PIPE2, nil},
	{"eventfd2", unix.SYS_EVENTFD2, is(1, unix.EFD_CLOEXEC)},
	{"ppoll", unix.SYS_PPOLL, nil},
	{"socket", unix.SYS_SOCKET, nil},
	{"socketpair", unix.SYS_SOCKETPAIR, nil},
	{"bind", unix.SYS_BIND, nil},
	{"connect", unix.SYS_CONNECT, nil},
	{"listen", unix.SYS_LISTEN, nil},
	{"accept4", unix.SYS_ACCEPT4, nil},
	{"getsockname", unix.SYS_GETSOCKNAME, nil},
	{"getsockopt", unix.SYS_GETSOCKOPT, nil},
	{"setsockopt", unix.SYS_SETSOCKOPT, nil},
	{"sendto", unix.SYS_SENDTO, nil},
	{"recvfrom", unix.SYS_RECVFROM, nil},
	{"sendmsg", unix.SYS_SENDMSG, nil},
	{"recvmsg", unix.SYS_RECVMSG, nil},
	{"membarrier", unix.SYS_MEMBARRIER, nil},
	{"bpf", unix.SYS_BPF, nil},
	{"openat, of no name", unix.SYS_OPENAT, flag(2, unix.O_TMPFILE)},
	{"mknodat", unix.SYS_MKNODAT, nil},
	{"unlinkat", unix.SYS_UNLINKAT, nil},
	{"statfs", unix.SYS_STATFS, nil},
	{"fstatfs", unix.SYS_FSTATFS, nil},
	{"statx", unix.SYS_STATX, nil},
	{"pread64", unix.SYS_PREAD64, nil},
	{"pwrite64", unix.SYS_PWRITE64, nil},
	{"preadv", unix.SYS_PREADV, nil},
	{"pwritev", unix.SYS_PWRITEV, nil},
	{"preadv2", unix.SYS_PREADV2, nil},
	{"pwritev2", unix.SYS_PWRITEV2, nil},
	{"fdatasync", unix.SYS_FDATASYNC, nil},
	{"inotify_init1", unix.SYS_INOTIFY_INIT1, nil},
	{"inotify_add_watch", unix.SYS_INOTIFY_ADD_WATCH, nil},
	{"mq_open", unix.SYS_MQ_OPEN, nil},
	{"mq_unlink", unix.SYS_MQ_UNLINK, nil},
	{"mq_timedsend", unix.SYS_MQ_TIMEDSEND, nil},
	{"mq_timedreceive", unix.SYS_MQ_TIMEDRECEIVE, nil},
	{"unshare, of IPC", unix.SYS_UNSHARE, flag(0, unix.CLONE_NEWIPC)},
	{"setns", unix.SYS_SETNS, nil},
	{"msgget", unix.SYS_MSGGET, nil},
	{"msgsnd", unix.SYS_MSGSND, nil},
	{"msgrcv", unix.SYS_MSGRCV, nil},
	{"shmget", unix.SYS_SHMGET, nil},
	{"shmat", unix.SYS_SHMAT, nil},
	{"shmctl", unix.SYS_SHMCTL, nil},
	{"shmdt", unix.SYS_SHMDT, nil},
	{"vmsplice", unix.SYS_VMSPLICE, nil},
	{"process_vm_readv", unix.SYS_PROCESS_VM_READV, nil},
	{"process_vm_writev", unix.SYS_PROCESS_VM_WRITEV, nil},
	{"rt_tgsigqueueinfo", unix.SYS_RT_TGSIGQUEUEINFO, nil},
	{"rt_sigtimedwait", unix.SYS_RT_SIGTIMEDWAIT, nil},
	{"signalfd4", unix.SYS_SIGNALFD4, nil},
	{"set_robust_list", unix.SYS_SET_ROBUST_LIST, nil},
	{"get_robust_list", unix.SYS_GET_ROBUST_LIST, nil},
	{"futex, of all", unix.SYS_FUTEX, []seccomp.Argument{{Index: 1, Mask: futexPrivate}}},
	{"io_uring_setup", unix.SYS_IO_URING_SETUP, nil},
	{"io_uring_register", unix.SYS_IO_URING_REGISTER, nil},
	{"io_uring_enter", unix.SYS_IO_URING_ENTER, nil},
	{"capget", unix.SYS_CAPGET, nil},
	{"prlimit64", unix.SYS_PRLIMIT64, nil},
}

// futexPrivate is FUTEX_PRIVATE_FLAG, which the Go runtime sets: its words are no
// other process's.
const futexPrivate = 128

func flag(index int, bits uint32) []seccomp.Argument {
	return []seccomp.Argument{{Index: index, Mask: bits, Value: bits}}
}

func is(index int, value uint32) []seccomp.Argument {
	return []seccomp.Argument{{Index: index, Mask: ^uint32(0), Value: value}}
}

// refusals are what sandboxes and exhausted machines answer.
var refusals = []unix.Errno{unix.EPERM, unix.ENOSYS, unix.EACCES, unix.ENOMEM}

// A confinement is what a process does under a filter.
type confinement struct {
	Filter   seccomp.Filter
	Spec     transports.Spec
	Rehearse bool // or else two processes
}

// A result is how far it came, and why no further.
type result struct {
	Stage string // "done", or of what there was an Error
	Error string
	Hung  bool
}

const confinementEnv = "TRANSPORTS_CONFINED"

// confined turns this process into one that a sweep has started, and does not
// return then. It tells how far it comes.
func confined() {
	text := os.Getenv(confinementEnv)
	if text == "" {
		return
	}
	os.Unsetenv(confinementEnv) // its workers have the filter all the same
	var c confinement
	err := json.Unmarshal([]byte(text), &c)
	if err == nil {
		err = c.Filter.Install()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(c.try())
	os.Exit(0)
}

// try probes, makes a link and has two processes use one.
func (c confinement) try() result {
	tr, err := transports.Lookup(c.Spec.Transport)
	if err != nil {
		return result{Stage: "lookup", Error: err.Error()}
	}
	if err := tr.Probe(c.Spec); err != nil {
		return result{Stage: "probe", Error: err.Error()}
	}
	link, err := tr.Create(c.Spec)
	if err != nil {
		return result{Stage: "create", Error: err.Error()}
	}
	if err := link.Close(); err != nil {
		return result{Stage: "close", Error: err.Error()}
	}
	if c.Rehearse {
		if err := transports.Rehearse(c.Spec); err != nil {
			return result{Stage: "rehearse", Error: err.Error()}
		}
		return result{Stage: "done"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := transporttest.Exchange(ctx, tr, c.Spec); err != nil {
		return result{Stage: "exchange", Error: err.Error(), Hung: ctx.Err() != nil}
	}
	return result{Stage: "done"}
}

// TestRehearsal: nothing refused, every transport that a launch can use can be
// rehearsed.
func TestRehearsal(t *testing.T) {
	for _, tr := range transports.All() {
		spec := transporttest.Specs(tr)[0]
		spec.Dir, spec.Size = t.TempDir(), 8
		if err := tr.Probe(spec); err != nil {
			continue
		}
		if r, err := (confinement{seccomp.Filter{Errno: unix.EPERM}, spec, true}).run(); err != nil || r.Stage != "done" {
			t.Errorf("%s: %v, %s: %s", spec, err, r.Stage, r.Error)
		}
	}
}

// TestRefusedSystemCalls refuses each transport each of the calls that it may make:
// it does without, or says which call was refused and with what, before there is a
// launch or in the launch. Nothing crashes or hangs, and no end is told of instead
// that the other was gone. What a launch finds refused, a rehearsal has found
// before. In short: a part of it; make sweep does it all.
func TestRefusedSystemCalls(t *testing.T) {
	if own, err := elf.Open("/proc/self/exe"); err != nil || own.Section(".interp") != nil {
		t.Skip("this binary has a C library, whose own calls would be refused as well: CGO_ENABLED=0 go test")
	}
	const short = 9 // of so many calls, one
	turn, only := 0, os.Getenv("SWEEP")
	whole := only != ""
	free := make(chan bool, 4)
	var all sync.WaitGroup
	for _, tr := range transports.All() {
		for i, spec := range transporttest.Specs(tr) {
			if spec.Caps().Has(transports.OneProcess) || i > 0 && !whole || whole && only != "all" && only != spec.Transport {
				continue
			}
			spec.Dir, spec.Size = t.TempDir(), 8
			if err := tr.Probe(spec); err != nil {
				t.Logf("%s: %v", spec, err)
				continue
			}
			for _, call := range refusable {
				if turn++; !whole && turn%short != 0 {
					continue
				}
				if call.call == unix.SYS_MMAP && runtime.GOARCH == "s390x" {
					continue // it has its arguments in memory there, where no filter looks
				}
				errnos := refusals
				if i > 0 || !whole {
					errnos = refusals[turn%len(refusals):][:1]
				}
				for _, errno := range errnos {
					free <- true
					all.Go(func() {
						defer func() { <-free }()
						filter := seccomp.Filter{Calls: []uintptr{call.call}, Where: call.where, Errno: errno}
						if err := sweep(filter, spec); err != nil {
							t.Errorf("%s without %s (%s): %v", spec, call.name, unix.ErrnoName(errno), err)
						}
					})
				}
			}
		}
	}
	all.Wait()
}

// sweep has a launch under the filter, and where that finds out what nothing
// before it has, a rehearsal.
func sweep(filter seccomp.Filter, spec transports.Spec) error {
	launch, err := confinement{filter, spec, false}.run()
	if err == nil && launch.judge(filter.Errno) != nil {
		// On a machine so busy that an end was ended before it had said why, it says
		// so the second time.
		launch, err = confinement{filter, spec, false}.run()
	}
	if err != nil {
		return err
	}
	if err := launch.judge(filter.Errno); err != nil || launch.Stage != "exchange" {
		return err
	}
	rehearsal, err := confinement{filter, spec, true}.run()
	if err != nil {
		return fmt.Errorf("rehearsal: %w", err)
	}
	if rehearsal.Stage == "done" && !isHarness(launch) {
		return fmt.Errorf("a rehearsal went well, and then a launch: %s", launch.Error)
	}
	return rehearsal.judge(filter.Errno)
}

// isHarness says whether it is the starting of processes that was refused.
func isHarness(r result) bool {
	return strings.Contains(r.Error, "start the ") || strings.Contains(r.Error, "hear from ") || strings.Contains(r.Error, "tell the ")
}

// run starts a process that tries, and returns what it says.
func (c confinement) run() (r result, err error) {
	text, err := json.Marshal(c)
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), confinementEnv+"="+string(text))
	var words bytes.Buffer
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("the driver ended with %w: %.300s", err, words.Bytes())
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("the driver said %q: %w", out, err)
	}
	return r, nil
}

func (r result) judge(errno unix.Errno) error {
	switch {
	case r.Hung:
		return fmt.Errorf("it hung: %s", r.Error)
	case r.Error == "":
		return nil
	}
	for _, crash := range []string{"panic", "fatal error", "goroutine", "SIGSEGV", "SIGBUS", "nil pointer"} {
		if strings.Contains(r.Error, crash) {
			return errors.New("it crashed: " + r.Error)
		}
	}
	if !strings.Contains(r.Error, errno.Error()) {
		return fmt.Errorf("%s does not say what was refused: %s", r.Stage, r.Error)
	}
	return nil
}
