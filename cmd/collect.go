package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"ipcbench/results/fleet"
)

func newCollect(out *console) *cobra.Command {
	c := collector{out: out}
	cmd := &cobra.Command{
		Use:        "collect [DIR|URL...] [flags]",
		SuggestFor: []string{"index", "gather", "fleet"},
		GroupID:    "read",
		Short:      "An index of many hosts' runs, to be compared by what they say",
		Long: `Adds to an index the runs in directories, at any depth, and in stores ("ipcbench push")
that it does not have yet. Each run is read once: where nothing is new, thousands take
a moment. A run that has not ended is left for the next time. It can be interrupted at
any time, and what it has stays.

A run's host is its label host (run --label host=NAME) or else the folder that it
lies in. What changed, on all hosts and on which alone, is asked by
"ipcbench compare --old KEY=VALUE --new KEY=VALUE ` + fleet.IndexFile + `".`,
		Example: `  ipcbench collect night
  ipcbench collect --index berlin.jsonl /srv/runs/berlin
  ipcbench collect file:///srv/night
  ipcbench compare --old kernel=6.12 --new kernel=6.18 ` + fleet.IndexFile,
		RunE: func(cmd *cobra.Command, places []string) error { return c.run(cmd.Context(), places) },
	}
	cmd.Flags().StringVar(&c.index, "index", fleet.IndexFile, "the index, a `file` that is made or added to")
	return cmd
}

// A collector carries out the command collect.
type collector struct {
	out   *console
	index string
}

func (c *collector) run(ctx context.Context, places []string) error {
	sources, done, err := sourcesOf(c.out, places)
	if err != nil {
		return usage(err)
	}
	defer done()
	so, err := fleet.Collect(ctx, c.index, sources, c.out.collected())
	c.out.clear()
	for _, left := range so.Left {
		c.out.warn("left out: " + left)
	}
	if so.Unfinished > 0 {
		c.out.note(fmt.Sprintf("%s under way, or killed: left for the next time", numbered(so.Unfinished, "run")))
	}
	if err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	fmt.Fprintf(c.out.stdout, "%s: %s added, %d were known\n", c.index, numbered(so.Added, "run"), so.Known)
	return nil
}

func numbered(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
