package report

import (
	"bytes"
	"errors"
	"html/template"
	"io"
	"slices"

	"ipcbench/internal/folder"
	"ipcbench/results"
	"ipcbench/results/charts"
	"ipcbench/results/profile"
	"ipcbench/results/report/page"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// A profiled is what a page has of a cell's profile, folded until it is asked for.
type profiled struct {
	Name      string
	Sentence  string
	Beside    string // what sampling cost, and where its clocks do not agree
	Ends      page.Table
	Functions page.Table
	Flames    []page.Figure
}

// profiles are those of a run, on its page.
type profiles struct {
	All     []profiled
	Reasons []string // why something is missing
}

// Reading says how they are to be read.
func (profiles) Reading() string { return profile.Definitions }

// mostFlameBytes is how much of flame graphs a page has at most. Where they would be
// more, the smaller functions are not drawn, from so small a share on.
const mostFlameBytes = 900_000

var flameDetails = []float64{0.003, 0.01, 0.02, 0.03, 0.05, 0.1}

func profilesOf(run summary.Analysis, all []profile.Profile) (profiles, error) {
	p := profiles{Reasons: profile.Reasons(all)}
	all = slices.DeleteFunc(slices.Clone(all), func(p profile.Profile) bool { return len(p.Launches) == 0 })
	flames := make([][]flame, len(all))
	for i, of := range all {
		flames[i] = flamesOf(of)
	}
	drawn, err := drawFlames(flames)
	if err != nil {
		return p, err
	}
	for i, of := range all {
		shown := profiled{
			Name: of.Describe(" "), Sentence: of.Sentence(), Beside: of.Beside(run.Cells),
			Ends: page.TableOf(titled("Each end: "+of.Describe(" "), of.Table())), Functions: page.TableOf(titled("Functions: "+of.Describe(" "), of.Functions(mostFunctions))),
			Flames: drawn[i],
		}
		p.All = append(p.All, shown)
	}
	return p, nil
}

// mostFunctions is how many a page has of a cell.
const mostFunctions = 10

func titled(title string, t table.Table) table.Table {
	t.Title = title
	return t
}

// A flame is one of a page, under an id.
type flame struct {
	charts.Flame
	id string
}

// flamesOf are those of a profile.
func flamesOf(p profile.Profile) (all []flame) {
	for _, kind := range []results.ProfileOf{results.OnCPU, results.OffCPU} {
		if f, has := charts.FlameOf(p, kind); has {
			all = append(all, flame{f, string(kind) + "-" + results.BenchName(p.Cell, true)})
		}
	}
	return all
}

// drawFlames draws those of each profile in the greatest detail for which there is room.
// Where there is room for none, they are beside the page alone.
func drawFlames(all [][]flame) ([][]page.Figure, error) {
	for _, least := range flameDetails {
		drawn, size := make([][]page.Figure, len(all)), 0
		for i, flames := range all {
			for _, f := range flames {
				var svg bytes.Buffer
				if err := f.WriteSVG(&svg, least); err != nil {
					return nil, err
				}
				size += svg.Len()
				drawn[i] = append(drawn[i], page.Figure{Name: f.id, Title: f.Title, SVG: template.HTML(svg.String())})
			}
		}
		if size <= mostFlameBytes {
			return drawn, nil
		}
	}
	return make([][]page.Figure, len(all)), nil
}

// A profiledChange is what a page has of a change in profiles, folded until it is asked for.
type profiledChange struct {
	Headline string
	Parts    page.Table
	Flames   []page.Figure // red and blue
}

func profiledChanges(all []profile.Change) ([]profiledChange, error) {
	flames := make([][]flame, len(all))
	for i, c := range all {
		if f, has := charts.FlameOfChange(c.Old, c.New); has {
			flames[i] = []flame{{f, "change-" + results.BenchName(c.New.Cell, true)}}
		}
	}
	drawn, err := drawFlames(flames)
	if err != nil {
		return nil, err
	}
	var shown []profiledChange
	for i, c := range all {
		shown = append(shown, profiledChange{c.Headline(), page.TableOf(titled("Where: "+c.New.Describe(" "), c.Table(mostFunctions))), drawn[i]})
	}
	return shown, nil
}

// writeFlames draws each profile in full beside it.
func writeFlames(dir *folder.Folder, all []profile.Profile) error {
	if len(all) == 0 {
		return nil
	}
	into, err := results.ProfilesIn(dir)
	if err != nil {
		return err
	}
	defer into.Close()
	var wrong []error
	for _, p := range all {
		for _, kind := range []results.ProfileOf{results.OnCPU, results.OffCPU} {
			if f, has := charts.FlameOf(p, kind); has {
				wrong = append(wrong, into.Replace(results.ProfileFlame(p.Cell, kind), func(w io.Writer) error { return f.WriteSVG(w, 0) }))
			}
		}
	}
	return errors.Join(wrong...)
}
