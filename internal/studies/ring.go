package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ipcbench/bench"
	"ipcbench/results"
)

// A ringVariant is the ring of c/ring.c with one thing changed.
type ringVariant struct {
	change  string
	options []string
}

// The first is the ring of internal/shm.
var ringVariants = []ringVariant{
	{"none: the layout of internal/shm", nil},
	{"slots begin at a line: 2 lines a 64-byte message, not 1⅛", []string{"-DALIGN=64"}},
	{"mark in a line of its own", []string{"-DMARK_APART=1"}},
	{"mark in front of the message", []string{"-DMARK_FIRST=1"}},
	{"full fence at each message (XCHG)", []string{"-DFENCE=1"}},
	{"no marks, a shared index at each message", []string{"-DMARKS=0"}},
	{"no marks, a shared index every 4", []string{"-DMARKS=0", "-DBATCH=4"}},
	{"no marks, a shared index every 16", []string{"-DMARKS=0", "-DBATCH=16"}},
	{"taken published at each message", []string{"-DPARTS=0"}},
	{"taken published every half ring", []string{"-DPARTS=2"}},
	{"taken published every 16th of a ring", []string{"-DPARTS=16"}},
	{"no PAUSE", []string{"-DPAUSES=0"}},
	{"4 PAUSEs after a look", []string{"-DPAUSES=4"}},
	{"reader backs off for 8 PAUSEs more", []string{"-DBACK_OFF=8"}},
	{"reader backs off for 32 PAUSEs more", []string{"-DBACK_OFF=32"}},
	{"reader prefetches 1 ahead", []string{"-DREAD_AHEAD=1"}},
	{"reader prefetches 4 ahead", []string{"-DREAD_AHEAD=4"}},
	{"writer prefetches 4 ahead", []string{"-DWRITE_AHEAD=4"}},
	{"writer copies past its caches", []string{"-DNON_TEMPORAL=1"}},
	{"in place: only the ends are written and read", []string{"-DIN_PLACE=1"}},
	{"in place: every byte is read once", []string{"-DIN_PLACE=2"}},
	{"ring of 64 KiB", []string{"-DCAPACITY=(1<<16)"}},
	{"ring of 256 KiB", []string{"-DCAPACITY=(1<<18)"}},
	{"ring of 4 MiB", []string{"-DCAPACITY=(1<<22)"}},
	{"no marks, reader backs off for 32: IndexLayout", []string{"-DMARKS=0", "-DBACK_OFF=32"}},
	{"slots at a line, reader backs off for 8", []string{"-DALIGN=64", "-DBACK_OFF=8"}},
	{"copy floor, window of 256 KiB", []string{"-DCOPY_FLOOR=1", "-DCAPACITY=(1<<18)"}},
	{"copy floor, window of 1 MiB", []string{"-DCOPY_FLOOR=1"}},
	{"copy floor, window of 4 MiB", []string{"-DCOPY_FLOOR=1", "-DCAPACITY=(1<<22)"}},
}

// ringSpecs are streamed by this harness in the same rounds.
var ringSpecs = []string{"mmap:wait=spin", "mmap:api=inplace,wait=spin", "mmap:ring=index,wait=spin", "mmap:api=burst,ring=index,wait=spin"}

var ringSizes = []int{8, 64, 4096, 64 << 10}

// What the ring that spins is held to.
const (
	leastToC     = 1.00 // its rate of 64-byte messages, to that of the same layout in C
	leastToFloor = 0.85 // its rate of 64 KiB messages, to the best copy floor
)

// A ring streams messages between two CPUs through the ring as it is, in C, and
// with one thing changed at a time, next to this harness: what limits the rate?
type ring struct{ rounds int }

func newRing() *cobra.Command {
	r := &ring{}
	c := &cobra.Command{
		Use:   "ring [flags]",
		Short: "What limits the rate of the ring? (4 min)",
		Long: fmt.Sprintf(`Streams messages from one CPU to another through a ring in C of the layout that
the ring here has, through that with one thing changed at a time, and through
mmap:wait=spin, each launched once in each round. Prints a table for each size.
Takes four minutes and needs gcc and two CPUs.

It holds where mmap:wait=spin streams messages of 64 B at %.2f times the rate of
the same ring in C or more, and messages of 64 KiB at %.2f times that of the best
copy floor or more: two processes that copy through memory and hardly ever wait
for each other. Both are medians of the rounds' ratios.`, leastToC, leastToFloor),
		Args: noWords,
		RunE: carryOut(r.study),
	}
	c.Flags().IntVar(&r.rounds, "rounds", usualRounds, "how often each is launched")
	return c
}

func (r *ring) study(ctx context.Context, l lab) (missed []string, err error) {
	if err := atLeastOne("rounds", r.rounds); err != nil {
		return nil, err
	}
	var options [][]string
	for _, v := range ringVariants {
		options = append(options, v.options)
	}
	programs, err := l.compile(ctx, "ring", options...)
	if err != nil {
		return nil, err
	}
	for _, size := range ringSizes {
		cells, err := ringCells(ctx, size)
		if err != nil {
			return nil, err
		}
		s := newRingStreams(size, programs, cells)
		for round := range r.rounds {
			fmt.Fprintf(l.log, "%s, round %d of %d\n", results.FormatSize(size), round+1, r.rounds)
			if err := s.launch(ctx, round); err != nil {
				return nil, err
			}
		}
		fmt.Fprintf(l.out, "%d-byte messages: medians of %d interleaved launches of %v each, and of their ratios:\n", size, r.rounds, launchTime)
		s.print(l.out)
		fmt.Fprintln(l.out)
		missed = append(missed, s.missed()...)
	}
	return missed, nil
}

// ringCells returns the cells of ringSpecs.
func ringCells(ctx context.Context, size int) ([]bench.Cell, error) {
	var cells []bench.Cell
	for _, spec := range ringSpecs {
		cell, err := cellOf(ctx, spec, "throughput", size, "0-1")
		if err != nil {
			return nil, refusal{err}
		}
		cells = append(cells, cell)
	}
	return cells, nil
}

// ringStreams are the streams of one size: first those of ringVariants, in C,
// then those of ringSpecs.
type ringStreams struct {
	size     int
	programs []string
	cells    []bench.Cell
	rates    []figures // messages per second
	waits    []figures // of a hundred messages, how many a reader in C had to wait for
}

func newRingStreams(size int, programs []string, cells []bench.Cell) *ringStreams {
	return &ringStreams{size, programs, cells, make([]figures, len(programs)+len(cells)), make([]figures, len(programs))}
}

// launch measures each once, another one first in each round.
func (s *ringStreams) launch(ctx context.Context, round int) error {
	for turn := range s.rates {
		i := (round + turn) % len(s.rates)
		if i >= len(s.programs) {
			if err := s.rates[i].add(launch(ctx, s.cells[i-len(s.programs)])); err != nil {
				return err
			}
			continue
		}
		figures, err := runC(ctx, s.programs[i], s.size, s.cells[0].ProducerCPU, s.cells[0].ConsumerCPU, launchTime.Milliseconds())
		if err != nil {
			return err
		}
		s.rates[i], s.waits[i] = append(s.rates[i], figures[0]), append(s.waits[i], figures[1])
	}
	return nil
}

// missed says which of its limits our ring that spins does not reach.
func (s *ringStreams) missed() []string {
	ours := s.rates[len(s.programs)]
	toC, toFloor := medianRatio(ours, s.rates[0]), medianRatio(ours, s.rates[s.floor()])
	switch {
	case s.size == 64 && toC < leastToC:
		return []string{fmt.Sprintf("64 B: %.3f × the ring of the same layout in C, to be ≥ %.2f", toC, leastToC)}
	case s.size == 64<<10 && toFloor < leastToFloor:
		return []string{fmt.Sprintf("64 KiB: %.3f × the copy floor, to be ≥ %.2f", toFloor, leastToFloor)}
	}
	return nil
}

// floor returns the place of the fastest copy floor.
func (s *ringStreams) floor() int {
	best := -1
	for i, v := range ringVariants {
		isFloor := slices.Contains(v.options, "-DCOPY_FLOOR=1")
		if isFloor && (best < 0 || results.Median(s.rates[i]) > results.Median(s.rates[best])) {
			best = i
		}
	}
	return best
}

// print compares the medians with the first variant's and with the best copy
// floor's.
func (s *ringStreams) print(out io.Writer) {
	floor := s.floor()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "changed\tM msgs/s\tGB/s\tleast to most\tto the first\tto the floor\treader waited")
	for i, f := range s.rates {
		what, waited := "", "-"
		if i < len(s.programs) {
			what, waited = ringVariants[i].change, fmt.Sprintf("%.1f %%", results.Median(s.waits[i]))
		} else {
			what = "ipcbench " + ringSpecs[i-len(s.programs)]
		}
		fmt.Fprintf(w, "%s\t%.3f\t%.2f\t%.3f-%.3f\t%.3f\t%.3f\t%s\n", what, results.Median(f)/1e6, results.Median(f)*float64(s.size)/1e9,
			slices.Min(f)/1e6, slices.Max(f)/1e6, medianRatio(f, s.rates[0]), medianRatio(f, s.rates[floor]), waited)
	}
	w.Flush()
}
