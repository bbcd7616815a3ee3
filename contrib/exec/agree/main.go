// Command agree measures the ring of examples/c through exec: and by a loop of its own,
// in turn, and prints how the two agree. It is run in contrib/exec, by make ring-agree.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"ipcbench/bench"
	_ "ipcbench/contrib/exec"
	"ipcbench/results"
	"ipcbench/results/effect"
	"ipcbench/transports"
)

var (
	rounds = flag.Int("n", 60, "how many launches of each")
	size   = flag.Int("s", 64, "bytes of a message")
	long   = flag.Duration("time", 100*time.Millisecond, "of each")
)

func main() {
	bench.Worker()
	flag.Parse()
	if err := agree(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "agree:", err)
		os.Exit(1)
	}
}

func agree(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "ipcbench-agree-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"ring", "own"} {
		cmd := osexec.Command("cc", "-std=gnu11", "-O2", "-I", ".", "-o", filepath.Join(dir, name), "examples/c/"+name+".c")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", cmd, err, out)
		}
	}
	spec, err := transports.Parse("exec:" + filepath.Join(dir, "ring") + ",wait=spin")
	if err != nil {
		return err
	}
	plan := bench.Plan{
		Specs: []transports.Spec{spec}, Workloads: []string{"latency"}, Sizes: []int{*size}, Placements: []string{results.Auto},
		Launches: 1, Time: *long, Warmup: bench.Warmup{Time: *long / 4}, Verify: bench.VerifyEnds, Timeout: 30 * time.Second,
	}
	cells, err := plan.Cells(ctx)
	if err != nil {
		return err
	}
	cells = cells[:1] // the nearest two CPUs
	if c := cells[0]; !c.Runnable() || c.ProducerCPU < 0 {
		return fmt.Errorf("%s cannot run here on two CPUs: %s%s", c.Transport, c.Skip, c.Fail)
	}
	var through, own []float64
	both := []func() error{
		func() error {
			return adding(&through, func() (float64, error) { return throughExec(ctx, plan, cells) })
		},
		func() error {
			return adding(&own, func() (float64, error) { return byItself(ctx, filepath.Join(dir, "own"), cells[0]) })
		},
	}
	for range *rounds {
		for _, measure := range both {
			if err := measure(); err != nil {
				return err
			}
		}
		slices.Reverse(both)
	}
	fmt.Printf("mean round trip of %d bytes, ns, of %d launches each   exec:    own  ratio\n", *size, *rounds)
	fmt.Printf("lowest %49.1f %6.1f  %.3f\n", slices.Min(through), slices.Min(own), slices.Min(through)/slices.Min(own))
	e := effect.OfRanks(own, through)
	fmt.Printf("medians %48.1f %6.1f  %.3f (%.3f to %.3f)\n", results.Median(through), results.Median(own), 1+e.Change, 1+e.Own.Lo, 1+e.Own.Hi)
	return nil
}

// adding adds what is measured to values.
func adding(values *[]float64, measure func() (float64, error)) error {
	ns, err := measure()
	*values = append(*values, ns)
	return err
}

func throughExec(ctx context.Context, plan bench.Plan, cells []bench.Cell) (ns float64, err error) {
	launches, err := plan.Run(ctx, cells, func(results.Launch) error { return nil })
	if err != nil {
		return 0, err
	}
	if l := launches[0]; l.Status != results.OK {
		return 0, errors.New(l.Reason)
	}
	return launches[0].Metrics[results.RTTMean], nil
}

func byItself(ctx context.Context, program string, c bench.Cell) (ns float64, err error) {
	cmd := osexec.CommandContext(ctx, program, strconv.Itoa(*size), strconv.FormatInt(long.Milliseconds(), 10), strconv.Itoa(c.ProducerCPU), strconv.Itoa(c.ConsumerCPU))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("%v: %w", cmd, err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}
