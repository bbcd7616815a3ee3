package bench_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench"
	"ipcbench/results"
	"ipcbench/transports"
)

func specsOf(t *testing.T, texts ...string) []transports.Spec {
	t.Helper()
	var specs []transports.Spec
	for _, text := range texts {
		spec, err := transports.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		specs = append(specs, spec)
	}
	return specs
}

// abPlan is one of short launches of variants, each of some specs.
func abPlan(t *testing.T, a, b string) bench.Plan {
	p := smallPlan(t)
	p.Messages, p.Launches, p.Seed = 10, 6, 7
	for _, text := range []string{a, b} {
		p.Variants = append(p.Variants, bench.Variant{Text: text, Specs: specsOf(t, strings.Fields(text)...)})
	}
	return p
}

// Launches that are compared are neighbours, and neither variant is always
// first. Two that are equal are two cells all the same.
func TestLaunchesOfVariantsComeInTurn(t *testing.T) {
	for name, p := range map[string]bench.Plan{
		"equal":                abPlan(t, "pipe", "pipe"),
		"another transport":    abPlan(t, "pipe", "unix"),
		"several, by position": abPlan(t, "pipe unix", "fifo unix:type=seqpacket"),
		"one with a directory": abPlan(t, "pipe", "mmap:wait=futex"),
	} {
		p.Sizes, p.Launches = []int{64, 128}, 3
		launches := measure(t, p)
		firsts := map[string]int{}
		for ; len(launches) >= 2; launches = launches[2:] {
			one, other := launches[0], launches[1]
			if one.Variant == other.Variant || one.SizeBytes != other.SizeBytes || one.Launch != other.Launch || one.Status != results.OK {
				t.Errorf("%s: side by side are %s (%d) and %s (%d): %s", name, one.Describe(" "), one.Launch, other.Describe(" "), other.Launch, one.Reason)
			}
			firsts[one.Variant]++
		}
		if len(launches) > 0 || firsts["A"] == 0 || firsts["B"] == 0 {
			t.Errorf("%s: %v are first, %d launches are over", name, firsts, len(launches))
		}
	}
}

// With commands that switch, a round has all of one variant and then all of the
// other, and the command is run before them.
func TestVariantsAreSwitched(t *testing.T) {
	p := abPlan(t, "pipe", "pipe")
	p.Sizes, p.Labels = []int{64, 128}, map[string]string{"knob": "?", "disk": "none"}
	p.Launches = 5 // so few that none is made again
	log := filepath.Join(t.TempDir(), "switched")
	for i, value := range []string{"off", "on"} {
		p.Variants[i].Labels = map[string]string{"knob": value}
		p.Variants[i].Switch = "echo " + value + " >>" + log
	}
	launches := measure(t, p)
	var knob, disk []string
	starts := map[string]bool{} // the orders of variants that rounds have
	for round := 0; len(launches) > 0; round++ {
		var order string
		for _, l := range launches[:4] {
			order += l.Variant
			if l.Launch != round+1 {
				t.Errorf("launch %d in round %d", l.Launch, round+1)
			}
			if value := l.Labels["knob"]; len(knob) == 0 || knob[len(knob)-1] != value {
				knob = append(knob, value)
			}
			disk = append(disk, l.Labels["disk"])
		}
		if order != "AABB" && order != "BBAA" {
			t.Errorf("a round has %s", order)
		}
		starts[order] = true
		launches = launches[4:]
	}
	switched, err := os.ReadFile(log)
	if err != nil || !slices.Equal(strings.Fields(string(switched)), knob) || len(slices.Compact(disk)) != 1 {
		t.Errorf("%v: switched to %q, and measured %q with disk %q", err, switched, knob, disk)
	}
	if len(starts) != 2 {
		t.Errorf("each of 6 rounds has %v", starts)
	}
}

func TestACommandThatCannotSwitchEndsTheRun(t *testing.T) {
	p := abPlan(t, "pipe", "pipe")
	p.Variants[0].Switch, p.Variants[1].Switch = "true", "echo first; echo the knob is stuck >&2; exit 3"
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	launches, err := p.Run(t.Context(), cells, func(results.Launch) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "variant B") || !strings.Contains(err.Error(), "exit status 3: the knob is stuck") {
		t.Errorf("the error is %v", err)
	}
	for _, l := range launches {
		if l.Variant == "B" {
			t.Errorf("%s was launched", l.Describe(" "))
		}
	}
}

// What the command started in the foreground ends with it.
func TestACommandThatSwitchesForEverObeysCtrlC(t *testing.T) {
	p := abPlan(t, "pipe", "pipe")
	begun := filepath.Join(t.TempDir(), "begun")
	if err := unix.Mkfifo(begun, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range p.Variants {
		p.Variants[i].Switch = "echo begun >" + begun + "; sleep 1000"
	}
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		os.ReadFile(begun) // returns when it was written
		cancel()
	}()
	launches, err := p.Run(ctx, cells, func(results.Launch) error { return nil })
	if !errors.Is(err, context.Canceled) || len(launches) > 0 {
		t.Errorf("%d launches, %v", len(launches), err)
	}
}

// A cell that is not narrow yet is launched again with what it is compared with.
func TestUntilGoesOnWithBothVariants(t *testing.T) {
	p := abPlan(t, "pipe", "unix")
	p.Until, p.Budget, p.Workloads = 1e-9, time.Hour, []string{"throughput"}
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	of := map[string]int{}
	p.Run(ctx, cells, func(l results.Launch) error {
		if of[l.Variant]++; of[l.Variant] == 9 {
			cancel()
		}
		return nil
	})
	if of["A"] < 8 || of["B"] < 8 {
		t.Errorf("launches of each: %v", of)
	}
}

func TestVariantsThatAreNotToBeComparedAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		plan  bench.Plan
		spoil func(*bench.Plan)
		want  string
	}{
		"one":             {abPlan(t, "pipe", "unix"), func(p *bench.Plan) { p.Variants = p.Variants[:1] }, "nothing to compare"},
		"one switch":      {abPlan(t, "pipe", "pipe"), func(p *bench.Plan) { p.Variants[1].Switch = "true" }, "variant B has a --switch and variant A has none"},
		"not as many":     {abPlan(t, "pipe unix", "fifo"), func(*bench.Plan) {}, "no cell in common"},
		"cannot run":      {abPlan(t, "pipe", "mmap:wait=spin"), func(p *bench.Plan) { p.Placements = []string{"same-cpu"} }, "two CPUs"},
		"wrong placement": {abPlan(t, "pipe", "unix"), func(p *bench.Plan) { p.Variants[1].Placements = []string{"near"} }, `variant B: no placement is called "near"`},
	} {
		c.spoil(&c.plan)
		if _, err := c.plan.Cells(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v and does not say %q", name, err, c.want)
		}
	}
}

// The record says what the variants were, and all that was measured.
func TestRecordOfVariants(t *testing.T) {
	p := abPlan(t, "pipe unix", "fifo")
	p.Variants[1].Placements = []string{"same-cpu"}
	r := p.Record()
	if !slices.Equal(r.Specs, []string{"pipe", "unix", "fifo"}) || !slices.Equal(r.Placements, []string{"free", "same-cpu"}) || !slices.Equal(r.Dirs, p.Dirs) {
		t.Errorf("the plan has %v %v %v", r.Specs, r.Placements, r.Dirs)
	}
	b := r.Variants[1]
	if b.Name != "B" || b.Text != "fifo" || !slices.Equal(b.Specs, []string{"fifo"}) || !slices.Equal(r.Variants[0].Placements, []string{"free"}) {
		t.Errorf("the variants are %+v", r.Variants)
	}
}
