package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/montanaflynn/stats"
	"github.com/spf13/cobra"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// ipcbench runs the command that this binary is too, as a process, with a
// busy-wait of delay ns in the delayed transports, and returns its stdout.
func (l lab) ipcbench(ctx context.Context, delay float64, args ...string) ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, self, args...)
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%f", delayEnv, delay))
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // it ends its workers
	c.WaitDelay = 10 * time.Second
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err == nil {
		return out, nil
	}
	err = fmt.Errorf("ipcbench %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 2 {
		return nil, refusal{err} // this machine cannot run that
	}
	return nil, err
}

// measure runs the command run and returns its run directory.
func (l lab) measure(ctx context.Context, delay float64, args ...string) (string, error) {
	parent, err := os.MkdirTemp(l.scratch, "run-")
	if err != nil {
		return "", err
	}
	if _, err := l.ipcbench(ctx, delay, append([]string{"run", "-q", "-o", parent, "-d", l.scratch}, args...)...); err != nil {
		return "", err
	}
	dirs, err := filepath.Glob(filepath.Join(parent, "2*"))
	if err != nil || len(dirs) != 1 {
		return "", fmt.Errorf("not one run directory in %s: %v %v", parent, dirs, err)
	}
	return dirs[0], nil
}

// told is what compare --json says of one metric of one cell.
type told struct {
	Cell     results.Cell `json:"cell"`
	Metric   string       `json:"metric"`
	Deciding bool         `json:"deciding"` // on the cell
	Change   *float64     `json:"change"`   // a ratio, less 1; nil: there is none
	P        *float64     `json:"p"`        // of no change, corrected; nil: not tested
	Verdict  string       `json:"verdict"`
}

// change writes the change as a share.
func (t told) change() string {
	if t.Change == nil {
		return "?"
	}
	return fmt.Sprintf("%+.3f", *t.Change)
}

// compare returns what the command compare says of two runs, or of what else its
// arguments name.
func (l lab) compare(ctx context.Context, what ...string) ([]told, error) {
	out, err := l.ipcbench(ctx, 0, append([]string{"compare", "--json"}, what...)...)
	if err != nil {
		return nil, err
	}
	var comparison struct {
		Cells []told `json:"cells"`
	}
	if err := json.Unmarshal(out, &comparison); err != nil || len(comparison.Cells) == 0 {
		return nil, fmt.Errorf("compare --json %s: %v: %s", strings.Join(what, " "), err, out)
	}
	return comparison.Cells, nil
}

// successive returns the correlation of successive launches of a run, each taken by
// how far its logarithm is from the median of its cell in spreads of that: 0 where
// launches do not depend on each other, whatever the cell.
func successive(dir string) (float64, error) {
	_, launches, _, err := results.Open(dir)
	if err != nil {
		return 0, err
	}
	place := map[int]float64{} // by order
	for _, s := range summary.Of(launches) {
		var logs []float64
		for _, value := range s.Values(s.Main().Name) {
			logs = append(logs, math.Log(value))
		}
		deviation, _ := stats.MedianAbsoluteDeviation(logs)
		for i, l := range s.OK {
			if len(logs) == len(s.OK) && deviation > 0 {
				place[l.Order] = max(-3, min(3, (logs[i]-results.Median(logs))/deviation))
			}
		}
	}
	var before, after []float64
	for order, at := range place {
		if next, has := place[order+1]; has {
			before, after = append(before, at), append(after, next)
		}
	}
	return stats.Correlation(before, after)
}

// roundTrip returns the median round trip of a run of one cell, in ns, and the
// coefficient of variation over its launches.
func roundTrip(dir string) (ns, cv float64, err error) {
	_, launches, _, err := results.Open(dir)
	if err != nil {
		return 0, 0, err
	}
	e := summary.Of(launches)[0].Metrics[results.RTTP50]
	return e.Median, e.CV, nil
}

// A shelf is the directory in which what a study found is kept, for a reader
// who asks whether compare is to be believed.
type shelf struct{ dir string }

func (s *shelf) addFlag(c *cobra.Command) {
	c.Flags().StringVarP(&s.dir, "out", "o", "results/trials", "`directory` for what was found")
}

// keep writes a file of what was found.
func (s shelf) keep(name, text string) error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644)
}
