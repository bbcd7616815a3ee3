package cmd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ipcbench/bench"
	"ipcbench/internal/folder"
	"ipcbench/internal/program"
	"ipcbench/results"
	"ipcbench/results/report"
	"ipcbench/results/summary"
)

func newRun(out *console) *cobra.Command { return (&runner{out: out}).command() }

func (r *runner) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:        "run [SPEC...] [flags] | run --ab A B [flags]",
		SuggestFor: []string{"bench", "benchmark", "measure", "test", "start"},
		GroupID:    "measure",
		Short:      "Measure, print a table, leave a run directory",
		Long: `Measures every SPEC with every workload, size, placement and directory: each
such cell with a number of launches, each of which is a fresh pair of processes.
The launches of all cells are run in random order.

A SPEC is a transport with options, as in mmap:wait=futex,sync=async; see
"ipcbench list". Without any, mmap:wait=spin mmap:wait=futex pipe unix file;
"all" is every transport that can run here, with one way of waiting of each
kind; "all:wait=poll" is every one that can run so.

With --ab the two words are variants, A and B: what one would write to measure
each, of SPECs, --dir, --placement and --label. Their launches come in turn, so that
a machine that drifts does so under both, and the run ends with their comparison.
--switch COMMAND in a variant turns what is not ipcbench's, such as a sysctl: sh -c
runs it before launches of that variant that follow the other's, for 30 s at most;
then a round has all launches of one and then all of the other. Nothing is put back
at the end: the last command stays in force.

With --fail-if CONDITION the exit status is 1 where a cell is certainly so: by all of
its 95 % interval. It is 3 where an interval reaches over the limit, or a cell has no
result. A condition is [SPEC] [COLUMN=VALUE...] METRIC OP VALUE, as p99>20us,
'mmap* size=64 p99.9>5us', 'rate<100k/s' or 'throughput<1GB/s': METRIC is a heading of
the table, a percentile or a column of launches.csv, OP one of > >= < <=.`,
		Example: `  ipcbench run
  ipcbench run --quick -w latency pipe unix
  ipcbench run -s 64..1MiB -p same-llc mmap:wait=spin mmap:wait=futex
  ipcbench run --until 2% --budget 10m -s 64 pipe unix
  ipcbench run -d /var/tmp,/dev/shm --label disk=nvme mmap file
  ipcbench run --ab 'mmap -d /mnt/ext4' 'mmap -d /mnt/xfs'
  ipcbench run --ab \
    "pipe --label group=0 --switch 'sysctl kernel.sched_autogroup_enabled=0'" \
    "pipe --label group=1 --switch 'sysctl kernel.sched_autogroup_enabled=1'"`,
		RunE: func(cmd *cobra.Command, specs []string) error { return r.run(cmd, specs) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	r.planFlags.add(flags)
	flags.BoolVar(&r.dryRun, "dry-run", false, "print the cells and the expected time, and measure nothing")
	flags.StringVarP(&r.parent, "out", "o", defaultParent, "`directory` in which every run makes its own, or the URL of a store that it is sent to as it ends: see \"ipcbench push\"")
	alsoCalled(flags, "out", "output", "output-dir", "results", "outdir")
	flags.Func("name", "`name` of the run, by which report and compare find it, and of its directory (default the time and four digits)", func(text string) error {
		r.name = text
		return results.CheckRunName(text)
	})
	runExports(&r.exports, flags)
	r.failIf.flag(flags)
	flags.BoolVar(&r.why, "why", false, "launch each cell once more to count perf events, and print what its time goes to")
	flags.IntVar(&r.profiles, "profile", 0, "sample each cell in `launches` of their own, and print which parts of the kernel and of the program the time goes to")
	flags.Lookup("profile").NoOptDefVal = "1"
	addFloors(flags, &r.floors)
	flags.BoolVarP(&r.quiet, "quiet", "q", false, "no progress")
	return cmd
}

// A runner carries out the command run.
type runner struct {
	planFlags
	out      *console
	exports  exports[summary.Analysis]
	failIf   conditions
	parent   string
	name     string // "": made up
	dryRun   bool
	quiet    bool
	why      bool
	profiles int // launches that are sampled, of each cell and either kind
	floors   bool
}

func (r *runner) run(cmd *cobra.Command, specs []string) error {
	ctx := cmd.Context()
	to, parent, err := destination(ctx, r.out, r.parent)
	if err != nil {
		return usage(err)
	}
	if to != nil {
		r.plan.Labels = withHost(r.plan.Labels)
	}
	plan, cells, err := r.toMeasure(ctx, cmd.Flags(), specs)
	if err != nil {
		return err
	}
	if r.dryRun {
		printPlan(r.out, plan, cells)
		return nil
	}
	if err := opened(ctx, func() error { return r.exports.open(r.out.stdout) }); err != nil {
		return err
	}
	defer r.exports.abandon()
	r.warnOfSkips(cells)
	progress := newProgress(r.out, r.quiet, plan.Record(), launchesOf(plan, cells))
	run, err := bench.NewRun(plan, cells, bench.Options{
		Parent: parent, Name: r.name, Version: buildVersion(), Program: program.Name, Args: os.Args[1:], Why: r.why, Profiles: r.profiles, Observer: observer{progress},
	})
	if err != nil {
		return usage(err)
	}
	for _, warning := range run.Warnings() {
		r.out.warn(warning.String())
	}
	analysis, err := run.Carry(ctx)
	progress.end()
	err = r.finish(ctx, run.Folder(), analysis, err)
	if to != nil && len(analysis.Launches) > 0 {
		err = together(err, send(ctx, r.out, to, run.Path()))
	}
	return err
}

// toMeasure is the plan that the command line asks for, and its cells, one of which
// can run.
func (r *runner) toMeasure(ctx context.Context, flags *pflag.FlagSet, specs []string) (plan bench.Plan, cells []bench.Cell, err error) {
	err = untilInterrupted(ctx, func() (err error) {
		var tried bench.Trials
		defer tried.Close()
		if plan, err = r.settle(ctx, &tried, flags, specs); err != nil {
			return err
		}
		r.failIf.ask(&plan.Percentiles)
		if cells, err = plan.CellsTried(ctx, &tried); err != nil {
			return err
		}
		if err = someRuns(cells); err != nil {
			return err
		}
		if r.dryRun {
			return r.failIf.check(recorded(cells))
		}
		if cells, err = plan.FindRates(ctx, cells); err != nil {
			return err
		}
		if err = someRuns(cells); err != nil {
			return err
		}
		return r.failIf.check(recorded(cells))
	})
	return plan, cells, err
}

// recorded are the cells as records have them.
func recorded(cells []bench.Cell) []results.Cell {
	var all []results.Cell
	for _, cell := range cells {
		all = append(all, cell.Cell)
	}
	return all
}

// An observer tells a progress what a run is at.
type observer struct{ *progress }

func (o observer) Begins(p bench.Phase) {
	switch p {
	case bench.TakingFloors:
		o.say("what the harness itself costs")
	case bench.Diagnosing:
		o.say("what perf events count")
	case bench.Profiling:
		o.say("profiles")
	}
}

func (o observer) Launched(l results.Launch) { o.launch(l) }

// someRuns says why nothing can be measured where that is so.
func someRuns(cells []bench.Cell) error {
	if most := results.Bounds.Cells; len(cells) > most {
		return fmt.Errorf("the plan has %d cells, and no more than %d are read again: split it over several runs", len(cells), most)
	}
	for _, cell := range cells {
		if cell.Runnable() {
			return nil
		}
	}
	if len(cells) == 0 {
		return errors.New("the plan has no cell: nothing was measured")
	}
	first := cells[0]
	return fmt.Errorf("nothing can be measured: %s: %s", cellName(first.Cell), first.Skip+first.Fail)
}

// warnOfSkips says before anything is measured that not all of it will be.
func (r *runner) warnOfSkips(cells []bench.Cell) {
	skipped := 0
	for _, cell := range cells {
		if cell.Skip != "" {
			skipped++
		}
	}
	if skipped > 0 {
		r.out.warn(fmt.Sprintf("%d of %d cells cannot run here and are skipped: their rows say why", skipped, len(cells)))
	}
}

// launchesOf says how many records of each cell a run makes: one that cannot
// run has one, which says why.
func launchesOf(plan bench.Plan, cells []bench.Cell) map[results.Cell]int {
	of := map[results.Cell]int{}
	for _, cell := range cells {
		of[cell.Cell] = plan.Launches
		if !cell.Runnable() {
			of[cell.Cell] = 1
		}
	}
	return of
}

// finish writes and prints all that follows from the launches there are, also
// of a run that was cut short, and returns what went wrong: err among it.
func (r *runner) finish(ctx context.Context, in *folder.Folder, analysis summary.Analysis, err error) error {
	dir := in.Path()
	if len(analysis.Launches) == 0 && err != nil {
		return fmt.Errorf("%w: no launch has ended, and %s holds the plan alone", err, dir)
	}
	full := errors.Is(err, syscall.ENOSPC)
	if !full {
		wrong := report.RemakeIn(in, analysis)
		err, full = errors.Join(err, wrong), errors.Is(wrong, syscall.ENOSPC)
	}
	if full {
		err = fmt.Errorf("%w: the launches that had ended are kept: free some space, then run ipcbench report %s", err, dir)
	}
	err = errors.Join(err,
		readOut(ctx, func() error { return r.exports.write(analysis) }),
		printResults(r.out, r.exports.tableTo(r.out), in, analysis, r.floors),
		r.printWhy(analysis),
		r.printProfiles(in, analysis))
	err = together(err, r.failIf.judge(r.exports.tableTo(r.out), analysis))
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w: launches that had ended: %d: %s has the reports on them", err, analysis.Made(), dir)
	}
	return err
}

// printWhy prints what the time of each cell goes to, where that was asked for.
func (r *runner) printWhy(run summary.Analysis) error {
	if !r.why {
		return nil
	}
	return printWhy(r.out, r.exports.tableTo(r.out), run)
}

// printProfiles prints what its cells were sampled at, where that was asked for.
func (r *runner) printProfiles(in *folder.Folder, run summary.Analysis) error {
	if r.profiles == 0 {
		return nil
	}
	return printProfiles(r.out, r.exports.tableTo(r.out), in, run)
}

// printPlan prints what a run would measure and how long it would take.
func printPlan(out *console, plan bench.Plan, cells []bench.Cell) {
	say := func(words string) { out.beside(out.stdout, "", words) }
	for _, cell := range cells {
		switch {
		case !cell.Runnable():
			say(cellName(cell.Cell) + ": cannot run: " + oneLine(cell.Skip+cell.Fail))
		case cell.RateOpen():
			say(cellName(cell.Cell) + ", at about 8 rates that are found first, from light load to past saturation")
		default:
			say(cellName(cell.Cell))
		}
	}
	text := fmt.Sprintf("%d cells, %d launches of each, %s", len(cells), plan.Launches, aboutSoLong(expected(plan, cells)))
	if plan.Until > 0 {
		text += fmt.Sprintf(", then more of what is not within ±%s, up to %s in all", results.FormatPercentAsGiven(plan.Until), plan.Budget)
	}
	say(fmt.Sprintf("%s, seed %d", text, plan.Seed))
}

// startup is about what a launch takes beside its warm-up and measured time:
// starting two processes and waiting for their ends.
const startup = 15 * time.Millisecond

// unknowable is as long as messages take that nobody has sent yet.
const unknowable time.Duration = -1

// forever is the longest time there is.
const forever time.Duration = math.MaxInt64

// expected is how long the launches of a plan take.
func expected(plan bench.Plan, cells []bench.Cell) time.Duration {
	if plan.Messages > 0 {
		return unknowable
	}
	total := 0.0
	for _, cell := range cells {
		launches := plan.Launches
		switch {
		case !cell.Runnable():
			continue
		case cell.RateOpen():
			launches *= 8
		}
		total += float64(launches)*float64(startup+plan.Warmup.Time+plan.Time) + float64(plan.Launches)*float64(cell.Busy())
	}
	if total >= float64(forever) {
		return forever
	}
	return time.Duration(total)
}

func aboutSoLong(d time.Duration) string {
	switch d {
	case unknowable:
		return "as long as the messages take"
	case forever:
		return "longer than 292 years"
	}
	return "about " + d.Round(time.Second).String()
}

// expects is how long the launches of a run of these words would take here. The words
// are checked as those of the command are.
func (r *runner) expects(ctx context.Context, words []string) (time.Duration, error) {
	cmd := r.command()
	if err := cmd.ParseFlags(words); err != nil {
		return 0, err
	}
	r.dryRun = true
	plan, cells, err := r.toMeasure(ctx, cmd.Flags(), cmd.Flags().Args())
	return expected(plan, cells), err
}
