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
	"ipcbench/transports"
)

var (
	rounds = flag.Int("n", 15, "how many launches of each")
	size   = flag.Int("s", 64, "bytes of a message")
	long   = flag.Duration("time", 500*time.Millisecond, "of each")
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
	fmt.Println("mean round trip, ns   exec:    own  ratio")
	var through, own, ratios []float64
	for range *rounds {
		a, err := throughExec(ctx, plan, cells)
		b, also := byItself(ctx, filepath.Join(dir, "own"), cells[0])
		if err := errors.Join(err, also); err != nil {
			return err
		}
		through, own, ratios = append(through, a), append(own, b), append(ratios, a/b)
		fmt.Printf("%26.1f %6.1f  %.3f\n", a, b, a/b)
	}
	fmt.Printf("lowest %19.1f %6.1f  %.3f\n", slices.Min(through), slices.Min(own), slices.Min(through)/slices.Min(own))
	fmt.Printf("medians %18.1f %6.1f  %.3f\n", results.Median(through), results.Median(own), results.Median(ratios))
	return nil
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
