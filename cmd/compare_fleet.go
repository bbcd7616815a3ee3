package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"ipcbench/results/charts"
	"ipcbench/results/fleet"
	"ipcbench/results/report"
	"ipcbench/results/store"
)

// asksForFleet says whether the sides are no runs but conditions, on runs that are somewhere.
func (c *comparer) asksForFleet(paths []string) bool {
	isCondition := func(word string) bool { return strings.Contains(word, "=") }
	return len(paths) > 0 && len(c.old) > 0 && len(c.new) > 0 && !slices.ContainsFunc(slices.Concat(c.old, c.new), func(word string) bool { return !isCondition(word) })
}

// runFleet compares runs of many hosts, of an index, of directories or of stores.
func (c *comparer) runFleet(ctx context.Context, paths []string) error {
	comparison, err := c.compareFleet(ctx, paths)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return usage(err)
	}
	exports := c.fleetExports()
	if err := exports.open(c.out.stdout); err != nil {
		return usage(err)
	}
	err = exports.write(comparison)
	if !exports.onStdout() {
		err = errors.Join(err, fleet.WriteText(fitter{c.out.stdout}, comparison, c.out.columns(c.out.stdout), c.out.paintVerdictOn(c.out.stdout)))
	}
	return cmp.Or(err, c.judge(comparison.Gate))
}

func (c *comparer) compareFleet(ctx context.Context, paths []string) (fleet.Comparison, error) {
	for _, flag := range []struct {
		name string
		set  bool
	}{{"--by", c.by != ""}, {"--force", c.options.Force}, {"--allow-missing", c.options.AllowMissing}} {
		if flag.set {
			return fleet.Comparison{}, fmt.Errorf("%s: it is for single runs, and --old and --new select those of many hosts", flag.name)
		}
	}
	if !(c.options.Alpha > 0 && c.options.Alpha <= 0.05) {
		return fleet.Comparison{}, fmt.Errorf("--alpha %g: it is a chance above 0 and at most 0.05", c.options.Alpha)
	}
	if err := c.checkChart(); err != nil {
		return fleet.Comparison{}, err
	}
	old, err := fleet.ParseSelection(strings.Join(c.old, " "))
	if err != nil {
		return fleet.Comparison{}, fmt.Errorf("--old: %w", err)
	}
	new, err := fleet.ParseSelection(strings.Join(c.new, " "))
	if err != nil {
		return fleet.Comparison{}, fmt.Errorf("--new: %w", err)
	}
	index, err := c.readFleet(ctx, paths, fleet.Sides(old, new))
	if err != nil {
		return fleet.Comparison{}, err
	}
	return fleet.Compare(index, old, new, fleet.Options{Metrics: c.options.Metrics, Alpha: c.options.Alpha, Same: c.options.Same, Threshold: c.options.Threshold})
}

// readFleet reads an index, or the runs of directories and stores.
func (c *comparer) readFleet(ctx context.Context, paths []string, take func(*fleet.Run) bool) (*fleet.Index, error) {
	if len(paths) == 1 && !isDir(paths[0]) && !store.IsURL(paths[0]) {
		return fleet.OpenIndex(paths[0], take)
	}
	sources, done, err := sourcesOf(c.out, paths)
	if err != nil {
		return nil, err
	}
	defer done()
	index, so, err := fleet.Read(ctx, sources, take, c.out.collected())
	c.out.clear()
	for _, left := range so.Left {
		c.out.warn("left out: " + left)
	}
	if err == nil && so.Added+so.Known == 0 {
		err = fmt.Errorf("compare: there is no run in %s: name directories or stores that have some, or an index", strings.Join(paths, ", "))
	}
	return index, err
}

// fleetExports are the forms that were asked for, of a fleet.
func (c *comparer) fleetExports() exports[fleet.Comparison] {
	forms := map[string]func(io.Writer, fleet.Comparison) error{
		"markdown": fleet.WriteMarkdown, "json": fleet.WriteJSON, "csv": fleet.WriteCSV, "html": report.WriteFleet,
		"chart": func(w io.Writer, all fleet.Comparison) error {
			return writePicture(w, charts.Fleet(all), filepath.Ext(c.chart.path))
		},
	}
	var all exports[fleet.Comparison]
	for _, x := range c.exports.all {
		all.all = append(all.all, &output[fleet.Comparison]{flag: x.flag, path: x.path, write: forms[x.flag]})
	}
	return all
}
