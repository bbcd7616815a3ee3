package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ipcbench/results"
)

// magnitude is how many times more or less than strace the workload setup may say
// that a stage took: an order of magnitude, for strace stops the process twice in
// each system call, and both pay for that.
const magnitude = 10

func newStrace() *cobra.Command {
	return &cobra.Command{
		Use:   "strace",
		Short: "Does the workload setup agree with strace -T? (10 s, strace)",
		Long: fmt.Sprintf(`Has ipcbench set up a ring in a mapped file while strace -T times its system calls.

It holds where what setup says of extending, mapping and touching the file is within
a factor of %d of what strace says of fallocate, mmap and madvise, and where it counted
exactly one page fault for each page.`, magnitude),
		Args: noWords,
		RunE: carryOut(askStrace),
	}
}

// A traced stage is one that is one system call.
type traced struct {
	stage string
	call  *regexp.Regexp // a line of strace's, with the bytes that it is about and the seconds that it took
	says  []float64      // strace, in ns
	ours  []float64      // setup, of each launch
}

const took = `.* = (?:0|0x[0-9a-f]+) <([0-9.]+)>$`

// tracedStages are those of a ring in a file.
func tracedStages() []*traced {
	return []*traced{
		{stage: "extend", call: regexp.MustCompile(`(?m)fallocate\([0-9]+, 0, 0, ([0-9]+)\)` + took)},
		{stage: "map", call: regexp.MustCompile(`(?m)mmap\(NULL, ([0-9]+), PROT_READ\|PROT_WRITE, MAP_SHARED,` + took)},
		{stage: "touch", call: regexp.MustCompile(`(?m)madvise\(0x[0-9a-f]+, ([0-9]+), MADV_POPULATE_WRITE\)` + took)},
	}
}

func askStrace(ctx context.Context, l lab) (missed []string, err error) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		return nil, refusef("%w: install strace", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	trace, parent := filepath.Join(l.scratch, "trace"), filepath.Join(l.scratch, "run")
	c := exec.CommandContext(ctx, strace, "-f", "-T", "-e", "trace=fallocate,mmap,madvise", "-o", trace,
		self, "run", "-q", "-n", "7", "-w", "setup", "-s", "64", "-d", l.scratch, "-o", parent, "mmap:wait=futex")
	c.Env = append(os.Environ(), delayEnv+"=0")
	c.Stderr = l.log
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("strace ipcbench run -w setup: %w", err)
	}
	dirs, err := filepath.Glob(filepath.Join(parent, "2*"))
	if err != nil || len(dirs) != 1 {
		return nil, fmt.Errorf("not one run directory in %s: %v %v", parent, dirs, err)
	}
	_, launches, _, err := results.Open(dirs[0])
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		return nil, err
	}
	stages := tracedStages()
	missed = read(stages, string(text), launches)
	tell(l.out, stages)
	return append(missed, apart(stages)...), nil
}

// read takes out of the trace what is about as many bytes as an end maps, and out
// of the launches what they say of it. It returns where the faults are not those of
// as many pages.
func read(stages []*traced, trace string, launches []results.Launch) (missed []string) {
	size := ""
	for _, s := range stages {
		for _, line := range s.call.FindAllStringSubmatch(trace, -1) {
			if size == "" { // of the file that was extended
				size = line[1]
			}
			if seconds, err := strconv.ParseFloat(line[2], 64); err == nil && line[1] == size {
				s.says = append(s.says, seconds*1e9)
			}
		}
		for _, l := range launches {
			if ns, has := l.Metrics[results.StageNS(s.stage)]; has {
				s.ours = append(s.ours, ns)
			}
		}
	}
	bytes, _ := strconv.Atoi(size)
	pages := float64(bytes / os.Getpagesize())
	for _, l := range launches {
		if faults := l.Metrics["setup_touch_faults"]; faults != pages {
			missed = append(missed, fmt.Sprintf("launch %d counted %v faults of %v pages", l.Order, faults, pages))
		}
	}
	return missed
}

// apart returns the stages of which the two do not agree.
func apart(stages []*traced) (missed []string) {
	for _, s := range stages {
		switch {
		case len(s.says) == 0 || len(s.ours) == 0:
			missed = append(missed, fmt.Sprintf("%s: strace tells of %d and setup of %d", s.stage, len(s.says), len(s.ours)))
		case s.ratio() > magnitude || s.ratio() < 1.0/magnitude:
			missed = append(missed, fmt.Sprintf("%s: setup says %.2f times what strace does", s.stage, s.ratio()))
		}
	}
	return missed
}

// ratio is that of the medians.
func (s *traced) ratio() float64 { return results.Median(s.ours) / results.Median(s.says) }

func tell(out io.Writer, stages []*traced) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "stage\tsetup\tstrace -T\tratio")
	for _, s := range stages {
		if len(s.says) > 0 && len(s.ours) > 0 {
			fmt.Fprintf(w, "%s\t%s\t%s\t%.2f\n", s.stage, results.FormatNS(results.Median(s.ours)), results.FormatNS(results.Median(s.says)), s.ratio())
		}
	}
	w.Flush()
}
