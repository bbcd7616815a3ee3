package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"

	"ipcbench/internal/folder"
	"ipcbench/results"
	"ipcbench/results/charts"
	"ipcbench/results/profile"
	"ipcbench/results/store"
	"ipcbench/results/summary"
)

// printProfiles prints of each cell that was sampled where its time goes.
func printProfiles(out *console, w io.Writer, in *folder.Folder, run summary.Analysis) error {
	all, warnings, err := profile.Open(in, run.Schema)
	if err != nil {
		return err
	}
	for _, warning := range warnings {
		out.warn(warning)
	}
	return profile.Write(w, all, run.Cells, out.columns(w))
}

// justPrinted is the flag compare --profile without a directory.
const justPrinted = "-"

// openProfiles adds the profiles of a run to those of its side. Nobody has to wait for those
// in a store who did not ask for them.
func (c *comparer) openProfiles(run pastRun, to *[]profile.Profile) error {
	if c.profiles == "" && store.IsFetched(run.folder.Path()) {
		return nil
	}
	all, warnings, err := profile.Open(run.folder, run.Schema)
	for _, warning := range warnings {
		c.out.warn(warning)
	}
	*to = append(*to, all...)
	if err != nil && c.profiles == "" { // nobody asked for them
		c.out.warn(err.Error())
		return nil
	}
	return err
}

// writeProfiles prints what changed in profiles, and draws it, where that was asked for.
func (c *comparer) writeProfiles() error {
	if c.profiles == "" {
		return nil
	}
	err := profile.WriteChanges(c.out.stdout, c.changes, c.out.columns(c.out.stdout))
	if c.profiles == justPrinted || err != nil {
		return err
	}
	if err := os.MkdirAll(c.profiles, 0o755); err != nil {
		return fmt.Errorf("--profile: %w", err)
	}
	into, err := folder.Open(c.profiles)
	if err != nil {
		return fmt.Errorf("--profile: %w", err)
	}
	defer into.Close()
	var wrong []error
	for _, change := range c.changes {
		if f, has := charts.FlameOfChange(change.Old, change.New); has {
			wrong = append(wrong, into.Replace(results.ProfileFlame(change.New.Cell, results.OnCPU), func(w io.Writer) error { return f.WriteSVG(w, 0) }))
		}
	}
	return errors.Join(wrong...)
}
