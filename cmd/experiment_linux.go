package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ipcbench/internal/experiment"
	"ipcbench/internal/lab"
	"ipcbench/internal/program"
	"ipcbench/results"
)

func newExperiment(out *console) *cobra.Command {
	e := experimenter{out: out}
	cmd := &cobra.Command{
		Use:        "experiment FILE [flags] | experiment --example | experiment --restore",
		SuggestFor: []string{"matrix", "variants"},
		GroupID:    "measure",
		Short:      "Compare filesystems and kernel settings, and put all back",
		Long: `Makes the variants that a file names, one after the other and round by round, and
measures each by a run of its own: filesystems made afresh in a namespace that nobody
else sees, kernel settings, limits of processes. Each round begins with another
variant, so that what drifts does so under all of them. Then each is compared with
the first, with the rounds as replicates: experiment.html in its directory has the
answer and all of it, and experiment.md what is short enough to keep. "ipcbench report
DIRECTORY" makes both again.

What is changed is written down before it is changed, and put back at the end, on
Ctrl-C and on an error; after a kill by --restore. A variant that cannot be made here
is left out, and its reason told. "ipcbench experiment --example" prints a file with
all that it can have.`,
		Example: `  ipcbench experiment --example >filesystems.toml
  ipcbench experiment filesystems.toml --dry-run
  ipcbench experiment filesystems.toml`,
		Args:              atMost(1),
		ValidArgsFunction: completeExperiment,
		RunE:              func(cmd *cobra.Command, files []string) error { return e.run(cmd.Context(), files) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&e.example, "example", false, "print a file with comments, and do nothing")
	flags.BoolVar(&e.dryRun, "dry-run", false, "print every step, what is missing for it and how long all takes, and do nothing")
	flags.BoolVar(&e.restore, "restore", false, "put back what an experiment that was killed changed")
	flags.BoolVar(&e.next, "next", false, "do the next turn and say what to boot for the one after, of variants that need another kernel")
	flags.BoolVar(&e.Destroy, "destroy", false, "make filesystems on devices that the file names: what is on them is lost")
	flags.StringVarP(&e.Parent, "out", "o", defaultParent, "`directory` in which the experiment makes its own, or the URL of a store that its runs are sent to as they end: see \"ipcbench push\"")
	return cmd
}

// An experimenter carries out the command experiment.
type experimenter struct {
	experiment.Carrier
	out                      *console
	sender                   *sender // nil: runs stay here
	example, dryRun, restore bool
	next                     bool
}

func (e *experimenter) run(ctx context.Context, files []string) error {
	switch {
	case e.example:
		_, err := io.WriteString(e.out.stdout, program.Named(experiment.Example))
		return err
	case e.restore:
		return e.putBack()
	case len(files) == 0:
		return usagef("experiment: no file is given: \"ipcbench experiment --example\" prints one")
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		return usagef("experiment: %w", err)
	}
	if e.Experiment, err = experiment.Parse(files[0], data); err != nil {
		return usage(err)
	}
	if err := e.direct(ctx); err != nil {
		return usage(err)
	}
	switch {
	case e.dryRun:
		return e.printSteps(ctx)
	case e.NeedsNamespace() && !lab.IsPrivate():
		return e.inPrivate(ctx)
	}
	e.Say = fitter{e.out.stderr}
	if _, e.Expected, err = e.extent(ctx); err != nil {
		return err
	}
	if e.next {
		return e.doNext(ctx)
	}
	record, err := e.Carry(ctx)
	if len(record.Turns) == 0 && err != nil {
		return err
	}
	return errors.Join(err, e.sender.ended(ctx, record), showExperiment(e.out, e.Path(), record))
}

// direct settles where runs go. Those that go to a store have this host's name with them.
func (e *experimenter) direct(ctx context.Context) (err error) {
	to, parent, err := destination(ctx, e.out, e.Parent)
	if err != nil || to == nil {
		return err
	}
	e.Parent = parent
	e.sender = &sender{out: e.out, to: to, dir: e.Path(), there: map[string]bool{}}
	e.Between = e.sender.between
	for i, v := range e.Variants {
		r := runner{out: e.out}
		if r.command().ParseFlags(slices.Concat(e.Run, v.Run)) != nil {
			continue // which extent tells
		}
		told := r.plan.Labels[results.HostLabel]
		if host := withHost(r.plan.Labels)[results.HostLabel]; host != told {
			e.Variants[i].Run = slices.Concat(v.Run, []string{"--label", results.HostLabel + "=" + host})
		}
	}
	return nil
}

// doNext does one turn. After the last, all are compared.
func (e *experimenter) doNext(ctx context.Context) error {
	record, following, err := e.Next(ctx)
	if err != nil {
		return err
	}
	if following == nil {
		return errors.Join(e.sender.ended(ctx, record), showExperiment(e.out, e.Path(), record))
	}
	e.sender.between(ctx, record)
	e.tell("next: round %d, %s: boot %s, then the same again", following.Round, following.Name, following.Boot)
	return nil
}

// inPrivate does all of it in a process with a mount namespace of its own.
func (e *experimenter) inPrivate(ctx context.Context) error {
	cmd := lab.Private(ctx, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := lab.Run(cmd)
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() > 0 {
		return statusOfOther(ended.ExitCode())
	}
	return err
}

// putBack undoes what an experiment that was killed left.
func (e *experimenter) putBack() error {
	done, err := lab.PutBack(lab.JournalDir)
	for _, what := range done {
		e.tell("%s", what)
	}
	if err == nil && len(done) == 0 {
		fmt.Fprintln(e.out.stdout, "nothing was left to put back")
	}
	return err
}

// printSteps says what would be done, for how long, and what stands in its way.
func (e *experimenter) printSteps(ctx context.Context) error {
	runs, whole, err := e.extent(ctx)
	if err != nil {
		return err
	}
	var b strings.Builder
	if e.Question != "" {
		fmt.Fprintf(&b, "%s\n\n", e.Question)
	}
	missing := e.Missing()
	for _, v := range e.Variants {
		fmt.Fprintf(&b, "%s\n", v.Name)
		if why := missing[v.Name]; why != nil {
			fmt.Fprintf(&b, "  cannot be made here: %v\n", why)
		}
		for _, step := range v.Steps(e.Run, e.Destroy) {
			fmt.Fprintf(&b, "  %s\n", step)
		}
	}
	fmt.Fprintf(&b, "%d variants, %d rounds: %d runs", len(e.Variants), e.Rounds, runs)
	if runs > 0 {
		fmt.Fprintf(&b, ", %s on an idle machine", aboutSoLong(whole))
	}
	fmt.Fprintf(&b, ", then each variant is compared with %s\n", e.Variants[0].Name)
	_, err = fitter{e.out.stdout}.Write([]byte(b.String()))
	return err
}

// extent is how many runs can be made here, and how long they take. It is an error where
// no run can be what the file asks for.
func (e *experimenter) extent(ctx context.Context) (runs int, whole time.Duration, err error) {
	missing := e.Missing()
	for _, v := range e.Variants {
		once, err := e.expects(ctx, v)
		if err != nil {
			return 0, 0, usage(fmt.Errorf("experiment: run of variant %s: %w", v.Name, err))
		}
		if missing[v.Name] == nil {
			runs, whole = runs+e.Rounds, ofRounds(whole, once, e.Rounds)
		}
	}
	return runs, whole, nil
}

// besideLaunches is about what a run takes beside them: making the variant, the floors
// of the harness, the page. A machine that is emulated boots in half a minute, and one
// that KVM boots in a few seconds.
const (
	besideLaunches = time.Second
	booting        = 30 * time.Second
)

// expects is how long a run of the variant takes. What a machine that is booted has, and
// how fast it is, nobody knows before: of that, only the booting counts.
func (e *experimenter) expects(ctx context.Context, v experiment.Variant) (time.Duration, error) {
	words := slices.Concat(e.Run, v.Run)
	if v.Boots() {
		return besideLaunches + booting, (&runner{out: e.out}).command().ParseFlags(words)
	}
	once, err := (&runner{out: e.out}).expects(ctx, words)
	return ofRounds(besideLaunches, once, 1), err
}

// ofRounds is a time and so many others, as far as they are known.
func ofRounds(sum, once time.Duration, times int) time.Duration {
	if sum == unknowable || once == unknowable {
		return unknowable
	}
	if float64(sum)+float64(once)*float64(times) >= float64(forever) {
		return forever
	}
	return sum + once*time.Duration(times)
}

// tell says one thing on stdout.
func (e *experimenter) tell(format string, values ...any) {
	e.out.beside(e.out.stdout, "", fmt.Sprintf(format, values...))
}
