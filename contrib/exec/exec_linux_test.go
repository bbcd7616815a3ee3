package exec_test

import (
	"bytes"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ipcbench/bench"
	"ipcbench/contrib/exec"
	"ipcbench/results"
	"ipcbench/transports"
)

func TestMain(m *testing.M) {
	bench.Worker()
	os.Exit(m.Run())
}

// built is a program made by a compiler, or the reason to skip the test.
func built(t *testing.T, compiler string, arguments ...string) string {
	t.Helper()
	if _, err := osexec.LookPath(compiler); err != nil {
		t.Skipf("%v: install %s", err, compiler)
	}
	program := filepath.Join(t.TempDir(), "program")
	cmd := osexec.Command(compiler, append(arguments, "-o", program)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return program
}

func compiled(t *testing.T, source string) string {
	return built(t, "gcc", "-std=gnu11", "-O2", "-Wall", "-Wno-unused-function", "-Werror", "-I", ".", source)
}

// measured carries out a plan of one launch a cell.
func measured(t *testing.T, p bench.Plan, text string) []results.Launch {
	t.Helper()
	spec, err := transports.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	p.Specs, p.Placements, p.Launches = []transports.Spec{spec}, []string{"free"}, 1
	if p.Verify == "" {
		p.Verify = bench.VerifyEnds
	}
	if p.Timeout == 0 {
		p.Timeout = 30 * time.Second
	}
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		if !c.Runnable() {
			t.Fatalf("%s: %s%s", c.Transport, c.Skip, c.Fail)
		}
	}
	launches, err := p.Run(t.Context(), cells, func(results.Launch) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return launches
}

// both are latency and throughput for a short time.
func both(sizes ...int) bench.Plan {
	return bench.Plan{Workloads: []string{"latency", "throughput"}, Sizes: sizes, Time: 100 * time.Millisecond, Warmup: bench.Warmup{Time: 10 * time.Millisecond, Messages: 50}}
}

func wantOK(t *testing.T, launches []results.Launch) {
	t.Helper()
	for _, l := range launches {
		if l.Status != results.OK {
			t.Errorf("%s of %d bytes is %s: %s", l.Workload, l.SizeBytes, l.Status, l.Reason)
			continue
		}
		if l.Messages < 10 || l.Verified <= l.Messages || l.Metrics[results.CPUPerMsg] <= 0 {
			t.Errorf("%s of %d bytes: %d messages, %d verified, CPU %v ns a message", l.Workload, l.SizeBytes, l.Messages, l.Verified, l.Metrics[results.CPUPerMsg])
		}
		if l.Workload == "latency" && (l.Metrics[results.RTTMean] <= 0 || l.Metrics["rtt_p50_ns"] <= 0) {
			t.Errorf("latency of %d bytes has no round trips: %v", l.SizeBytes, l.Metrics)
		}
	}
}

func TestRingInC(t *testing.T) {
	ring := compiled(t, "examples/c/ring.c")
	wantOK(t, measured(t, both(8, 64, 4096), "exec:"+ring+",wait=yield"))
	whole := bench.Plan{Workloads: []string{"latency", "throughput"}, Sizes: []int{9, 16, 23}, Messages: 5000, Verify: bench.VerifyAll}
	for _, l := range measured(t, whole, "exec:"+ring+" "+ring+",wait=yield") {
		wantOK(t, []results.Launch{l})
		if l.Messages != 5000 {
			t.Errorf("%s of %d bytes: %d messages instead of 5000", l.Workload, l.SizeBytes, l.Messages)
		}
	}
}

func TestPipesInPython(t *testing.T) {
	if _, err := osexec.LookPath("python3"); err != nil {
		t.Skipf("%v: install python3", err)
	}
	wantOK(t, measured(t, both(8, 20), "exec:examples/python/pipes.py"))
}

func TestSocketInRust(t *testing.T) {
	wantOK(t, measured(t, both(8, 20), "exec:"+built(t, "rustc", "--edition", "2021", "-O", "examples/rust/socket.rs")))
}

// liars are the faults of programs that measure for a time.
var liars = []string{"hurries", "foresees", "boasts", "flatters"}

// TestFaults has each fault of testdata/bad.c in one of the two programs, and finds it
// in the reason of a failed launch.
func TestFaults(t *testing.T) {
	program := compiled(t, "testdata/bad.c")
	short := both(64)
	short.Workloads = []string{"latency"}
	for _, c := range []struct{ fault, consumer, producer string }{
		{"loses", "", "message 1000 arrived where 999 was due"},
		{"doubles", "", "message 999 arrived where 1000 was due"},
		{"damages", "message 999 was damaged", "message 999 was damaged"},
		{"dies", "out of luck", "out of luck"},
		{"crashes", "signal: aborted", "signal: aborted"},
		{"hangs", "it was killed: the producer was", "asleep in"},
		{"spins", "the consumer was running on CPU", "the producer was running on CPU"},
		{"garbage", `it says "\x1b[31mlorem ipsum" where ready was due`, `it says "\x1b[31mlorem ipsum" where ready was due`},
		{"absent", `it ended where "ready" was due`, `it ended where "ready" was due`},
		{"mute", "--timeout", "--timeout"},
		{"unread", "it has not read all of them", ""},
		{"hurries", "", "the program says that it measured for"},
		{"foresees", "", "it was let go at"},
		{"boasts", "", "messages"},
		{"flatters", "", "round trips"},
		{"grumbles", "exit status 9: cannot say goodbye", "exit status 9: cannot say goodbye"},
	} {
		plan := short
		if !slices.Contains(liars, c.fault) {
			plan.Time, plan.Messages = 0, 3000
		}
		switch c.fault {
		case "loses": // in round trips, both would wait for it
			plan.Workloads = []string{"throughput"}
		case "damages":
			plan.Verify = bench.VerifyAll
		case "hangs", "spins", "mute":
			plan.Timeout = 2 * time.Second
		}
		for side, reason := range map[string]string{"consumer": c.consumer, "producer": c.producer} {
			if reason == "" {
				continue
			}
			t.Run(c.fault+", the "+side, func(t *testing.T) {
				programs := map[string]string{"consumer": program, "producer": program}
				programs[side] += " " + c.fault
				text := fmt.Sprintf("exec:consumer=%s,producer=%s,wait=yield", programs["consumer"], programs["producer"])
				l := measured(t, plan, text)[0]
				if l.Status != results.Failed || !strings.Contains(l.Reason, reason) {
					t.Errorf("it is %s: %s\nwant %q", l.Status, l.Reason, reason)
				}
				nothingLeft(t, program)
			})
		}
	}
}

// TestLeavesNothing: a program that leaves another behind does not keep it.
func TestLeavesNothing(t *testing.T) {
	program := compiled(t, "testdata/bad.c")
	plan := both(64)
	plan.Workloads = []string{"latency"}
	measured(t, plan, "exec:consumer="+program+",producer="+program+" leaves,wait=yield")
	nothingLeft(t, program)
}

// nothingLeft looks for processes of that program, and for directories.
func nothingLeft(t *testing.T, program string) {
	t.Helper()
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		if name, _ := os.Readlink(link); name == program {
			t.Errorf("%s is left", link)
		}
	}
	if left, _ := filepath.Glob("/dev/shm/ipcbench-exec-*"); len(left) > 0 {
		t.Errorf("these are left: %v", left)
	}
}

// TestNotAsked: what a program cannot be asked for is skipped with the reason.
func TestNotAsked(t *testing.T) {
	for text, want := range map[string]string{
		"exec":           "name your programs",
		"exec:./nowhere": "./nowhere: no such file",
	} {
		spec, err := transports.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		plan := bench.Plan{Specs: []transports.Spec{spec}, Workloads: []string{"latency"}, Sizes: []int{8}, Placements: []string{"free"}, Launches: 1, Messages: 10, Verify: bench.VerifyEnds, Timeout: time.Second}
		cells, err := plan.Cells(t.Context())
		if err != nil || !strings.Contains(cells[0].Skip, want) {
			t.Errorf("%s: %+v, error %v, want %q", text, cells, err, want)
		}
	}
	spec, _ := transports.Parse("exec:/bin/true")
	plan := bench.Plan{Specs: []transports.Spec{spec}, Workloads: []string{"latency", "oneway"}, Sizes: []int{4, 8}, Placements: []string{"free"}, Launches: 1, Messages: 10, Verify: bench.VerifyEnds, Timeout: time.Second}
	cells, err := plan.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		switch {
		case c.Workload == "oneway" && !strings.Contains(c.Skip, "-w latency,throughput"):
			t.Errorf("oneway: %q", c.Skip)
		case c.Workload == "latency" && c.SizeBytes == 4 && !strings.Contains(c.Skip, "at least 8 bytes"):
			t.Errorf("4 bytes: %q", c.Skip)
		}
	}
}

// TestCheck holds sound programs and bad ones against the demands.
func TestCheck(t *testing.T) {
	for fault, want := range map[string]string{
		"none":    "ok    throughput, messages of 65536 bytes\n",
		"damages": "FAIL  latency, messages of 8 bytes: ",
	} {
		check := exec.CheckCommand()
		var out bytes.Buffer
		check.SetOut(&out)
		check.SetErr(&out)
		check.SetArgs([]string{"exec:consumer=" + compiled(t, "testdata/bad.c") + " " + fault + ",wait=yield"})
		err := check.ExecuteContext(t.Context())
		if (err != nil) != (fault != "none") || !strings.Contains(out.String(), want) {
			t.Errorf("%s: error %v\n%s", fault, err, out.String())
		}
	}
}
