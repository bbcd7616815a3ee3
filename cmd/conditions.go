package cmd

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"ipcbench/results"
	"ipcbench/results/condition"
	"ipcbench/results/summary"
)

// conditions are those that a run is to be judged by.
type conditions []condition.Condition

// flag declares the flag that they are given by.
func (c *conditions) flag(flags *pflag.FlagSet) {
	flags.Func("fail-if", "exit with 1 where a `condition`, as p99>20us, holds for certain, and with 3 where that is open; repeatable", func(text string) error {
		parsed, err := condition.Parse(text, didYouMean)
		*c = append(*c, parsed)
		return err
	})
}

// check says which of them is about nothing that is measured.
func (c conditions) check(cells []results.Cell) error {
	for _, one := range c {
		if err := one.Check(cells, didYouMean); err != nil {
			return fmt.Errorf("--fail-if %w", err)
		}
	}
	return nil
}

// ask adds to percentiles those that they are about.
func (c conditions) ask(percentiles *[]float64) {
	for _, one := range c {
		if percent, is := one.Percentile(); is && !slices.Contains(*percentiles, percent) {
			*percentiles = append(*percentiles, percent)
		}
	}
}

// judge prints a line for each of them, and returns which were broken, or left open.
func (c conditions) judge(w io.Writer, run summary.Analysis) error {
	var wrong error
	var broken, open []string
	for i, one := range c {
		j := one.Judge(run.Cells)
		if i == 0 {
			fmt.Fprintln(w)
		}
		if _, err := fmt.Fprintf(w, "fail-if %s\n", oneLine(j.String())); err != nil {
			wrong = err
		}
		switch j.Outcome {
		case condition.Broken:
			broken = append(broken, one.Text)
		case condition.Open:
			open = append(open, one.Text)
		}
	}
	switch {
	case wrong != nil:
		return wrong
	case len(broken) > 0:
		return fmt.Errorf("fail-if %s: broken", strings.Join(broken, ", "))
	case len(open) > 0:
		return &inconclusiveError{fmt.Sprintf("fail-if %s: inconclusive", strings.Join(open, ", "))}
	}
	return nil
}

// together joins errors. Where something failed, that something else is open is no longer
// what decides on the exit status.
func together(all ...error) error {
	isOpen := func(err error) bool { return errors.As(err, new(*inconclusiveError)) }
	failed := slices.ContainsFunc(all, func(err error) bool { return err != nil && !isOpen(err) })
	for i, err := range all {
		if failed && isOpen(err) {
			all[i] = errors.New(err.Error())
		}
	}
	return errors.Join(all...)
}
