package cmd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ipcbench/bench"
	"ipcbench/internal/host"
	"ipcbench/internal/near"
	"ipcbench/results"
)

// What is measured where the command line does not say.
var (
	defaultWorkloads = []string{"latency", "throughput"}
	defaultSizes     = []int{64, 4 << 10, 64 << 10}
	defaultWarmup    = bench.Warmup{Time: 5 * time.Millisecond}
	defaultBudget    = 5 * time.Minute
)

// Three amounts of patience: launches of each cell, and how long each is. Of 7
// against 7, compare can tell up to 80 cells apart.
var (
	quick    = patience{launches: 7, time: 10 * time.Millisecond}
	ordinary = patience{launches: 10, time: 50 * time.Millisecond}
	thorough = patience{launches: 30, time: 200 * time.Millisecond}
)

type patience struct {
	launches int
	time     time.Duration
}

// planFlags reads a plan from flags. A flag is checked as it is read, so that
// a complaint names it, or the variable of the environment it came from.
type planFlags struct {
	plan            bench.Plan
	quick, thorough bool
	ab              bool // the words after the command are variants, not specs
}

// add declares the flags that make a plan.
func (f *planFlags) add(flags *pflag.FlagSet) {
	p := &f.plan
	chooseSome(flags, &p.Workloads, "workload", "w", "what to measure, by `names` (default "+strings.Join(defaultWorkloads, ",")+")", workloads)
	flags.VarP(&sizeList{p}, "size", "s", "message `sizes`, or ranges as 64..1MiB, mix:64=90%,4KiB=10%, or @FILE with one a line (default 64,4KiB,64KiB or the most it carries, load 64)")
	alsoCalled(flags, "size", "sizes", "msg-size", "message-size", "payload", "length", "bytes")
	addPlaces(flags, &p.Placements, &p.Dirs)
	flags.IntVarP(&p.Launches, "launches", "n", 0, "`number` of fresh pairs of processes for each cell (default 10)")
	alsoCalled(flags, "launches", "count", "repeat", "repetitions", "iterations", "runs", "rounds", "i", "c", "r")
	flags.DurationVar(&p.Time, "time", 0, "measured `time` of a launch (default 50ms)")
	alsoCalled(flags, "time", "duration", "seconds", "t")
	flags.Int64Var(&p.Messages, "messages", 0, "measured `number` of messages of a launch, instead of --time")
	alsoCalled(flags, "messages", "msgs", "num-messages", "m")
	flags.Func("warmup", "`time` before that, or messages as 5000x (default 5ms)", func(text string) (err error) {
		p.Warmup, err = parseWarmup(text)
		return err
	})
	choose(flags, &p.Verify, "verify", "", "check the `header` of every message and all of one in 4096, or full: every byte (default header)", func() []knownWord {
		return []knownWord{
			{near.Word{Name: bench.VerifyEnds, Also: []string{"ends", "none", "no"}}, "the ends of each message, and all of one in 4096"},
			{near.Word{Name: bench.VerifyAll, Also: []string{"all", "every", "yes"}}, "every byte"},
		}
	})
	flags.DurationVar(&p.Timeout, "timeout", 0, "longest `time` a launch may take (default 10s beyond the rest)")
	flags.Uint64Var(&p.Seed, "seed", 0, "`number` that settles the order of the launches (default random)")
	addLabels(flags, &p.Labels)
	addPercentiles(flags, &p.Percentiles)
	percentVar(flags, &p.Until, "until", "go on launching until a cell's interval is within ± a `percentage`, as 2%")
	flags.DurationVar(&p.Budget, "budget", 0, "`time` for the whole run, with --until (default 5m)")
	flags.BoolVar(&f.ab, "ab", false, "measure two variants in turn and compare them, each in quotes: 'mmap -d /a' 'mmap -d /b'")
	flags.BoolVar(&f.quick, "quick", false, "7 launches of 10ms")
	flags.BoolVar(&f.thorough, "thorough", false, "30 launches of 200ms")
	addAxes(flags, p)
}

// addPlaces declares the flags for where a plan, or a variant of one, measures.
func addPlaces(flags *pflag.FlagSet, placements, dirs *[]string) {
	flags.VarP(&placementList{placements}, "placement", "p", "where the two processes run, by `names` or CPUs as 0-1 (default auto)")
	alsoCalled(flags, "placement", "cpu", "cpus", "pin", "affinity", "cores")
	flags.FuncP("dir", "d", "`directories` for files, one with a comma as '\"a,b\"' (default the temporary one, and /dev/shm if a tmpfs)", func(text string) error {
		return appendDirs(dirs, text, host.CheckDir)
	})
	alsoCalled(flags, "dir", "path", "directory", "folder", "tmpdir", "file")
}

// addLabels declares that for the labels of either.
func addLabels(flags *pflag.FlagSet, labels *map[string]string) {
	flags.Func("label", "keep `key=value` with every launch; repeatable", func(text string) error {
		return addLabel(labels, text)
	})
}

// settle returns the plan that flags and words describe, with defaults for what
// they leave out. The words are specs or, with --ab, variants.
func (f *planFlags) settle(ctx context.Context, tried *bench.Trials, flags *pflag.FlagSet, words []string) (bench.Plan, error) {
	p := f.plan
	if err := checkAmounts(flags, p); err != nil {
		return p, err
	}
	ask := ordinary
	switch {
	case f.quick && f.thorough:
		return p, errors.New("--quick and --thorough: give one of them")
	case f.quick:
		ask = quick
	case f.thorough:
		ask = thorough
	}
	if !flags.Changed("launches") {
		p.Launches = ask.launches
	}
	if !flags.Changed("time") && !flags.Changed("messages") {
		p.Time = ask.time
	}
	if !flags.Changed("warmup") {
		p.Warmup = defaultWarmup
	}
	if p.Until > 0 && !flags.Changed("budget") {
		p.Budget = defaultBudget
	}
	if !flags.Changed("seed") {
		p.Seed = uint64(rand.Uint32()) // short enough to type
	}
	if len(p.Workloads) == 0 {
		p.Workloads = defaultWorkloads
	}
	if len(p.Sizes)+len(p.Mixes) == 0 {
		p.Sizes, p.FitSizes = defaultSizes, true
	}
	if len(p.Placements) == 0 {
		p.Placements = []string{results.Auto}
	}
	if len(p.Dirs) == 0 {
		p.Dirs = defaultDirs()
	}
	var err error
	tried.Limit = p.Timeout
	if f.ab {
		if p.Variants, err = parseVariants(ctx, tried, words); err != nil {
			return p, err
		}
		words = nil
	}
	p.Specs, err = parseSpecs(ctx, tried, words)
	return p, err
}

func checkAmounts(flags *pflag.FlagSet, p bench.Plan) error {
	switch {
	case flags.Changed("launches") && p.Launches < 1:
		return fmt.Errorf("--launches %d: a cell has at least 1", p.Launches)
	case flags.Changed("time") && flags.Changed("messages"):
		return errors.New("--time and --messages: give one of them")
	case flags.Changed("time") && p.Time <= 0:
		return fmt.Errorf("--time %s: the measured time must be positive", p.Time)
	case flags.Changed("budget") && p.Until == 0:
		return errors.New("--budget ends what --until begins: give both, or neither")
	case flags.Changed("budget") && p.Budget <= 0:
		return fmt.Errorf("--budget %s: the time for the run must be positive", p.Budget)
	case flags.Changed("timeout") && p.Timeout <= 0:
		return fmt.Errorf("--timeout %s: a launch takes some time", p.Timeout)
	case flags.Changed("messages") && p.Messages < 1:
		return fmt.Errorf("--messages %d: a launch has at least 1", p.Messages)
	}
	return nil
}

// defaultDirs are the temporary directory and, beside it, memory.
func defaultDirs() []string {
	const memory = "/dev/shm"
	dirs := []string{os.TempDir()}
	mount, err := host.MountOf(memory)
	if err == nil && mount.FSType == "tmpfs" && host.CheckDir(memory) == nil && dirs[0] != memory {
		dirs = append(dirs, memory)
	}
	return dirs
}

// workloads are those that --workload takes.
func workloads() []knownWord {
	var all []knownWord
	for _, w := range bench.Workloads() {
		all = append(all, knownWord{near.Word{Name: w.Name, Also: w.Also}, w.Doc})
	}
	return all
}

func addLabel(labels *map[string]string, text string) error {
	key, value, found := strings.Cut(text, "=")
	if !found || key == "" {
		return fmt.Errorf("%q is no label: write it as key=value", text)
	}
	if strings.Contains(text, ";") {
		return fmt.Errorf("%q has a semicolon, which stands between labels in launches.csv: leave it out", text)
	}
	if err := results.CheckLabel(key, value); err != nil {
		return fmt.Errorf("%.40q... is no label: %w", text, err)
	}
	if _, twice := (*labels)[key]; twice {
		return fmt.Errorf("label %q is given twice: leave one out", key)
	}
	if *labels == nil {
		*labels = map[string]string{}
	}
	(*labels)[key] = value
	return nil
}

// parseWarmup reads "20ms" as a time and "5000x" as a number of messages.
func parseWarmup(text string) (bench.Warmup, error) {
	if count, isCount := strings.CutSuffix(text, "x"); isCount {
		if messages, err := strconv.ParseInt(count, 10, 64); err == nil && messages >= 0 {
			return bench.Warmup{Messages: messages}, nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 && text != "0" {
		return bench.Warmup{Time: d}, nil
	}
	return bench.Warmup{}, fmt.Errorf("%q is no warm-up: write a time as 20ms or messages as 5000x", text)
}
