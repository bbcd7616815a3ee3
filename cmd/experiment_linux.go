package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ipcbench/internal/experiment"
	"ipcbench/internal/folder"
	"ipcbench/internal/lab"
	"ipcbench/results/compare"
	"ipcbench/results/report"
	"ipcbench/results/table"
)

func newExperiment(out *console) *cobra.Command {
	e := experimenter{out: out}
	cmd := &cobra.Command{
		Use:     "experiment FILE [flags] | experiment --example | experiment --restore",
		GroupID: "measure",
		Short:   "Compare filesystems and kernel settings, and put all back",
		Long: `Makes the variants that a file names, one after the other and round by round, and
measures each by a run of its own: filesystems made afresh in a namespace that nobody
else sees, kernel settings, limits of processes. Each round begins with another
variant, so that what drifts does so under all of them. Then each is compared with
the first, with the rounds as replicates.

What is changed is written down before it is changed, and put back at the end, on
Ctrl-C and on an error; after a kill by --restore. A variant that cannot be made here
is left out, and its reason told. "ipcbench experiment --example" prints a file with
all that it can have.`,
		Example: `  ipcbench experiment --example >filesystems.toml
  ipcbench experiment filesystems.toml --dry-run
  ipcbench experiment filesystems.toml`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, files []string) error { return e.run(cmd.Context(), files) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&e.example, "example", false, "print a file with comments, and do nothing")
	flags.BoolVar(&e.dryRun, "dry-run", false, "print every step and what is missing for it, and do nothing")
	flags.BoolVar(&e.restore, "restore", false, "put back what an experiment that was killed changed")
	flags.BoolVar(&e.next, "next", false, "do the next turn and say what to boot for the one after, of variants that need another kernel")
	flags.BoolVar(&e.Destroy, "destroy", false, "make filesystems on devices that the file names: what is on them is lost")
	flags.StringVarP(&e.Parent, "out", "o", defaultParent, "`directory` in which the experiment makes its own")
	return cmd
}

// An experimenter carries out the command experiment.
type experimenter struct {
	experiment.Carrier
	out                      *console
	example, dryRun, restore bool
	next                     bool
}

func (e *experimenter) run(ctx context.Context, files []string) error {
	switch {
	case e.example:
		_, err := io.WriteString(e.out.stdout, experiment.Example)
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
	switch {
	case e.dryRun:
		return e.printSteps()
	case e.NeedsNamespace() && !lab.IsPrivate():
		return e.inPrivate(ctx)
	}
	e.Say = fitter{e.out.stderr}
	if e.next {
		return e.doNext(ctx)
	}
	record, err := e.Carry(ctx)
	if len(record.Turns) == 0 && err != nil {
		return err
	}
	return errors.Join(err, e.compare(record))
}

// doNext does one turn. After the last, all are compared.
func (e *experimenter) doNext(ctx context.Context) error {
	record, following, err := e.Next(ctx)
	if err != nil {
		return err
	}
	if following == nil {
		return e.compare(record)
	}
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

// printSteps says what would be done, and what stands in its way.
func (e *experimenter) printSteps() error {
	var b strings.Builder
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
	fmt.Fprintf(&b, "%d variants, %d rounds: %d runs, then each variant compared with %s\n",
		len(e.Variants), e.Rounds, len(e.Variants)*e.Rounds, e.Variants[0].Name)
	_, err := fitter{e.out.stdout}.Write([]byte(b.String()))
	return err
}

// compare holds each variant against the first: a line of each on stdout, and all of
// it in the directory of the experiment.
func (e *experimenter) compare(record experiment.Record) error {
	in, err := folder.Open(e.Path())
	if err != nil {
		return fmt.Errorf("experiment: open %s: %w", e.Path(), err)
	}
	defer in.Close()
	first := record.Variants[0].Name
	var wrong []error
	for _, v := range record.Variants {
		switch {
		case v.Name == first:
		case v.Skipped != "":
			e.tell("%s: cannot be made here: %s", v.Name, oneLine(v.Skipped))
		case len(record.Runs(first)) == 0 || len(record.Runs(v.Name)) == 0:
			e.tell("%s: not compared: no run of it, or of %s, has ended well", v.Name, first)
		default:
			wrong = append(wrong, e.against(in, record, first, v.Name))
		}
	}
	if failed := record.Failed(); failed > 0 {
		wrong = append(wrong, fmt.Errorf("%d of %d runs failed: %s says why", failed, len(record.Turns), filepath.Join(e.Path(), "experiment.json")))
	}
	return errors.Join(wrong...)
}

func (e *experimenter) against(in *folder.Folder, record experiment.Record, first, name string) error {
	comparison, err := e.comparison(record.Runs(first), record.Runs(name))
	if err != nil {
		return fmt.Errorf("compare %s with %s: %w", name, first, err)
	}
	e.tell("%s, with %s: %s", name, first, comparison.Headline)
	text := func(w io.Writer) error {
		return compare.WriteText(w, comparison.Primary(), table.TextWidth, e.out.paintVerdictOn(w))
	}
	page := func(w io.Writer) error { return report.WriteComparison(w, comparison) }
	return errors.Join(in.Replace("compare-"+name+".txt", text), in.Replace("compare-"+name+".html", page))
}

// tell says one thing on stdout.
func (e *experimenter) tell(format string, values ...any) {
	e.out.beside(e.out.stdout, "", fmt.Sprintf(format, values...))
}

func (e *experimenter) comparison(old, new []string) (compare.Comparison, error) {
	c := comparer{out: e.out, options: compare.Options{Alpha: 0.05}}
	within := func(runs []string) (paths []string) {
		for _, run := range runs {
			paths = append(paths, filepath.Join(e.Path(), run))
		}
		return paths
	}
	before, err := c.open(within(old))
	if err != nil {
		return compare.Comparison{}, err
	}
	after, err := c.open(within(new))
	if err != nil {
		return compare.Comparison{}, err
	}
	return compare.Runs(before, after, c.options)
}
