package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ipcbench/bench"
	"ipcbench/internal/facts"
	"ipcbench/results"
	"ipcbench/results/report"
	"ipcbench/results/summary"
)

func newRun(out *console) *cobra.Command {
	r := runner{out: out}
	cmd := &cobra.Command{
		Use:     "run [SPEC...] [flags]",
		GroupID: "measure",
		Short:   "Measure, print a table, leave a run directory",
		Long: `Measures every SPEC with every workload, size, placement and directory: each
such cell with a number of launches, each of which is a fresh pair of processes.
The launches of all cells are run in random order.

A SPEC is a transport with options, as in mmap:wait=futex,sync=async; see
"ipcbench list". Without any, mmap:wait=spin mmap:wait=futex pipe unix file;
"all" is every transport that can run here, with one way of waiting of each
kind; "all:wait=poll" is every one that can run so.`,
		Example: `  ipcbench run
  ipcbench run --quick -w latency pipe unix
  ipcbench run -s 64..1MiB -p same-llc mmap:wait=spin mmap:wait=futex
  ipcbench run --until 2% --budget 10m -s 64 pipe unix
  ipcbench run -d /var/tmp,/dev/shm --label disk=nvme mmap file`,
		RunE: func(cmd *cobra.Command, specs []string) error { return r.run(cmd, specs) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	r.planFlags.add(flags)
	flags.BoolVar(&r.dryRun, "dry-run", false, "print the cells and the expected time, and measure nothing")
	flags.StringVarP(&r.parent, "out", "o", "results", "`directory` in which every run makes its own")
	runExports(&r.exports, flags)
	flags.BoolVar(&r.why, "why", false, "launch each cell once more to count perf events, and print what its time goes to")
	flags.BoolVarP(&r.quiet, "quiet", "q", false, "no progress")
	return cmd
}

// A runner carries out the command run.
type runner struct {
	planFlags
	out     *console
	exports exports[summary.Analysis]
	parent  string
	dryRun  bool
	quiet   bool
	why     bool

	dir       *results.Directory
	record    results.Run
	launches  []results.Launch
	diagnosed []results.Launch // none of the launches: they explain those
}

func (r *runner) run(cmd *cobra.Command, specs []string) error {
	plan, err := r.settle(cmd.Flags(), specs)
	if err != nil {
		return usage(err)
	}
	cells, err := plan.Cells()
	if err != nil {
		return usage(err)
	}
	if err := someRuns(cells); err != nil {
		return usage(err)
	}
	if r.dryRun {
		return printPlan(r.out.stdout, plan, cells)
	}
	if err := r.exports.open(r.out.stdout); err != nil {
		return usage(err)
	}
	r.warnOfSkips(cells)
	r.record = results.Run{
		Version: buildVersion(),
		Args:    os.Args[1:],
		Plan:    plan.Record(),
		Labels:  plan.Labels,
		Host:    facts.Read(),
		Started: time.Now(),
		Status:  results.Running,
	}
	if r.dir, err = results.CreateDirectory(r.parent, r.record); err != nil {
		return usage(err)
	}
	r.record.Name = r.dir.Name()
	return r.finish(r.measure(cmd.Context(), plan, cells))
}

// someRuns says why nothing can be measured where that is so.
func someRuns(cells []bench.Cell) error {
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

// measure runs the plan and keeps every launch as it ends.
func (r *runner) measure(ctx context.Context, plan bench.Plan, cells []bench.Cell) error {
	progress := newProgress(r.out, r.quiet, r.record.Plan, launchesOf(plan, cells))
	defer progress.end()
	progress.say("what the harness itself costs")
	floors := plan.Floors(cells)
	if err := r.take(ctx, floors); err != nil {
		return err
	}
	_, err := plan.Run(ctx, cells, func(launch results.Launch) error {
		launch.Run = r.dir.Name()
		if err := r.dir.Append(launch); err != nil {
			return err
		}
		r.launches = append(r.launches, launch)
		progress.launch(launch)
		if floors.Due(launch.Order) {
			return r.take(ctx, floors)
		}
		return nil
	})
	if err == nil {
		err = r.take(ctx, floors)
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err == nil && r.why {
		progress.say("what perf events count")
		err = r.diagnose(ctx, plan, cells)
	}
	return err
}

// take takes the floors once more and notes them at once: a run that is killed
// has those that were taken by then.
func (r *runner) take(ctx context.Context, floors *bench.Floors) error {
	if err := floors.Take(ctx); err != nil && ctx.Err() == nil {
		r.record.Warnings = results.AppendOnce(r.record.Warnings, results.FloorUnknown.With("error", err.Error()))
	}
	r.record.Floors = floors.Record()
	return r.dir.Note(r.record)
}

// finish writes and prints all that follows from the launches there are, also
// of a run that was cut short by err, and returns what went wrong.
func (r *runner) finish(err error) error {
	failed := r.countFailed()
	r.record.Ended = time.Now()
	switch {
	case errors.Is(err, errInterrupted):
		r.record.Status = results.RunInterrupted
	case err != nil || failed > 0:
		r.record.Status = results.RunFailed
	default:
		r.record.Status = results.RunDone
	}
	if err != nil {
		r.record.CutShort = err.Error()
	}
	wrong := r.dir.Finish(r.record)
	if len(r.launches) == 0 && errors.Join(err, wrong) != nil {
		return fmt.Errorf("%w: no launch has ended, and %s holds the plan alone", cmp.Or(err, wrong), r.dir.Path())
	}
	analysis := summary.Analyze(r.record, r.launches, r.diagnosed)
	if wrong == nil {
		wrong = report.Remake(r.dir.Path(), analysis)
	}
	if errors.Is(wrong, syscall.ENOSPC) {
		wrong = fmt.Errorf("%w: the launches that had ended are kept: free some space, then run ipcbench report %s", wrong, r.dir.Path())
	}
	err = errors.Join(err, wrong,
		r.exports.write(analysis),
		printResults(r.tableTo(), r.dir.Path(), analysis),
		r.printWhy(analysis))
	switch {
	case errors.Is(err, errInterrupted):
		return fmt.Errorf("%w: launches that had ended: %d: %s has the reports on them", err, len(r.launches), r.dir.Path())
	case err == nil && failed > 0:
		return fmt.Errorf("%d of %d launches failed, the first with: %s", failed, len(r.launches), r.firstFailure())
	}
	return err
}

// tableTo is where the table goes: stdout, unless that carries an export.
func (r *runner) tableTo() io.Writer {
	if r.exports.onStdout() {
		return r.out.stderr
	}
	return r.out.stdout
}

func (r *runner) countFailed() int {
	failed := 0
	for _, launch := range r.launches {
		if launch.Status == results.Failed {
			failed++
		}
	}
	return failed
}

func (r *runner) firstFailure() string {
	for _, launch := range r.launches {
		if launch.Status == results.Failed {
			return cellName(launch.Cell) + ": " + launch.Reason
		}
	}
	return ""
}

// printPlan prints what a run would measure and how long it would take.
func printPlan(w io.Writer, plan bench.Plan, cells []bench.Cell) error {
	var b strings.Builder
	launches := 0
	for _, cell := range cells {
		if !cell.Runnable() {
			fmt.Fprintf(&b, "%s: cannot run: %s\n", cellName(cell.Cell), oneLine(cell.Skip+cell.Fail))
			continue
		}
		fmt.Fprintln(&b, cellName(cell.Cell))
		launches += plan.Launches
	}
	fmt.Fprintf(&b, "%d cells, %d launches of each, %s", len(cells), plan.Launches, expected(plan, launches))
	if plan.Until > 0 {
		fmt.Fprintf(&b, ", then more of what is not within ±%s, up to %s in all", results.FormatPercentAsGiven(plan.Until), plan.Budget)
	}
	fmt.Fprintf(&b, ", seed %d\n", plan.Seed)
	_, err := io.WriteString(w, b.String())
	return err
}

// startup is about what a launch takes beside its warm-up and measured time:
// starting two processes and waiting for their ends.
const startup = 15 * time.Millisecond

func expected(plan bench.Plan, launches int) string {
	if plan.Messages > 0 {
		return "as long as the messages take"
	}
	total := time.Duration(launches) * (startup + plan.Warmup.Time + plan.Time)
	return fmt.Sprintf("about %s", total.Round(time.Second))
}
