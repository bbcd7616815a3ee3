package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/spf13/cobra"

	"ipcbench/results"
	"ipcbench/results/charts"
)

// What is added to each round trip, as shares of it, and what is held to it: the
// last, on one CPU, in a cell whose own launches do not differ more than
// mostSpread. There two runs of 10 launches depend on the hour and not on the
// tool: on a busy host, where they differed by 9 and 11 %, 75 and 65 % of the
// trials found 20 %; up to 5 % all did (results/trials/power-noisy.md).
var added = []float64{0.02, 0.05, 0.10, 0.20}

const (
	leastFound = 0.90 // share of the trials
	mostSpread = 0.05 // CV: standard deviation over mean
	manyCells  = 36   // of a default run, among which the table says what is found as well
)

// A powerCase is what a known delay is added to, and where both ends are.
type powerCase struct{ spec, placement string }

var powerCases = []powerCase{
	{"delayed-pipe", results.SameCPU},
	{"delayed-unix", results.SameCPU},
	{"delayed-futex", results.SameCPU},
	{"delayed-spin", "0-1"},
	{"delayed-pipe", "0-1"},
}

// A power adds a delay of a known length to each round trip and counts how often
// compare finds it at 10 launches.
type power struct {
	shelf
	trials int
}

func newPower() *cobra.Command {
	p := &power{}
	c := &cobra.Command{
		Use:   "power [flags]",
		Short: "How small a slowdown is found at 10 launches? (10 min)",
		Long: fmt.Sprintf(`Compares runs of 10 launches, in one of which every round trip burns a known time
more, and counts how often "ipcbench compare" calls it slower: power.md and
power.svg. The table also says what would be found in one of 36 cells. Takes ten
minutes and needs two CPUs.

It holds where +%.0f %% is found in at least %.0f %% of the trials, in each cell with
both ends on one CPU. Where the cell's own launches differ by more than %.0f %%
(CV), the machine decides what two runs can show: that cell is not judged, and
where none can be, the study needs a quieter hour.`, 100*added[len(added)-1], 100*leastFound, 100*mostSpread),
		Args: noWords,
		RunE: carryOut(p.study),
	}
	c.Flags().IntVar(&p.trials, "trials", 12, "how many of each delay")
	p.addFlag(c)
	return c
}

func (p *power) study(ctx context.Context, l lab) (missed []string, err error) {
	if err := atLeastOne("trials", p.trials); err != nil {
		return nil, err
	}
	for _, c := range powerCases { // what is missing is better known before a quarter of an hour
		if _, err := l.ipcbench(ctx, 0, append([]string{"run", "--dry-run"}, c.args()...)...); err != nil {
			return nil, err
		}
	}
	var curves []charts.Power
	for _, c := range powerCases {
		curve, err := c.curve(ctx, l, p.trials)
		if err != nil {
			return nil, err
		}
		curves = append(curves, curve)
	}
	version, err := l.ipcbench(ctx, 0, "--version")
	if err != nil {
		return nil, err
	}
	method := fmt.Sprintf("Two runs of 10 launches, in the second of which every round trip of 4 KiB burns a known time more; %d trials of each, median round trip, Wilson intervals.", p.trials)
	chart := charts.PowerCurve(curves, manyCells, method, strings.TrimSpace(string(version)))
	var svg bytes.Buffer
	if err := chart.WriteSVG(&svg); err != nil {
		return nil, err
	}
	if err := p.keep("power.svg", svg.String()); err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(chart.Columns, " | "), strings.Repeat(" --- |", len(chart.Columns)))
	for _, row := range chart.Rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	fmt.Fprint(l.out, b.String())
	if err := p.keep("power.md", b.String()); err != nil {
		return nil, err
	}
	return judgePower(powerCases, curves)
}

// args are those of the command run.
func (c powerCase) args() []string {
	return []string{"-s", "4KiB", "-w", "latency", "-p", c.placement, c.spec}
}

// curve measures the cell without and with each of the delays, in a new order in
// every trial, and counts what was found.
func (c powerCase) curve(ctx context.Context, l lab, trials int) (charts.Power, error) {
	first, err := l.measure(ctx, 0, c.args()...)
	if err != nil {
		return charts.Power{}, err
	}
	base, _, err := roundTrip(first)
	if err != nil {
		return charts.Power{}, err
	}
	found, among := make([]int, len(added)), make([]int, len(added))
	var spread []float64
	for trial := range trials {
		runs := make([]string, 1+len(added)) // the first without a delay
		for _, i := range rand.Perm(len(runs)) {
			delay := 0.0
			if i > 0 {
				delay = added[i-1] * base
			}
			if runs[i], err = l.measure(ctx, delay, c.args()...); err != nil {
				return charts.Power{}, err
			}
		}
		_, cv, err := roundTrip(runs[0])
		if err != nil {
			return charts.Power{}, err
		}
		spread = append(spread, cv)
		for i, slow := range runs[1:] {
			verdict, err := c.verdict(ctx, l, runs[0], slow)
			if err != nil {
				return charts.Power{}, err
			}
			fmt.Fprintf(l.log, "%s, trial %d of %d: +%.0f %%: %s, %s\n", c.name(), trial+1, trials, 100*added[i], verdict.Verdict, verdict.change())
			if verdict.Verdict == "slower" {
				found[i]++
				if *verdict.P*manyCells <= 0.05 { // the least p of so many, by Holm's method
					among[i]++
				}
			}
		}
	}
	curve := charts.Power{Cell: c.name(), CV: results.Median(spread), Added: added}
	for i, n := range found {
		share, lo, hi := wilson(n, trials)
		curve.Among = append(curve.Among, float64(among[i])/float64(trials))
		curve.Found, curve.Lo, curve.Hi = append(curve.Found, share), append(curve.Lo, lo), append(curve.Hi, hi)
	}
	return curve, nil
}

// name is what a reader calls the cell.
func (c powerCase) name() string {
	where := "two CPUs"
	if c.placement == results.SameCPU {
		where = "one CPU"
	}
	return strings.TrimPrefix(c.spec, delayedPrefix) + ", " + where
}

// verdict returns what compare says of the round trip.
func (c powerCase) verdict(ctx context.Context, l lab, old, new string) (told, error) {
	comparison, err := l.compare(ctx, old, new)
	for _, t := range comparison {
		if t.Deciding {
			return t, nil
		}
	}
	if err == nil {
		err = fmt.Errorf("compare %s %s says nothing of the round trip", old, new)
	}
	return told{}, err
}

// judgePower returns the cells in which the largest delay was found too seldom,
// or a refusal where no cell can be judged.
func judgePower(cases []powerCase, curves []charts.Power) (missed []string, err error) {
	var judged int
	last := len(added) - 1
	for i, c := range cases {
		if c.placement != results.SameCPU || !(curves[i].CV <= mostSpread) {
			continue
		}
		judged++
		if curves[i].Found[last] < leastFound {
			missed = append(missed, fmt.Sprintf("%s: +%.0f %% found in %.0f %% of the trials, to be ≥ %.0f %%",
				curves[i].Cell, 100*added[last], 100*curves[i].Found[last], 100*leastFound))
		}
	}
	if judged == 0 {
		return nil, refusef("in every cell on one CPU equal launches differ by more than %.0f %%: try again in a quieter hour; \"ipcbench doctor\" says what keeps the machine from being quiet", 100*mostSpread)
	}
	return missed, nil
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
