package answer

import (
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
)

// A measured is what a run measured of one cell.
type measured struct {
	transport, workload string
	size                int
	placement           string
	way                 results.Way
	metric              string
	centre              float64
	launches            int
}

// answered is the answer of a run of such cells, a line of it each, as "about: says".
func answered(of ...measured) []string {
	var launches []results.Launch
	for _, m := range of {
		cell := resultstest.Cell(m.transport, m.workload, m.size, m.placement)
		cell.Waits = string(m.way)
		var values []float64
		for i := range m.launches {
			values = append(values, m.centre*(1+0.001*float64(i)))
		}
		launches = append(launches, resultstest.Of(cell, m.metric, values...)...)
	}
	var said []string
	for _, line := range Of(summary.Analyze(results.Run{Name: "RUN"}, launches, nil)).Lines() {
		said = append(said, line.About+": "+line.Says)
	}
	return said
}

func latency(transport, placement string, way results.Way, ns float64, launches int) measured {
	return measured{transport, "latency", 64, placement, way, results.RTTP50, ns, launches}
}

func throughput(transport, placement string, way results.Way, perS float64, launches int) measured {
	return measured{transport, "throughput", 65536, placement, way, results.BytesPerS, perS, launches}
}

// expect asks for lines, by what they begin with, that say and do not say something.
func expect(t *testing.T, said []string, about string, says ...string) {
	t.Helper()
	for _, line := range said {
		if !strings.HasPrefix(line, about+": ") {
			continue
		}
		for _, text := range says {
			if not, is := strings.CutPrefix(text, "not "); is == strings.Contains(line, strings.TrimPrefix(not, "not ")) {
				t.Errorf("the line is %q, and should have: %s", line, text)
			}
		}
		return
	}
	t.Errorf("no line is about %s:\n%s", about, strings.Join(said, "\n"))
}

func TestEachPurposeHasItsBest(t *testing.T) {
	said := answered(
		latency("mmap:wait=futex", "same-cpu", results.Sleeps, 4000, 10), latency("pipe", "same-cpu", results.Sleeps, 4001, 10),
		latency("unix", "same-cpu", results.Sleeps, 8400, 10), latency("pipe", "same-llc", results.Sleeps, 61000, 10),
		latency("mmap", "same-llc", results.Spins, 200, 10), latency("file", "same-llc", results.Spins, 9000, 10),
		throughput("mmap:wait=futex", "same-cpu", results.Sleeps, 10e9, 10), throughput("pipe", "same-cpu", results.Sleeps, 2.5e9, 10),
		throughput("mmap", "same-llc", results.Spins, 20e9, 10),
	)
	if len(said) != 6 {
		t.Errorf("an answer has six lines at most, and this is %d:\n%s", len(said), strings.Join(said, "\n"))
	}
	expect(t, said, "64 B, sleeping", "mmap:wait=futex or pipe, 4.0", "there and back on one CPU", "unix ×2.1", "on two CPUs pipe (alone measured), 61.", "not pipe ×", "not file")
	expect(t, said, "64 B, spinning", "mmap, 201 ns", "file ×45")
	expect(t, said, "64 KiB, sleeping", "mmap:wait=futex, 10.0 GB/s", "pipe ÷4.0")
	expect(t, said, "64 KiB, spinning", "mmap (alone measured), 20.1 GB/s")
	expect(t, said, "How sure", "10 launches each", `"or"`)
	expect(t, said, "Next", "ipcbench run all")
}

// TestOneSizeBothWays has what was measured in each label, or two would be the same.
func TestOneSizeBothWays(t *testing.T) {
	stream := throughput("mmap", "same-llc", results.Spins, 20e9, 10)
	stream.size = 64
	said := answered(latency("mmap", "same-llc", results.Spins, 200, 10), stream)
	expect(t, said, "Round trip, 64 B, spinning", "201 ns")
	expect(t, said, "Throughput, 64 B, spinning", "20.1 GB/s")
}

func TestTooFewLaunchesTellNothing(t *testing.T) {
	said := answered(latency("mmap", "same-llc", results.Spins, 200, 2), latency("file", "same-llc", results.Spins, 9000, 2))
	expect(t, said, "64 B, spinning", "mmap or file", "not ×")
	expect(t, said, "How sure", "too few")
	expect(t, said, "Next", "ipcbench run -n 10")
}

func TestOneTransportIsNoChoice(t *testing.T) {
	said := answered(latency("pipe", "same-cpu", results.Sleeps, 4000, 10))
	expect(t, said, "64 B, sleeping", "pipe (alone measured)")
	expect(t, said, "How sure", "nothing to choose between")
}

// One transport in several places is named once, if none of these is told apart.
func TestPlacesThatAreAlikeAreOne(t *testing.T) {
	var launches []results.Launch
	for i, dir := range []string{"/var/tmp", "/dev/shm", "/mnt/slow"} {
		cell := resultstest.Cell("file", "latency", 64, "same-llc")
		cell.Waits, cell.Dir, cell.FSType = string(results.Spins), dir, []string{"ext4", "tmpfs", "xfs"}[i]
		centre := []float64{9000, 9000, 90000}[i]
		var values []float64
		for j := range 10 {
			values = append(values, centre+float64(j))
		}
		launches = append(launches, resultstest.Of(cell, results.RTTP50, values...)...)
	}
	slow := Of(summary.Analyze(results.Run{}, launches, nil)).Lines()[0].Says
	if !strings.HasPrefix(slow, "file on tmpfs or file on ext4,") || !strings.Contains(slow, "file on xfs ×10") {
		t.Errorf("a place that is slower is told: %q", slow)
	}
	alike := Of(summary.Analyze(results.Run{}, launches[:20], nil)).Lines()[0].Says
	if !strings.HasPrefix(alike, "file,") {
		t.Errorf("places that are alike are not told: %q", alike)
	}
}

// Other workloads have an answer too.
func TestOfAnyWorkload(t *testing.T) {
	said := answered(
		measured{"pipe", "setup", 64, "same-llc", results.Sleeps, results.SetupTotal, 100e3, 10},
		measured{"tcp", "setup", 64, "same-llc", results.Sleeps, results.SetupTotal, 400e3, 10})
	expect(t, said, "Set-up, 64 B, sleeping", "pipe, 100 µs", "tcp ×4.0")
	if said := answered(); len(said) != 0 {
		t.Errorf("of nothing there is no answer, and it is %q", said)
	}
}

func TestAtRatesItIsWhatIsHeld(t *testing.T) {
	var launches []results.Launch
	add := func(transport string, offered, achieved float64) {
		cell := resultstest.Cell(transport, "load", 64, "same-llc")
		cell.Waits, cell.RatePerS = string(results.Sleeps), offered
		of := resultstest.Of(cell, results.AchievedPerS, achieved, achieved, achieved)
		for i := range of {
			of[i].Metrics[results.ScheduledPerS] = offered
		}
		launches = append(launches, of...)
	}
	add("pipe", 1e3, 1e3)
	add("pipe", 1e5, 1e5)
	add("pipe", 1e6, 4e5)
	add("unix", 1e4, 1e4)
	says := Of(summary.Analyze(results.Run{}, launches, nil)).Lines()[0].Says
	if says != "pipe keeps up with 100 k/s on two CPUs; unix keeps up with 10.0 k/s on two CPUs" {
		t.Errorf("it is %q", says)
	}
}
