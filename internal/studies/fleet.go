package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ipcbench/results"
	"ipcbench/results/charts"
	"ipcbench/results/compare"
	"ipcbench/results/fleet"
	"ipcbench/results/fleet/synthetic"
)

// What a fleet is held to: such hosts, that became so much slower, and two of them more.
const (
	fleetHosts   = 50
	fleetBetween = 0.10 // deviation of hosts' levels
	fleetWithin  = 0.03 // of runs of a host
	ofAllHosts   = 0.03
	ofTwoHosts   = 0.20
	notMore      = 0.05 // what all hosts are said to have become slower by, so that the two do not stand in it
	mostFalse    = 0.05
	runsJudged   = 3 // of each side of each host
)

// aloneHosts are those that became slower by more.
var aloneHosts = []string{"h07", "h31"}

// A fleetPower counts how often made-up fleets are judged right.
type fleetPower struct {
	shelf
	trials, cells int
}

func newFleetPower() *cobra.Command {
	p := &fleetPower{}
	c := &cobra.Command{
		Use:   "fleet-power [flags]",
		Short: "Is what all hosts show told from what one shows alone? (made-up fleets)",
		Long: fmt.Sprintf(`Makes up fleets of %d hosts, whose levels differ by %.0f %% and whose runs by %.0f %%, compares
them as "ipcbench compare" does, and counts how often it is right: fleet.md. It needs no
quiet machine.

It holds where of fleets in which nothing changed at most %.0f %% are called changed, anywhere in
what is said, and where of fleets that became %.0f %% slower, and two hosts %.0f %%, nine in ten
are told so, with %d runs of each side.`, fleetHosts, 100*fleetBetween, 100*fleetWithin, 100*mostFalse, 100*ofAllHosts, 100*ofTwoHosts, runsJudged),
		Args: noWords,
		RunE: carryOut(p.study),
	}
	c.Flags().IntVar(&p.trials, "trials", 200, "how many of each fleet")
	c.Flags().IntVar(&p.cells, "cells", 10, "how many cells a fleet has")
	p.addFlag(c)
	return c
}

// A fleetTrial is how often fleets of so many runs were judged so.
type fleetTrial struct{ runs, wrong, found, inEachCell, of int }

func (p *fleetPower) study(ctx context.Context, l lab) (missed []string, err error) {
	if err := atLeastOne("trials", p.trials); err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d hosts, %d cells, %d fleets of each\n\n| runs of each side | nothing changed, and something was called so | all by 3 %%, two by 20 %%: both found and told apart | in each cell |\n| --- | --- | --- | --- |\n", fleetHosts, p.cells, p.trials)
	for _, runs := range []int{1, 2, 3, 5} {
		t := fleetTrial{runs: runs, of: p.trials}
		for trial := range p.trials {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err := t.add(ctx, uint64(trial), p.cells); err != nil {
				return nil, err
			}
		}
		fmt.Fprintf(l.log, "%d runs of each side: %+v\n", runs, t)
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", runs, shareOf(t.wrong, t.of), shareOf(t.found, t.of), shareOf(t.inEachCell, t.of))
		missed = append(missed, t.misses()...)
	}
	fmt.Fprint(l.out, b.String())
	return missed, p.keep("fleet.md", b.String())
}

// add makes up two fleets, and says what is told of them.
func (t *fleetTrial) add(ctx context.Context, seed uint64, cells int) error {
	f := synthetic.Fleet{Seed: seed, Hosts: fleetHosts, Runs: t.runs, Cells: cells, Between: fleetBetween, Within: fleetWithin}
	still, err := compareFleet(ctx, f)
	if err != nil {
		return err
	}
	if saysAnything(still) {
		t.wrong++
	}
	f.Change = func(host, _ int) float64 {
		if slices.Contains(aloneHosts, fmt.Sprintf("h%02d", host+1)) {
			return ofTwoHosts
		}
		return ofAllHosts
	}
	changed, err := compareFleet(ctx, f)
	if err != nil {
		return err
	}
	found, inEachCell := isTold(changed)
	if found {
		t.found++
	}
	if inEachCell {
		t.inEachCell++
	}
	return nil
}

// saysAnything says whether a cell is called changed on all hosts, or any host stands alone.
func saysAnything(c fleet.Comparison) bool {
	for _, class := range c.Classes {
		for _, row := range class.Rows {
			if row.Verdict.IsChange() || len(row.Shown()) > 0 {
				return true
			}
		}
	}
	return false
}

// isTold says whether each cell is called slower on all hosts by less than notMore, and
// just aloneHosts are named, in whichever cells. It is so in each cell where moreover
// those two, and no others, are called slower than the others in each, and its interval
// has the true change in it.
func isTold(c fleet.Comparison) (found, inEachCell bool) {
	found, inEachCell = true, true
	named := map[string]bool{}
	for _, class := range c.Classes {
		for _, row := range class.Rows {
			var here []string
			for _, on := range row.Shown() {
				name := class.Hosts[on.Host].Name
				named[name] = true
				if on.Verdict == compare.Slower {
					here = append(here, name)
				}
			}
			found = found && row.Verdict == compare.Slower && row.Change < notMore
			inEachCell = inEachCell && slices.Equal(here, aloneHosts) && len(here) == len(row.Shown()) && row.Lo <= ofAllHosts && ofAllHosts <= row.Hi
		}
	}
	found = found && slices.Equal(slices.Sorted(maps.Keys(named)), aloneHosts)
	return found, found && inEachCell
}

func compareFleet(ctx context.Context, f synthetic.Fleet) (fleet.Comparison, error) {
	old, err := fleet.ParseSelection("kernel=" + synthetic.OldKernel)
	if err != nil {
		return fleet.Comparison{}, err
	}
	new, err := fleet.ParseSelection("kernel=" + synthetic.NewKernel)
	if err != nil {
		return fleet.Comparison{}, err
	}
	x, _, err := fleet.Read(ctx, []fleet.Source{synthetic.Source{Fleet: f}}, fleet.Sides(old, new), nil)
	if err != nil {
		return fleet.Comparison{}, err
	}
	return fleet.Compare(x, old, new, fleet.Options{})
}

// misses are the limits that the trial missed. What chance makes of a share of 5 % is let be.
func (t fleetTrial) misses() (missed []string) {
	if _, lo, _ := wilson(t.wrong, t.of); lo > mostFalse {
		missed = append(missed, fmt.Sprintf("%d runs of each side: %s of fleets that did not change are called changed, to be ≤ %.0f %%", t.runs, shareOf(t.wrong, t.of), 100*mostFalse))
	}
	if t.runs >= runsJudged && float64(t.found) < leastFound*float64(t.of) {
		missed = append(missed, fmt.Sprintf("%d runs of each side: %s of fleets that changed are told so, to be ≥ %.0f %%", t.runs, shareOf(t.found, t.of), 100*leastFound))
	}
	return missed
}

func shareOf(n, of int) string {
	share, lo, hi := wilson(n, of)
	return fmt.Sprintf("%.1f %% [%.1f, %.1f]", 100*share, 100*lo, 100*hi)
}

// What 10,000 runs of 100 cells may take to be compared, once they are in an index.
const (
	mostRuns      = 10_000
	fleetCells    = 100
	mostOfCompare = 60 * time.Second
	mostOfMemory  = 1 << 30
)

// A fleetScale measures what an index and a comparison of more and more runs take.
type fleetScale struct {
	shelf
	runs int
}

func newFleetScale() *cobra.Command {
	s := &fleetScale{}
	c := &cobra.Command{
		Use:   "fleet-scale [flags]",
		Short: "What do an index of many runs, and a comparison, take? (2 min, 1 GB in TMPDIR)",
		Long: fmt.Sprintf(`Makes up to %d runs of %d cells, of %d hosts with two kernels, as directories, has
"ipcbench collect" index them, and again when it knows them all, and "ipcbench compare"
compare the kernels, and measures the time and the memory of each: fleet-scale.md, fleet-time.svg, fleet-memory.svg.

It holds where the last are compared within %v and %d MiB.`, mostRuns, fleetCells, fleetHosts, mostOfCompare, mostOfMemory>>20),
		Args: noWords,
		RunE: carryOut(s.study),
	}
	c.Flags().IntVar(&s.runs, "runs", mostRuns, "the most runs")
	s.addFlag(c)
	return c
}

// A grown is a command, and what it took for more and more runs.
type grown struct {
	name string
	args []string
	took []costs
}

func (s *fleetScale) study(ctx context.Context, l lab) (missed []string, err error) {
	dir, index := filepath.Join(l.scratch, "runs"), filepath.Join(l.scratch, fleet.IndexFile)
	collect := []string{"collect", "--index", index, dir}
	compared := []string{"compare", "--old", "kernel=" + synthetic.OldKernel, "--new", "kernel=" + synthetic.NewKernel, index}
	commands := []*grown{{name: "index all", args: collect}, {name: "index: all known", args: collect}, {name: "compare", args: compared}}
	var of []float64
	for _, runs := range []int{100, 300, 1000, 3000, mostRuns} {
		if runs > s.runs {
			break
		}
		f := synthetic.Fleet{Seed: 1, Hosts: fleetHosts, Runs: runs / fleetHosts / 2, Cells: fleetCells, Between: fleetBetween, Within: fleetWithin}
		if err := f.Write(dir); err != nil {
			return nil, err
		}
		os.Remove(index)
		of = append(of, float64(runs))
		for _, c := range commands {
			took, err := costsOf(ctx, c.args...)
			if err != nil {
				return nil, err
			}
			c.took = append(c.took, took)
			fmt.Fprintf(l.log, "%d runs: %s: %v, %d MiB\n", runs, c.name, took.time.Round(time.Millisecond), took.memory>>20)
		}
	}
	if err := s.draw(l, of, commands); err != nil || len(of) == 0 {
		return nil, err
	}
	last := commands[2].took[len(of)-1]
	if last.time > mostOfCompare {
		missed = append(missed, fmt.Sprintf("the last comparison took %v, to be ≤ %v", last.time, mostOfCompare))
	}
	if last.memory > mostOfMemory {
		missed = append(missed, fmt.Sprintf("the last comparison took %d MiB, to be ≤ %d", last.memory>>20, mostOfMemory>>20))
	}
	return missed, nil
}

// draw draws how time and memory grow, and writes the figures.
func (s *fleetScale) draw(l lab, of []float64, commands []*grown) error {
	method := fmt.Sprintf("Made-up runs of %d cells, of %d hosts, as directories; each command is a process of its own.", fleetCells, fleetHosts)
	for _, kind := range []struct {
		name, title, axis string
		of                func(costs) float64
		format            func(float64) string
	}{
		{"time", "How long an index and a comparison take", "Time", func(c costs) float64 { return c.time.Seconds() }, func(v float64) string { return results.FormatNS(v * 1e9) }},
		{"memory", "How much memory they take", "Most memory (MiB)", func(c costs) float64 { return float64(c.memory) / (1 << 20) }, func(v float64) string { return fmt.Sprintf("%.0f", v) }},
	} {
		var curves []charts.Growth
		for _, c := range commands {
			curve := charts.Growth{Name: c.name, Of: of}
			for _, took := range c.took {
				curve.Takes = append(curve.Takes, kind.of(took))
			}
			curves = append(curves, curve)
		}
		chart := charts.GrowthCurve("fleet-"+kind.name, kind.title, method, kind.axis, "runs", kind.format, curves, "")
		var svg bytes.Buffer
		if err := chart.WriteSVG(&svg); err != nil {
			return err
		}
		if err := s.keep(chart.Name+".svg", svg.String()); err != nil {
			return err
		}
		fmt.Fprintf(l.out, "%s\n| %s |\n|%s\n", kind.title, strings.Join(chart.Columns, " | "), strings.Repeat(" --- |", len(chart.Columns)))
		for _, row := range chart.Rows {
			fmt.Fprintf(l.out, "| %s |\n", strings.Join(row, " | "))
		}
	}
	return nil
}

// costs are what a process took.
type costs struct {
	time   time.Duration
	memory int64 // the most that was resident, in bytes
}

// costsOf runs a command of ipcbench, which this binary is too.
func costsOf(ctx context.Context, args ...string) (costs, error) {
	self, err := os.Executable()
	if err != nil {
		return costs{}, err
	}
	c := exec.CommandContext(ctx, self, args...)
	c.Env = append(os.Environ(), delayEnv+"=0")
	began := time.Now()
	out, err := c.CombinedOutput()
	if err != nil {
		return costs{}, fmt.Errorf("ipcbench %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	took := costs{time: time.Since(began)}
	if usage, is := c.ProcessState.SysUsage().(*syscall.Rusage); is {
		took.memory = usage.Maxrss << 10
	}
	return took, nil
}
