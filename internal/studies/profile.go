package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ipcbench/internal/folder"
	sampling "ipcbench/internal/profile"
	"ipcbench/results"
	"ipcbench/results/profile"
)

const (
	profileLimit  = 0.05 // how far the share of a function may be from perf's
	profileMost   = 10   // how many functions are looked at, the largest first
	profileRounds = 2    // launches of either, in turn
)

func newProfile() *cobra.Command {
	return &cobra.Command{
		Use:   "profile",
		Short: "Does run --profile agree with perf record? (2 min, root, perf)",
		Long: fmt.Sprintf(`Has run --profile and perf record -a look in turn at round trips of 64 B on one CPU,
by the clock of the CPU, and adds up what the ends did.

It holds where the shares of the %d largest functions of each transport are within
%.0f points of perf's, and all of them are 100 %%.`, profileMost, 100*profileLimit),
		Args: noWords,
		RunE: carryOut(askProfile),
	}
}

// profiledSpecs are those that are looked at.
var profiledSpecs = []string{"pipe", "unix", "tcp", "mmap:wait=futex"}

func askProfile(ctx context.Context, l lab) (missed []string, err error) {
	perf, err := exec.LookPath("perf")
	if err != nil {
		return nil, refusef("%w: install perf (Debian: linux-perf)", err)
	}
	out := tabwriter.NewWriter(l.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "transport\tfunction\tipcbench\tperf\tpoints")
	for i, spec := range profiledSpecs {
		fmt.Fprintf(l.log, "studies: profile: %d/%d %s\n", i+1, len(profiledSpecs), spec)
		ours, theirs := shares{}, shares{}
		for range profileRounds {
			if err := ours.addOwn(ctx, l, spec); err != nil {
				return nil, err
			}
			if err := theirs.addPerf(ctx, l, perf, spec); err != nil {
				return nil, err
			}
		}
		sum := 0.0
		for _, share := range ours {
			sum += share / profileRounds
		}
		if math.Abs(sum-1) > 1e-6 {
			missed = append(missed, fmt.Sprintf("%s: all functions are %.2f %%", spec, 100*sum))
		}
		for _, function := range ours.largest(profileMost) {
			a, b := ours[function]/profileRounds, theirs[function]/profileRounds
			fmt.Fprintf(out, "%s\t%s\t%.1f %%\t%.1f %%\t%+.1f\n", spec, function, 100*a, 100*b, 100*(a-b))
			if math.Abs(a-b) > profileLimit {
				missed = append(missed, fmt.Sprintf("%s: %s has %.1f %%, and %.1f %% by perf", spec, function, 100*a, 100*b))
			}
		}
	}
	return missed, out.Flush()
}

// shares are those of functions in what the ends did, added up over rounds.
type shares map[string]float64

// addOwn takes those of a launch that run --profile sampled.
func (s shares) addOwn(ctx context.Context, l lab, spec string) error {
	dir, err := roundTrips(ctx, l, spec, nil, "--profile")
	if err != nil {
		return err
	}
	in, err := folder.Open(dir)
	if err != nil {
		return err
	}
	defer in.Close()
	all, warnings, err := profile.Open(in, results.Schema)
	if err != nil {
		return err
	}
	if len(all) != 1 || len(all[0].OnCPU()) == 0 {
		return refusef("%s has no profile: %s", spec, strings.Join(append(warnings, profile.Reasons(all)...), "; "))
	}
	for _, f := range all[0].ByFunction("") {
		s[f.Name] += f.Mean()
	}
	return nil
}

// perfLine is one of perf report's: a share, and a function with where it is. Some versions
// leave out the command, which is the same in all.
var perfLine = regexp.MustCompile(`(?m)^\s*([0-9.]+)%\s+(?:ipcbench-end\s+)?\[.\] (.+?)\s*$`)

// addPerf takes those that perf record saw of the ends. It also sees them get ready, and
// sees whoever else has a CPU: only the ends are counted. Sorted by symbol alone, it would
// leave out what others execute as well.
func (s shares) addPerf(ctx context.Context, l lab, perf, spec string) error {
	data := filepath.Join(l.scratch, "perf.data")
	record := []string{perf, "record", "-q", "-a", "-e", "cpu-clock", "-c", strconv.Itoa(sampling.PeriodNS), "-g", "-o", data, "--"}
	if _, err := roundTrips(ctx, l, spec, record, "--time", "2s"); err != nil {
		return err
	}
	c := exec.CommandContext(ctx, perf, "report", "-i", data, "--stdio", "--no-children", "-g", "none", "--comm", "ipcbench-end", "--percentage", "relative", "--sort", "comm,sym")
	c.Stderr = l.log
	text, err := c.Output()
	if err != nil {
		return fmt.Errorf("perf report: %w", err)
	}
	lines := perfLine.FindAllSubmatch(text, -1)
	if len(lines) == 0 {
		return fmt.Errorf("perf report says nothing of the ends of %s", spec)
	}
	for _, line := range lines {
		percent, _ := strconv.ParseFloat(string(line[1]), 64)
		s[strings.TrimSuffix(string(line[2]), ".abi0")] += percent / 100
	}
	return nil
}

// roundTrips has ipcbench measure them once, under a command if there is one, and returns
// the run directory.
func roundTrips(ctx context.Context, l lab, spec string, under []string, flags ...string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	parent, err := os.MkdirTemp(l.scratch, "run-")
	if err != nil {
		return "", err
	}
	args := append(under, self, "run", "-q", "-n", "1", "-w", "latency", "-s", "64", "-p", "same-cpu", "-d", l.scratch, "-o", parent, "--name", "it")
	args = append(append(args, flags...), spec)
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Env = append(os.Environ(), delayEnv+"=0")
	c.Stderr = l.log
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return filepath.Join(parent, "it"), nil
}

// largest are the functions with the largest shares.
func (s shares) largest(n int) []string {
	names := slices.SortedFunc(maps.Keys(s), func(a, b string) int { return cmp.Or(cmp.Compare(s[b], s[a]), cmp.Compare(a, b)) })
	return names[:min(n, len(names))]
}
