package main

import (
	"bytes"
	"context"
	"fmt"
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

// A fleetTrial is how often fleets of so many runs were judged right and wrong.
type fleetTrial struct{ runs, wrong, found, of int }

func (p *fleetPower) study(ctx context.Context, l lab) (missed []string, err error) {
	if err := atLeastOne("trials", p.trials); err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d hosts, %d cells, %d fleets of each\n\n| runs of each side | nothing changed, and something was called so | all by 3 %%, two by 20 %%: both found and told apart |\n| --- | --- | --- |\n", fleetHosts, p.cells, p.trials)
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
		fmt.Fprintf(&b, "| %d | %s | %s |\n", runs, shareOf(t.wrong, t.of), shareOf(t.found, t.of))
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
	if called, alone := said(still); called > 0 || len(alone) > 0 {
		t.wrong++
	}
	f.Change = func(host, _ int) float64 {
		if slices.Contains(aloneHosts, fmt.Sprintf("h%02d", host+1)) {
			return ofTwoHosts
		}
		return ofAllHosts
	}
	changed, err := compareFleet(ctx, f)
	if called, alone := said(changed); err == nil && called == cells && slices.Equal(alone, aloneHosts) {
		t.found++
	}
	return err
}

// said is how many cells are called changed on all hosts, and which hosts stand alone.
func said(c fleet.Comparison) (changed int, alone []string) {
	for _, class := range c.Classes {
		for _, row := range class.Rows {
			if row.Verdict.IsChange() {
				changed++
			}
			for _, on := range row.Shown() {
				alone = append(alone, class.Hosts[on.Host].Name)
			}
		}
	}
	slices.Sort(alone)
	return changed, slices.Compact(alone)
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
	x, _, err := fleet.Read(ctx, []fleet.Source{synthetic.Source{Fleet: f}}, fleet.Sides(old, new))
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
		Short: "What do an index of many runs, and a comparison, take? (10 min, 1 GB in TMPDIR)",
		Long: fmt.Sprintf(`Makes up to %d runs of %d cells, of %d hosts with two kernels, as directories, has
"ipcbench collect" index them and "ipcbench compare" compare the kernels, and measures
the time and the memory of each: fleet-scale.md, fleet-time.svg, fleet-memory.svg.

It holds where the last are compared within %v and %d MiB.`, mostRuns, fleetCells, fleetHosts, mostOfCompare, mostOfMemory>>20),
		Args: noWords,
		RunE: carryOut(s.study),
	}
	c.Flags().IntVar(&s.runs, "runs", mostRuns, "the most runs")
	s.addFlag(c)
	return c
}

func (s *fleetScale) study(ctx context.Context, l lab) (missed []string, err error) {
	var of []float64
	takes := map[string][]float64{}
	note := func(what string, c costs) {
		takes[what+" time"] = append(takes[what+" time"], c.time.Seconds())
		takes[what+" memory"] = append(takes[what+" memory"], float64(c.memory)/(1<<20))
	}
	var last costs
	for _, runs := range []int{100, 300, 1000, 3000, 10_000} {
		if runs > s.runs {
			break
		}
		dir, index := filepath.Join(l.scratch, fmt.Sprint(runs)), filepath.Join(l.scratch, fmt.Sprint(runs)+".jsonl")
		f := synthetic.Fleet{Seed: 1, Hosts: fleetHosts, Runs: runs / fleetHosts / 2, Cells: fleetCells, Between: fleetBetween, Within: fleetWithin}
		if err := f.Write(dir); err != nil {
			return nil, err
		}
		collect, err := costsOf(ctx, "collect", "--index", index, dir)
		if err != nil {
			return nil, err
		}
		if last, err = costsOf(ctx, "compare", "--old", "kernel="+synthetic.OldKernel, "--new", "kernel="+synthetic.NewKernel, index); err != nil {
			return nil, err
		}
		of = append(of, float64(runs))
		note("collect", collect)
		note("compare", last)
		fmt.Fprintf(l.log, "%d runs: collect %v, %d MiB; compare %v, %d MiB\n", runs, collect.time, collect.memory>>20, last.time, last.memory>>20)
		os.RemoveAll(dir)
	}
	method := fmt.Sprintf("Made-up runs of %d cells, of %d hosts, as directories; each command is a process of its own.", fleetCells, fleetHosts)
	for _, kind := range []struct {
		name, title, axis string
		format            func(float64) string
	}{
		{"time", "How long an index and a comparison take", "Time", func(v float64) string { return results.FormatNS(v * 1e9) }},
		{"memory", "How much memory they take", "Most memory (MiB)", func(v float64) string { return fmt.Sprintf("%.0f", v) }},
	} {
		grown := []charts.Growth{{Name: "collect", Of: of, Takes: takes["collect "+kind.name]}, {Name: "compare", Of: of, Takes: takes["compare "+kind.name]}}
		chart := charts.GrowthCurve("fleet-"+kind.name, kind.title, method, kind.axis, "runs", kind.format, grown, "")
		var svg bytes.Buffer
		if err := chart.WriteSVG(&svg); err != nil {
			return nil, err
		}
		if err := s.keep("fleet-"+kind.name+".svg", svg.String()); err != nil {
			return nil, err
		}
		fmt.Fprintf(l.out, "%s\n| %s |\n|%s\n", kind.title, strings.Join(chart.Columns, " | "), strings.Repeat(" --- |", len(chart.Columns)))
		for _, row := range chart.Rows {
			fmt.Fprintf(l.out, "| %s |\n", strings.Join(row, " | "))
		}
	}
	if last.time > mostOfCompare {
		missed = append(missed, fmt.Sprintf("the last comparison took %v, to be ≤ %v", last.time, mostOfCompare))
	}
	if last.memory > mostOfMemory {
		missed = append(missed, fmt.Sprintf("the last comparison took %d MiB, to be ≤ %d", last.memory>>20, mostOfMemory>>20))
	}
	return missed, nil
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
