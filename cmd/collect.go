package cmd

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"ipcbench/results/fleet"
	"ipcbench/results/table"
)

func newCollect(out *console) *cobra.Command {
	c := collector{out: out}
	cmd := &cobra.Command{
		Use:        "collect [DIR...] [flags]",
		SuggestFor: []string{"index", "gather", "fleet"},
		GroupID:    "read",
		Short:      "An index of many hosts' runs, to be compared by what they say",
		Long: `Adds to an index the runs in directories, at any depth, that it does not have yet. Each
run is read once: where nothing is new, thousands take a moment. A run that has not
ended is left for the next time. It can be interrupted at any time, and what it has
stays.

A run's host is its label host (run --label host=NAME) or else the folder that it
lies in. What changed, on all hosts and on which alone, is asked by
"ipcbench compare --old KEY=VALUE --new KEY=VALUE ` + fleet.IndexFile + `".`,
		Example: `  ipcbench collect night
  ipcbench collect --index berlin.jsonl /srv/runs/berlin
  ipcbench compare --old kernel=6.12 --new kernel=6.18 ` + fleet.IndexFile,
		RunE: func(cmd *cobra.Command, dirs []string) error { return c.run(cmd.Context(), dirs) },
	}
	cmd.Flags().StringVar(&c.index, "index", fleet.IndexFile, "the index, a `file` that is made or added to")
	return cmd
}

// A collector carries out the command collect.
type collector struct {
	out   *console
	index string
}

func (c *collector) run(ctx context.Context, dirs []string) error {
	sources, err := sourcesOf(c.out, dirs)
	if err != nil {
		return usage(err)
	}
	so, err := fleet.Collect(ctx, c.index, sources, c.told())
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

// sourcesOf are directories, as people name them: where runs are made if they name none.
func sourcesOf(out *console, dirs []string) ([]fleet.Source, error) {
	if len(dirs) == 0 {
		dirs = []string{out.parent()}
	}
	var sources []fleet.Source
	for _, dir := range dirs {
		if !isDir(dir) {
			return nil, fmt.Errorf("runs are looked for in %s, which is no directory: name one that has runs in it", dir)
		}
		sources = append(sources, fleet.Directory(dir))
	}
	return sources, nil
}

// told shows on a terminal how far it is.
func (c *collector) told() func(fleet.Collected) {
	if !c.out.terminal(c.out.stderr) {
		return nil
	}
	var last time.Time
	return func(so fleet.Collected) {
		const often = 200 * time.Millisecond
		if time.Since(last) < often {
			return
		}
		last = time.Now()
		fmt.Fprintf(c.out.stderr, "\r\x1b[K%s", table.Cut(fmt.Sprintf("%s read, %d known", numbered(so.Added, "run"), so.Known), c.out.columns(c.out.stderr)-1))
	}
}

// clear takes away a line that is rewritten.
func (c *console) clear() {
	if c.terminal(c.stderr) {
		fmt.Fprint(c.stderr, "\r\x1b[K")
	}
}

func numbered(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
