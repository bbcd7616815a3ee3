package summary

import (
	"fmt"

	"ipcbench/internal/doctor"
	"ipcbench/results"
)

// An Analysis is a run with all that follows from its records. It is worked out
// once and handed to whoever shows it.
type Analysis struct {
	results.Run
	Launches  []results.Launch
	Diagnosed []results.Launch // none of the launches: they explain those
	Cells     []Summary        // in reading order
	Asked     []results.Metric // percentiles beside those of every run, which launches and cells have where they can be told
	// Warnings are those about the run as a whole, in the place of what the
	// record of the run has: that, and what follows from the rest.
	Warnings []results.Warning
}

// Analyze works out what follows from a run's records.
func Analyze(run results.Run, launches, diagnosed []results.Launch) Analysis {
	asked := results.Percentiles(run.Plan.Percentiles, launches)
	launches = results.WithMetrics(Stratify(launches), asked)
	a := Analysis{Run: run, Launches: launches, Diagnosed: diagnosed, Cells: InReadingOrder(Of(launches, asked...)), Asked: asked}
	a.Warnings = append(a.Warnings, run.Warnings...)
	if run.Schema != 1 { // which kept in its records what is worked out here
		a.examine()
		a.Warnings = append(a.Warnings, notNarrow(a)...)
		a.Warnings = append(a.Warnings, Unsteady(run.Floors)...)
		a.Warnings = append(a.Warnings, toldOfStrata(launches)...)
		a.Warnings = append(a.Warnings, noEvents(diagnosed)...)
	}
	switch {
	case run.Status == results.RunInterrupted && run.Schema != 1:
		a.Warnings = append(a.Warnings, interrupted.With("launches", a.Made()))
	case run.Status == results.Running:
		a.Warnings = append(a.Warnings, notEnded.With("launches", a.Made()))
	}
	return a
}

// Made counts the launches that were made: a cell that cannot run has a record,
// and no launch.
func (a Analysis) Made() int {
	made := 0
	for _, l := range a.Launches {
		if l.Status != results.Skipped {
			made++
		}
	}
	return made
}

// Of runs that did not come to their end.
var (
	interrupted = results.Cautions(results.Caution{ID: "interrupted", Words: func(w results.Warning) string {
		return "the run was interrupted: of its launches, " + w.Text("launches") + " are here"
	}})
	notEnded = results.Cautions(results.Caution{ID: "not-ended", Words: func(w results.Warning) string {
		return "the run has not ended, or was killed: of its launches, " + w.Text("launches") + " are here"
	}})
)

// unfit is of a machine that is not fit to measure a cell on.
// Unfit is the ID of those.
const Unfit = "machine"

var unfit = results.Cautions(results.Caution{ID: Unfit, OfMachine: true, Words: func(w results.Warning) string {
	return w.Text("finding") + ": " + w.Text("remedy")
}})

// examine puts what is to be said of the machine before all else that is to be
// said of the cells that it concerns.
func (a *Analysis) examine() {
	findings := doctor.Examine(a.Host, nil)
	for i, s := range a.Cells {
		if s.Launches == 0 {
			continue
		}
		var all []results.Warning
		for _, f := range doctor.Concerning(findings, s.Cell) {
			all = append(all, unfit.With("finding", f.Finding, "remedy", f.Step()))
		}
		if s.Needs != "" && !s.Way().InRuntime() { // which says so itself
			all = append(all, unlike.With("needs", s.Needs))
		}
		if s.Pushed != "" {
			all = append(all, shortOf(a.Storage[s.Dir])...)
		}
		a.Cells[i].Warnings = results.AppendOnce(all, s.Warnings...)
	}
}

// unlike is of a transport that takes more of the Go runtime than the others: it
// is measured as a program that uses it would be.
var unlike = results.Cautions(results.Caution{ID: "own-runtime", Words: func(w results.Warning) string {
	return "measured as in a program that uses it, with what it takes of the Go runtime (" + w.Text("needs") + "): it counts as its own cost"
}})

// unexplained is of a launch that was to explain others and failed.
var unexplained = results.Cautions(results.Caution{ID: "why-failed", Words: func(w results.Warning) string {
	return fmt.Sprintf("%s: the launch with perf events failed: %s", w.Text("cell"), w.Text("reason"))
}})

func noEvents(diagnosed []results.Launch) []results.Warning {
	var warnings []results.Warning
	for _, l := range diagnosed {
		if l.Status != results.OK {
			warnings = append(warnings, unexplained.With("cell", l.Describe(" "), "reason", l.Reason))
		}
	}
	return warnings
}
