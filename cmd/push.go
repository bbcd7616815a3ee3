package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"ipcbench/internal/quote"
	"ipcbench/results/store"
)

func newPush(out *console) *cobra.Command {
	p := pusher{out: out}
	return &cobra.Command{
		Use:        "push [RUN...] URL",
		SuggestFor: []string{"upload", "send", "sync", "publish"},
		GroupID:    "read",
		Short:      "Send runs to a store that many hosts share",
		Long: `Sends runs to the store at a URL, to a bucket or a directory that many hosts write to,
and prints where each is. Without a RUN, all in results are sent, and of a directory
that holds runs, as that of an experiment, all of those. What is there already is not
sent again, so that the same command goes on where another was interrupted, or the
store was away. Nobody sees a run there before all of it has come.

Kept is what a run cannot be made again from without, its records and profiles; "ipcbench
report URL" makes the rest. "ipcbench run -o URL" sends a run as it ends, and "ipcbench experiment
-o URL" each of its own. Here URLs begin with
` + storeSchemes() + `; ipcbench-fleet knows s3://, gs:// and azblob:// too.`,
		Example: `  ipcbench push file:///srv/runs/night
  ipcbench push latest base file:///srv/runs/night
  ipcbench report file:///srv/runs/night/latest`,
		RunE: func(cmd *cobra.Command, words []string) error { return p.run(cmd.Context(), words) },
	}
}

// A pusher carries out the command push.
type pusher struct{ out *console }

func (p *pusher) run(ctx context.Context, words []string) error {
	if len(words) == 0 || !store.IsURL(words[len(words)-1]) {
		return usagef("push: no URL is given: name the store at the end, as %s", "file:///srv/runs")
	}
	last := len(words) - 1
	paths, err := p.toSend(words[:last])
	if err != nil {
		return usage(fmt.Errorf("push: %w", err))
	}
	s, err := store.Open(ctx, words[last])
	if err != nil {
		return usage(fmt.Errorf("push: %w", err))
	}
	defer s.Close()
	var wrong []error
	there := 0
	for _, path := range paths {
		sent, err := s.Push(ctx, path)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("push %s: %w", path, err))
		}
		if away := new(store.Away); errors.As(err, &away) {
			wrong = append(wrong, fmt.Errorf("what was not sent is kept, %d of %d runs: push again, and only what is missing is sent", len(paths)-there, len(paths)))
			break
		}
		if err == nil {
			there++
			fmt.Fprintln(p.out.stdout, quote.Line(sent.URL))
		}
	}
	return errors.Join(wrong...)
}

// toSend are the run directories that words mean, or all that were made here.
func (p *pusher) toSend(words []string) (paths []string, err error) {
	if len(words) == 0 {
		words = []string{p.out.localParent()}
	}
	for _, word := range words {
		if store.IsURL(word) {
			return nil, fmt.Errorf("%s is in a store already: name runs that are here, and one URL", word)
		}
		more, err := runsOf(p.out, word, store.Profiles)
		if err != nil {
			return nil, err
		}
		paths = append(paths, more...)
	}
	return paths, nil
}
