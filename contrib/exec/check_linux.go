package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ipcbench/bench"
	"ipcbench/results"
	"ipcbench/transports"
)

// CheckCommand tells somebody who has written two programs what of the rules they keep.
func CheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "check SPEC",
		GroupID: "explore",
		Short:   "Whether your own programs keep the rules of exec:",
		Long: `Whether your own programs keep the rules of exec: they start, meet and end, and carry
messages of many sizes in round trips and streams, every byte of which is checked.`,
		Example: "  ipcbench check 'exec:./server ./client'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			spec, err := transports.Parse(args[0])
			if err != nil {
				return err
			}
			if spec.Transport != info.Name {
				return fmt.Errorf("check %s: it is for programs of yours, as in 'exec:./server ./client'", spec)
			}
			return check(cmd.Context(), spec, cmd.OutOrStdout())
		},
	}
}

// checkSizes are those at which the words of a message lie differently, and some that
// programs use.
var checkSizes = []int{8, 9, 15, 16, 17, 23, 24, 64, 1000, 4096, 65536}

// enough demands that do not hold: the others would take long and say the same.
const enough = 2

const checkTimeout = 10 * time.Second // of a launch: more than any of these takes

// check carries all of it out and says of each demand whether it holds.
func check(ctx context.Context, spec transports.Spec, out io.Writer) error {
	failed := 0
	demand := func(what string, holds func() error) {
		if failed >= enough {
			return
		}
		if err := holds(); err != nil {
			failed++
			fmt.Fprintf(out, "FAIL  %s: %v\n", what, err)
			return
		}
		fmt.Fprintf(out, "ok    %s\n", what)
	}
	spec.Size = checkSizes[0]
	if err := (programs{}).Probe(spec); err != nil {
		return err
	}
	demand("they start, are ready, and end where their standard input does", func() error { return meetAndEnd(spec) })
	for _, kind := range []string{"latency", "throughput"} {
		for _, size := range checkSizes {
			demand(fmt.Sprintf("%s, messages of %d bytes", kind, size), func() error { return carry(ctx, spec, kind, size) })
		}
	}
	demand("latency for a time, instead of a number of messages", func() error { return carryFor(ctx, spec) })
	switch {
	case failed >= enough:
		return fmt.Errorf("%d demands do not hold, and the rest was not looked at: contrib/exec/README.md has the rules", failed)
	case failed > 0:
		return errors.New("a demand does not hold: contrib/exec/README.md has the rules")
	}
	return nil
}

// meetAndEnd opens both ends and closes them.
func meetAndEnd(spec transports.Spec) error {
	link, err := programs{}.Create(spec)
	if err != nil {
		return err
	}
	defer link.Close()
	sides := []transports.Side{transports.Consumer, transports.Producer}
	ended := make(chan error, len(sides))
	ends := make(chan *program, len(sides))
	for _, side := range sides {
		go func() {
			p, err := start(commandOf(spec, side))
			if err != nil {
				ended <- err
				return
			}
			ends <- p
			ended <- errors.Join(p.open(spec, side, string(link.For(side).Bytes)), p.Close())
		}()
	}
	late := time.After(checkTimeout)
	for range sides {
		select {
		case err = <-ended:
		case <-late:
			err = fmt.Errorf("after %v it had not", checkTimeout)
		}
		if err != nil {
			break
		}
	}
	for len(ends) > 0 {
		(<-ends).cmd.Process.Kill() // of one that has ended, an error that means nothing
	}
	return err
}

// carry has one launch of so many messages checked whole.
func carry(ctx context.Context, spec transports.Spec, workload string, size int) error {
	return launch(ctx, bench.Plan{Workloads: []string{workload}, Sizes: []int{size}, Messages: 2000, Warmup: bench.Warmup{Messages: 100}}, spec)
}

// carryFor has one that lasts.
func carryFor(ctx context.Context, spec transports.Spec) error {
	return launch(ctx, bench.Plan{Workloads: []string{"latency"}, Sizes: []int{64}, Time: 100 * time.Millisecond, Warmup: bench.Warmup{Time: 10 * time.Millisecond}}, spec)
}

func launch(ctx context.Context, p bench.Plan, spec transports.Spec) error {
	p.Specs, p.Placements, p.Launches, p.Verify, p.Timeout = []transports.Spec{spec}, []string{"free"}, 1, bench.VerifyAll, checkTimeout
	cells, err := p.Cells(ctx)
	if err != nil {
		return err
	}
	launches, err := p.Run(ctx, cells, func(results.Launch) error { return nil })
	if err != nil {
		return err
	}
	for _, l := range launches {
		if l.Status != results.OK {
			return errors.New(l.Reason)
		}
	}
	return nil
}
