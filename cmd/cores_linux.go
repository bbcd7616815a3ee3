package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ipcbench/bench"
	"ipcbench/internal/cpulist"
	"ipcbench/results"
	"ipcbench/results/charts"
	"ipcbench/results/export"
	"ipcbench/results/table"
)

func newCores(out *console) *cobra.Command {
	c := corer{out: out}
	cmd := &cobra.Command{
		Use:        "cores [flags]",
		SuggestFor: []string{"cpu", "cpus", "topology", "c2c", "core-to-core"},
		GroupID:    "explore",
		Short:      "How near every two CPUs are, by handing a cache line over",
		Long: `Measures how long every two CPUs that this process may use take to hand each other
a cache line, there and back and one way in each direction: what no transport
between them can be below. Prints a table, with CPUs that share a core, a cache or
a NUMA node side by side. With --chart it is also drawn as a heat map.

Two threads, one on each CPU, look for a word to change and change it. All pairs are
measured several times, each time in another order, in a new process and on new
pages: what a table shows is the median over these passes, and how far they are
apart is what the machine did meanwhile. One way is told by the clock that all CPUs
have in common, and never as half of a round trip.`,
		Example: `  ipcbench cores
  ipcbench cores --chart cores.svg --chart cores.png
  ipcbench cores --cpus 0-3,8 --passes 21 --csv=cores.csv`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.seeded = cmd.Flags().Changed("seed")
			return c.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Func("cpus", "only between these, a `list` as 0-3,8 (default all that this process may use)", func(text string) (err error) {
		if c.cpus, err = cpulist.Parse(text); err == nil && len(c.cpus) < 2 {
			err = fmt.Errorf("%q: a cache line goes between two CPUs: give two or more", text)
		}
		return err
	})
	flags.IntVarP(&c.passes, "passes", "n", 9, "`number` of passes over all pairs")
	flags.DurationVar(&c.time, "time", 0, "`time` of each pair in each pass (default what makes 30s of all of them, from 500µs to 200ms)")
	flags.Uint64Var(&c.seed, "seed", 0, "`number` that settles the order of pairs (default random)")
	flags.Func("chart", "draw a heat map into a `file`, .svg or .png; repeatable", c.addChart)
	alsoCalled(flags, "chart", "out", "output", "svg", "png", "o")
	for _, f := range []struct {
		name, what string
		write      func(io.Writer, results.Cores) error
	}{
		{"json", "JSON, with what each pass found,", export.WriteCoresJSON},
		{"csv", "CSV, a row for each pair,", export.WriteCoresCSV},
	} {
		c.exports.flag(flags, f.name, "print "+f.what+" instead, or write it to a `file`", f.write)
		flags.Lookup(f.name).NoOptDefVal = "-"
	}
	return cmd
}

// A corer carries out the command cores.
type corer struct {
	out     *console
	cpus    []int // none: all
	passes  int
	time    time.Duration
	seed    uint64
	seeded  bool
	exports exports[results.Cores]
}

// addChart adds a file for the heat map, in the format that its name ends in.
func (c *corer) addChart(path string) error {
	write := map[string]func(charts.Chart, io.Writer) error{".svg": charts.Chart.WriteSVG, ".png": charts.Chart.WritePNG}[filepath.Ext(path)]
	if write == nil {
		return fmt.Errorf("%s: name the file .svg or .png, for its format", path)
	}
	c.exports.all = append(c.exports.all, &output[results.Cores]{flag: "chart", path: path, write: func(w io.Writer, cores results.Cores) error {
		return write(charts.Cores(cores), w)
	}})
	return nil
}

// mostPairTime is the most that --time takes: a pair does not change by being watched
// for longer, but from pass to pass.
const mostPairTime = 10 * time.Second

func (c *corer) run(ctx context.Context) error {
	switch {
	case c.passes < 1 || c.passes > 10_000:
		return usagef("--passes %d: give 1 to 10000", c.passes)
	case c.time < 0 || c.time > mostPairTime:
		return usagef("--time %v: it is at most %v, more --passes tell more", c.time, mostPairTime)
	}
	if !c.seeded {
		c.seed = rand.Uint64N(1 << 53) // which every reader of JSON can hold
	}
	plan, err := bench.PlanCores(c.cpus, c.passes, c.time, c.seed)
	switch {
	case err != nil && c.cpus != nil:
		return usagef("--cpus %s: %w", cpulist.Format(c.cpus), err)
	case err != nil:
		return fmt.Errorf("cores: %w", err)
	}
	if err := opened(ctx, func() error { return c.exports.open(c.out.stdout) }); err != nil {
		return err
	}
	cores, err := c.measure(ctx, plan)
	if cores.Passes == 0 {
		c.exports.abandon()
		return err
	}
	return errors.Join(c.show(ctx, cores), err)
}

// measure carries the plan out. Between passes it says how far it is.
func (c *corer) measure(ctx context.Context, plan bench.CoresPlan) (results.Cores, error) {
	c.out.note(fmt.Sprintf("CPUs %s, pairs: %d, passes: %d, %v for a pair in each: some %v", cpulist.Format(plan.CPUs()),
		plan.Pairs(), plan.Passes, plan.Time.Round(time.Microsecond), max(time.Second, plan.Expected().Round(time.Second))))
	live := c.out.terminal(c.out.stderr)
	cores, err := plan.Carry(ctx, func(passes int) {
		if live && passes < plan.Passes {
			fmt.Fprintf(c.out.stderr, "\r\x1b[Kpass %d of %d", passes+1, plan.Passes)
		}
	})
	if live {
		fmt.Fprint(c.out.stderr, "\r\x1b[K")
	}
	cores.Version = buildVersion()
	switch {
	case errors.Is(err, context.Canceled):
		err = errInterrupted
	case err != nil:
		err = fmt.Errorf("cores: %w", err)
	case cores.Passes < cores.Planned:
		c.out.warn(fmt.Sprintf("the machine was too busy for more than %d of %d passes: stop what else runs there, or give a shorter --time", cores.Passes, cores.Planned))
	}
	return cores, err
}

// show writes what was measured in each of the forms that were asked for, and fails
// where a pair has no result.
func (c *corer) show(ctx context.Context, cores results.Cores) error {
	for _, warning := range cores.Warnings {
		c.out.warn(warning.String())
	}
	err := readOut(ctx, func() error { return c.exports.write(cores) })
	if !c.exports.onStdout() {
		err = errors.Join(err, table.WriteCores(c.out.stdout, cores, c.out.columns(c.out.stdout)))
	}
	for _, p := range cores.Pairs {
		if len(p.RTT) == 0 {
			return errors.Join(err, fmt.Errorf("cores: %s", p.Reason))
		}
	}
	return err
}
