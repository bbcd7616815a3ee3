package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/charts"
	"ipcbench/results/summary"
)

// What the trials found is kept here, for a reader who asks whether compare is
// to be believed.
const trialsDir = "../results/trials"

// A verdict is what compare --json says of one metric of one cell.
type verdict struct {
	Cell    results.Cell `json:"cell"`
	Metric  string       `json:"metric"`
	Change  *float64     `json:"change"`
	Verdict string       `json:"verdict"`
}

func (v verdict) isPrimary() bool { return v.Metric == results.PrimaryMetric(v.Cell.Workload) }

// TestAGrossSlowdownIsFound compares a run with one that burns as long again
// before every message: whatever the machine, that is slower.
func TestAGrossSlowdownIsFound(t *testing.T) {
	old := measure(t, 0, "--quick", "-s", "64", "-w", "latency", "-p", "same-cpu", "delayed-pipe")
	slow := measure(t, 1e6, "--quick", "-s", "64", "-w", "latency", "-p", "same-cpu", "delayed-pipe")
	for _, v := range compared(t, old, slow) {
		if v.isPrimary() && v.Verdict != "slower" {
			t.Errorf("a millisecond more before each message: %s, change %v", v.Verdict, *v.Change)
		}
	}
}

// TestAA runs one command again and again and compares each run with the next:
// what is called faster or slower is called so wrongly. It writes aa.md.
func TestAA(t *testing.T) {
	if os.Getenv("IPCBENCH_AA") == "" {
		t.Skip("takes a quarter of an hour and the machine for itself: run make aa")
	}
	const pairs, allowed = 40, 0.05
	args := []string{"-s", "64,64KiB", "--time", "20ms", "-d", t.TempDir()}
	counts := map[string]map[string]int{} // by cell, then verdict
	var cells []string
	var wrong, others, wrongOthers int
	for pair := range pairs {
		for _, v := range compared(t, measure(t, 0, args...), measure(t, 0, args...)) {
			changed := v.Verdict == "faster" || v.Verdict == "slower"
			if !v.isPrimary() {
				others++
				if changed {
					wrongOthers++
				}
				continue
			}
			name := strings.Join([]string{v.Cell.Transport, v.Cell.Workload, results.FormatSize(v.Cell.SizeBytes), v.Cell.Placement}, " | ")
			if counts[name] == nil {
				counts[name] = map[string]int{}
				cells = append(cells, name)
			}
			counts[name][v.Verdict]++
			if changed {
				wrong++
				t.Logf("pair %d: %s %s by %.3f", pair+1, name, v.Verdict, *v.Change)
			}
		}
	}
	all := pairs * len(cells)
	var b strings.Builder
	fmt.Fprintf(&b, "Of %d comparisons of a cell with itself, %d (%.2g %%) were called faster or slower.\n", all, wrong, 100*float64(wrong)/float64(all))
	fmt.Fprintf(&b, "Of %d comparisons of further metrics (p99, CPU time per message), %d (%.2g %%).\n\n", others, wrongOthers, 100*float64(wrongOthers)/float64(max(1, others)))
	verdicts := []string{"same", "noisy", "machine-changed", "faster", "slower"}
	fmt.Fprintf(&b, "| transport | workload | size | placement | %s |\n|%s\n", strings.Join(verdicts, " | "), strings.Repeat(" --- |", 4+len(verdicts)))
	for _, name := range cells {
		fmt.Fprintf(&b, "| %s |", name)
		for _, v := range verdicts {
			fmt.Fprintf(&b, " %d |", counts[name][v])
		}
		fmt.Fprintln(&b)
	}
	keep(t, "aa.md", b.String())
	if share := float64(wrong) / float64(all); share > allowed {
		t.Errorf("%.3f of the comparisons are wrong, at most %.2f may be", share, allowed)
	}
}

// powerCases are what a known delay is added to, where both ends are.
var powerCases = []struct {
	placement string
	specs     []string
}{
	{"same-cpu", []string{"delayed-pipe", "delayed-unix", "delayed-futex"}},
	{"0-1", []string{"delayed-spin"}},
	{"0-1", []string{"delayed-pipe"}},
}

// TestPower adds a delay of a known length to each round trip and counts how
// often compare finds it at 10 launches. It writes power.md and power.svg.
func TestPower(t *testing.T) {
	if os.Getenv("IPCBENCH_POWER") == "" {
		t.Skip("takes a quarter of an hour and the machine for itself: run make power")
	}
	const trials = 20
	added := []float64{0.02, 0.05, 0.10, 0.20}
	var curves []charts.Power
	for _, c := range powerCases {
		for _, spec := range c.specs {
			curves = append(curves, powerOf(t, spec, c.placement, added, trials))
		}
	}
	method := fmt.Sprintf("Two runs of 10 launches, in the second of which every round trip of 4 KiB burns a known time more; %d trials of each, median round trip, Wilson intervals.", trials)
	chart := charts.PowerCurve(curves, method, "ipcbench "+buildVersion())
	var svg bytes.Buffer
	if err := chart.WriteSVG(&svg); err != nil {
		t.Fatal(err)
	}
	keep(t, "power.svg", svg.String())
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(chart.Columns, " | "), strings.Repeat(" --- |", len(chart.Columns)))
	for _, row := range chart.Rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	keep(t, "power.md", b.String())
}

// powerOf measures one cell without and with each of the delays, in a new
// order in every trial, and counts what was found.
func powerOf(t *testing.T, spec, placement string, added []float64, trials int) charts.Power {
	args := []string{"-s", "4KiB", "-w", "latency", "-p", placement, "-d", t.TempDir(), spec}
	base, _ := roundTrip(t, measure(t, 0, args...))
	found := make([]int, len(added))
	var spread []float64
	for trial := range trials {
		runs := make([]string, len(added)+1)
		for _, i := range rand.Perm(len(runs)) {
			delay := 0.0
			if i > 0 {
				delay = added[i-1] * base
			}
			runs[i] = measure(t, delay, args...)
		}
		_, cv := roundTrip(t, runs[0])
		spread = append(spread, cv)
		for i, slow := range runs[1:] {
			for _, v := range compared(t, runs[0], slow) {
				if v.isPrimary() {
					t.Logf("%s %s trial %d: +%.0f %%: %s, %+.3f", spec, placement, trial+1, 100*added[i], v.Verdict, *v.Change)
					if v.Verdict == "slower" {
						found[i]++
					}
				}
			}
		}
	}
	slices.Sort(spread)
	where := map[string]string{"same-cpu": "one CPU", "0-1": "two CPUs"}[placement]
	power := charts.Power{Cell: strings.TrimPrefix(spec, "delayed-") + ", " + where, CV: spread[len(spread)/2], Added: added}
	for _, n := range found {
		share, lo, hi := wilson(n, trials)
		power.Found, power.Lo, power.Hi = append(power.Found, share), append(power.Lo, lo), append(power.Hi, hi)
	}
	return power
}

// wilson is the share n/of and its 95 % score interval (Wilson 1927).
func wilson(n, of int) (share, lo, hi float64) {
	const z = 1.96
	total := float64(of)
	share = float64(n) / total
	centre := (share + z*z/(2*total)) / (1 + z*z/total)
	half := z / (1 + z*z/total) * math.Sqrt(share*(1-share)/total+z*z/(4*total*total))
	return share, max(0, centre-half), min(1, centre+half)
}

// measure runs the command run, with a busy-wait of delay nanoseconds in the
// delayed transports, and returns its run directory.
func measure(t *testing.T, delay float64, args ...string) string {
	t.Helper()
	parent := t.TempDir()
	run := exec.Command("ipcbench", append([]string{"run", "-q", "-o", parent}, args...)...)
	run.Env = append(os.Environ(), fmt.Sprintf("%s=%f", delayEnv, delay))
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", run.Args, err, out)
	}
	dirs, err := filepath.Glob(filepath.Join(parent, "2*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("%v %v", dirs, err)
	}
	return dirs[0]
}

// compared returns what the command compare says of two runs.
func compared(t *testing.T, old, new string) []verdict {
	t.Helper()
	var comparison struct {
		Cells []verdict `json:"cells"`
	}
	out, err := exec.Command("ipcbench", "compare", "--json", old, new).Output()
	if err == nil {
		err = json.Unmarshal(out, &comparison)
	}
	if err != nil || len(comparison.Cells) == 0 {
		t.Fatalf("compare %s %s: %v\n%s", old, new, err, out)
	}
	return comparison.Cells
}

// roundTrip returns the median round trip of a run of one cell, in ns, and the
// coefficient of variation over its launches.
func roundTrip(t *testing.T, dir string) (ns, cv float64) {
	t.Helper()
	_, launches, _, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	e := summary.Of(launches)[0].Metrics[results.RTTP50]
	return e.Median, e.CV
}

func keep(t *testing.T, name, text string) {
	t.Helper()
	t.Log("\n" + text)
	err := os.MkdirAll(trialsDir, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(trialsDir, name), []byte(text), 0o644)
	}
	if err != nil {
		t.Error(err)
	}
}
