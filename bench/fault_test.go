package bench_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench"
	"ipcbench/internal/host"
	"ipcbench/internal/peer"
	"ipcbench/internal/seccomp"
	"ipcbench/results"
	"ipcbench/transports"
)

// A faulty transport is a sound one that has something happen to it.
type faulty struct {
	name, sound string
	// probe, create and close are called before the transport's own: by the
	// process that tries it, and by the driver, which is none.
	probe, create, close func(onTrial bool)
	refuse               error // what Create says in the driver, where it says something
	// open is called in a worker before its end is opened.
	open func(transports.Side, []*os.File)
	// recv is called in a worker before its nth receive, from 1.
	recv func(side transports.Side, n int)
	// send changes what is sent in the nth message, from 1.
	send func(side transports.Side, n int, msg []byte)
}

func (f *faulty) Info() transports.Info {
	t, _ := transports.Lookup(f.sound)
	info := t.Info()
	info.Name = f.name
	return info
}

func (f *faulty) spec(s transports.Spec) (transports.Transport, transports.Spec) {
	t, _ := transports.Lookup(f.sound)
	s.Transport = f.sound
	return t, s
}

// happen calls what is to happen, if anything.
func happen(what func(onTrial bool)) {
	if what != nil {
		what(os.Getenv("IPCBENCH_WORKER") != "")
	}
}

func (f *faulty) Probe(s transports.Spec) error {
	happen(f.probe)
	t, spec := f.spec(s)
	return t.Probe(spec)
}

func (f *faulty) Create(s transports.Spec) (transports.Link, error) {
	happen(f.create)
	if f.refuse != nil && os.Getenv("IPCBENCH_WORKER") == "" {
		return nil, f.refuse
	}
	t, spec := f.spec(s)
	link, err := t.Create(spec)
	return faultyLink{link, f}, err
}

type faultyLink struct {
	transports.Link
	*faulty
}

func (l faultyLink) Close() error {
	happen(l.faulty.close)
	return l.Link.Close()
}

func (f *faulty) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	if f.open != nil {
		f.open(side, h.Files)
	}
	t, spec := f.spec(s)
	ep, err := t.Open(spec, side, h)
	return &faultyEnd{Endpoint: ep, faulty: f, side: side}, err
}

type faultyEnd struct {
	transports.Endpoint
	*faulty
	side           transports.Side
	sends, receipt int
}

func (e *faultyEnd) Send(msg []byte) error {
	if e.sends++; e.send != nil {
		e.send(e.side, e.sends, msg)
	}
	return e.Endpoint.Send(msg)
}

func (e *faultyEnd) Recv(buf []byte) (int, error) {
	if e.receipt++; e.recv != nil {
		e.recv(e.side, e.receipt)
	}
	return e.Endpoint.Recv(buf)
}

// TryRecv and Idle are those of a sound end that has them.
func (e *faultyEnd) TryRecv(buf []byte) (int, error) {
	return e.Endpoint.(transports.Trier).TryRecv(buf)
}
func (e *faultyEnd) Idle(turn int) { e.Endpoint.(transports.Trier).Idle(turn) }

func (e *faultyEnd) Fault(addr uintptr) error { return e.Endpoint.(transports.Faulter).Fault(addr) }

// mapped is the consumer's own descriptor of the file that is mapped.
var mapped int

// faults are what a bad day brings, each in a transport of its own.
var faults = []*faulty{
	{name: "stalls", sound: "pipe", recv: func(side transports.Side, n int) {
		if side == transports.Consumer && n%stallEvery == 0 {
			time.Sleep(stall)
		}
	}},
	{name: "killed", sound: "pipe", recv: func(side transports.Side, n int) {
		if side == transports.Consumer && n == 500 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	}},
	{name: "neverready", sound: "pipe", open: func(side transports.Side, _ []*os.File) {
		if side == transports.Producer {
			time.Sleep(time.Hour) // select{} alone would be a deadlock, which Go sees
		}
	}},
	{name: "truncated", sound: "mmap", open: func(_ transports.Side, files []*os.File) {
		mapped, _ = unix.Dup(int(files[0].Fd()))
	}, recv: func(side transports.Side, n int) {
		if side == transports.Consumer && n == 500 {
			unix.Ftruncate(mapped, 0)
		}
	}},
	{name: "damaged", sound: "pipe", send: func(side transports.Side, n int, msg []byte) {
		if side == transports.Producer && n == 3 {
			msg[len(msg)/2] ^= 1
		}
	}},
	{name: "moved", sound: "pipe", recv: func(side transports.Side, n int) {
		if side == transports.Consumer && n == 500 {
			host.Pin(1)
		}
	}},
	{name: "panics", sound: "pipe", recv: func(side transports.Side, n int) {
		if side == transports.Consumer && n == 500 {
			panic("out of luck")
		}
	}},
	{name: "sigsegv", sound: "pipe", recv: dies(unix.SIGSEGV)},
	{name: "sigbus", sound: "pipe", recv: dies(unix.SIGBUS)},
	{name: "sigsys", sound: "pipe", recv: dies(unix.SIGSYS)},
	{name: "forbidden", sound: "pipe", recv: inTheMiddle(func() { forbid(false) })},
	{name: "trapped", sound: "pipe", recv: inTheMiddle(func() { forbid(true) })},
	{name: "spins", sound: "pipe", recv: inTheMiddle(stayBusy)},
	{name: "hangs", sound: "pipe", recv: inTheMiddle(hang)},
	{name: "sigabrt", sound: "pipe", recv: dies(unix.SIGABRT)},
	{name: "nothreads", sound: "pipe", recv: func(side transports.Side, n int) {
		if side == transports.Consumer && n == 500 {
			unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: 1, Max: 1})
			unix.Setresuid(nobody, nobody, nobody)
			peer.ReserveThreads(100)
		}
	}},
	{name: "nosignals", sound: "signal", open: func(transports.Side, []*os.File) {
		unix.Setrlimit(unix.RLIMIT_SIGPENDING, &unix.Rlimit{})
	}},

	{name: "onekilled", sound: "mq", send: oneProducer},
	{name: "oneringkilled", sound: "memfd", send: oneProducer},

	{name: "panicsonprobe", sound: "pipe", probe: func(bool) { panic("out of luck") }},
	{name: "crashesonprobe", sound: "pipe", probe: func(bool) { go panic("out of luck"); select {} }},
	{name: "hangsonprobe", sound: "pipe", probe: func(bool) { hang() }},
	{name: "hangsontrial", sound: "pipe", create: func(bool) { hang() }},
	{name: "sigsysonprobe", sound: "pipe", probe: func(bool) { forbid(false) }},

	{name: "panicsoncreate", sound: "pipe", create: later(func() { panic("out of luck") })},
	{name: "hangsoncreate", sound: "pipe", create: later(hang)},
	{name: "panicsonclose", sound: "pipe", close: later(func() { panic("out of luck") })},
	{name: "hangsonclose", sound: "pipe", close: later(hang)},
	{name: "forbiddenlater", sound: "pipe", refuse: unix.ENOSYS},
	{name: "leaves", sound: "pipe", open: func(transports.Side, []*os.File) { leave(false) }},
	{name: "leavesafar", sound: "pipe", open: func(transports.Side, []*os.File) { leave(true) }},
}

// dies has a signal end the consumer, in the middle.
func dies(by syscall.Signal) func(transports.Side, int) {
	return inTheMiddle(func() { syscall.Kill(os.Getpid(), by) })
}

// inTheMiddle is what happens to the consumer there.
func inTheMiddle(what func()) func(transports.Side, int) {
	return func(side transports.Side, n int) {
		if side == transports.Consumer && n == 500 {
			what()
		}
	}
}

// later is what happens in the driver, and not on trial.
func later(what func()) func(bool) {
	return func(onTrial bool) {
		if !onTrial {
			what()
		}
	}
}

// hang waits in the kernel for what never comes.
func hang() {
	var p [2]int
	unix.Pipe2(p[:], unix.O_CLOEXEC)
	unix.Read(p[0], make([]byte, 1))
}

// forbid is a sandbox, and what it forbids. What it traps, the Go runtime gives up
// for.
func forbid(trap bool) {
	seccomp.Filter{Calls: []uintptr{unix.SYS_IO_URING_SETUP}, Trap: trap}.Install()
	unix.Syscall(unix.SYS_IO_URING_SETUP, 0, 0, 0)
}

// leave starts a process that outlives the worker and holds on to its socket,
// and where it is afar is in a session of its own.
func leave(afar bool) {
	c := exec.Command("/bin/sleep", "1000")
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: afar}
	if err := c.Start(); err != nil {
		panic(err)
	}
}

const nobody = 65534

// TestFaultIsARecord has each fault happen among launches of a sound
// transport: its launches fail with their reason, and the others go on.
func TestFaultIsARecord(t *testing.T) {
	cpus, err := host.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	for fault, wants := range map[string][]string{
		"killed":        {"consumer: killed by SIGKILL"},
		"neverready":    {"producer was not ready", "--timeout", "the producer was asleep in futex", "the consumer was waiting for the driver"},
		"spins":         {"--timeout", "the producer was asleep in read", "the consumer was running on CPU "},
		"hangs":         {"--timeout", "the producer was asleep in read", "the consumer was asleep in read"},
		"hangs:wait=go": {"--timeout", "the consumer was ", "asleep in read", "asleep in futex"},
		"forbidden":     {"consumer: killed by SIGSYS: a sandbox (seccomp) forbids io_uring_setup"},
		"trapped":       {"consumer: killed by SIGSYS: a sandbox (seccomp) forbids io_uring_setup"},
		"truncated":     {"SIGBUS", "truncated"},
		"damaged":       {"consumer", "damaged"},
		"moved":         {"consumer", "affinity"},
		"panics":        {"consumer", "out of luck"},
		"sigsegv":       {"consumer: killed by SIGSEGV"},
		"sigbus":        {"consumer: killed by SIGBUS: memory that it had mapped is gone"},
		"sigsys":        {"consumer: killed by SIGSYS: a sandbox (seccomp) forbids"},
		"sigabrt":       {"consumer: killed by SIGABRT"},
		"nosignals":     {"signal: send", "times in a row", "ulimit -i"},
		"nothreads":     {"consumer: exit status 2: runtime", "raise the limit of processes (ulimit -u"},

		"panicsoncreate": {"panicsoncreate: making the link panicked: out of luck"},
		"hangsoncreate":  {"hangsoncreate: making the link had not ended within 1s (--timeout)"},
		"hangsonclose":   {"hangsonclose: closing the link had not ended within 1s (--timeout)"},
		"panicsonclose":  {"panicsonclose: closing the link panicked: out of luck"},
	} {
		t.Run(fault, func(t *testing.T) {
			if fault == "moved" && len(cpus) < 2 {
				t.Skip("there is one CPU and nowhere to move to")
			}
			p := smallPlan(t, fault, "unix")
			if fault == "nothreads" && os.Getuid() != 0 {
				t.Skip("only root can become a user whose processes are counted")
			}
			if fault == "nosignals" {
				p.Sizes = []int{8}
			}
			if strings.HasPrefix(fault, "hangs") || fault == "neverready" || fault == "spins" {
				p.Timeout = time.Second
			}
			for _, l := range measure(t, p) {
				if l.Transport == "unix" {
					if l.Status != results.OK {
						t.Errorf("the other cell's launch %d is %s: %s", l.Launch, l.Status, l.Reason)
					}
					continue
				}
				if l.Status != results.Failed || len(l.Metrics) > 0 {
					t.Errorf("launch %d is %s with metrics %v", l.Launch, l.Status, l.Metrics)
				}
				for _, want := range wants {
					if !strings.Contains(l.Reason, want) {
						t.Errorf("launch %d failed for %q, which does not say %q", l.Launch, l.Reason, want)
					}
				}
				for _, trace := range []string{"goroutine", "\n"} {
					if strings.Contains(l.Reason, trace) {
						t.Errorf("launch %d failed for %q, which has a trace in it", l.Launch, l.Reason)
					}
				}
				if started := !strings.HasSuffix(fault, "oncreate"); !started {
					continue
				}
				if len(l.Workers) != 2 || l.Workers[0].Exit == "" || l.Workers[1].Exit == "" {
					t.Errorf("launch %d does not say how both workers ended: %+v", l.Launch, l.Workers)
				}
			}
		})
	}
}

// TestDeadlineIsNotWaitedForAgain keeps a cell that hangs from taking all its
// launches' deadlines.
func TestDeadlineIsNotWaitedForAgain(t *testing.T) {
	p := smallPlan(t, "neverready")
	p.Launches, p.Timeout = 20, 200*time.Millisecond
	launches := measure(t, p)
	notStarted := 0
	for _, l := range launches {
		if strings.Contains(l.Reason, "not started") {
			notStarted++
		}
	}
	if len(launches) != 20 || notStarted != 18 {
		t.Errorf("of %d records, %d were not started, instead of 18 of 20", len(launches), notStarted)
	}
}

// TestInterruptEndsTheLaunchInFlight cancels in the middle of a launch.
func TestInterruptEndsTheLaunchInFlight(t *testing.T) {
	p := smallPlan(t, "pipe")
	p.Launches, p.Time = 3, time.Hour
	p.Timeout = 2 * time.Hour
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(children(os.Getpid())) < 2 {
			time.Sleep(time.Millisecond) // polls; it does not decide anything
		}
		cancel()
	}()
	launches, err := p.Run(ctx, cells, func(results.Launch) error { return nil })
	if err != context.Canceled || len(launches) != 0 {
		t.Errorf("returned %d launches and %v", len(launches), err)
	}
	if left := children(os.Getpid()); len(left) > 0 {
		t.Errorf("workers %v still run", left)
	}
}

// children returns the processes whose parent is pid.
func children(pid int) []int {
	var found []int
	tables, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, table := range tables {
		f, err := os.Open(table)
		if err != nil {
			continue
		}
		words := bufio.NewScanner(f)
		words.Split(bufio.ScanWords)
		for words.Scan() {
			var child int
			fmt.Sscan(words.Text(), &child)
			found = append(found, child)
		}
		f.Close()
	}
	return found
}

func smallPlan(t *testing.T, specs ...string) bench.Plan { return planOf(t.TempDir(), specs...) }

// planOf is a plan of short launches: latency of 64 bytes, at one placement.
func planOf(dir string, specs ...string) bench.Plan {
	p := bench.Plan{
		Workloads: []string{"latency"}, Sizes: []int{64}, Placements: []string{"free"}, Dirs: []string{dir},
		Launches: 2, Messages: 2000, Warmup: bench.Warmup{Messages: 100}, Verify: "header", Timeout: 20 * time.Second,
	}
	for _, text := range specs {
		spec, err := transports.Parse(text)
		if err != nil {
			panic(err)
		}
		p.Specs = append(p.Specs, spec)
		if text == "moved" {
			p.Placements = []string{"same-cpu"}
		}
	}
	return p
}

// measure runs the whole plan.
func measure(t *testing.T, p bench.Plan) []results.Launch {
	t.Helper()
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	launches, err := p.Run(t.Context(), cells, func(results.Launch) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return launches
}
