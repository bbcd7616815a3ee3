package bench_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench"
	"ipcbench/internal/host"
	"ipcbench/results"
	"ipcbench/transports"
)

// A faulty transport is a sound one that has something happen to it.
type faulty struct {
	name, sound string
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

func (f *faulty) Probe(s transports.Spec) error {
	t, spec := f.spec(s)
	return t.Probe(spec)
}

func (f *faulty) Create(s transports.Spec) (transports.Link, error) {
	t, spec := f.spec(s)
	return t.Create(spec)
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

func (e *faultyEnd) Fault(addr uintptr) error { return e.Endpoint.(transports.Faulter).Fault(addr) }

// mapped is the consumer's own descriptor of the file that is mapped.
var mapped int

// faults are what a bad day brings, each in a transport of its own.
var faults = []*faulty{
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
}

// TestFaultIsARecord has each fault happen among launches of a sound
// transport: its launches fail with their reason, and the others go on.
func TestFaultIsARecord(t *testing.T) {
	cpus, err := host.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	for fault, wants := range map[string][]string{
		"killed":     {"consumer: signal: killed"},
		"neverready": {"producer was not ready", "--timeout"},
		"truncated":  {"SIGBUS", "truncated"},
		"damaged":    {"consumer", "damaged"},
		"moved":      {"consumer", "affinity"},
		"panics":     {"consumer", "out of luck"},
	} {
		t.Run(fault, func(t *testing.T) {
			if fault == "moved" && len(cpus) < 2 {
				t.Skip("there is one CPU and nowhere to move to")
			}
			p := smallPlan(t, fault, "unix")
			if fault == "neverready" {
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
	cells, err := p.Cells()
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
	cells, err := p.Cells()
	if err != nil {
		t.Fatal(err)
	}
	launches, err := p.Run(t.Context(), cells, func(results.Launch) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return launches
}
