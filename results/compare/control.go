package compare

import (
	"fmt"
	"math"
	"slices"

	"ipcbench/results"
)

// control compares the floors of the two sides. Parts of the same runs shared
// the machine, turn by turn, and need none.
func (c *contest) control(replicate string) {
	if names(c.old.runs) == names(c.new.runs) {
		return
	}
	for _, floor := range floors(c.new.runs) {
		old, new := samples(c.old.runs, floor, replicate), samples(c.new.runs, floor, replicate)
		if len(old) == 0 || len(new) == 0 {
			continue
		}
		c.controls = append(c.controls, Control{
			Floor: floor, NewValue: c.new.value, Old: results.Median(old), New: results.Median(new), Effect: effectOf(old, new, replicate),
		})
	}
}

// floors returns the runs' floors, each once.
func floors(runs []Run) []results.Floor {
	var list []results.Floor
	for _, run := range runs {
		for _, floor := range run.Floors {
			if !slices.ContainsFunc(list, floorLike(floor)) {
				list = append(list, results.Floor{Name: floor.Name, SizeBytes: floor.SizeBytes, CPUs: floor.CPUs, Doc: floor.Doc})
			}
		}
	}
	return list
}

func floorLike(a results.Floor) func(results.Floor) bool {
	return func(b results.Floor) bool {
		return a.Name == b.Name && a.SizeBytes == b.SizeBytes && slices.Equal(a.CPUs, b.CPUs)
	}
}

// samples returns what a floor was over the runs, one value a sample or, where
// runs are the replicates, the median of each.
func samples(runs []Run, floor results.Floor, replicate string) []float64 {
	var values []float64
	for _, run := range runs {
		i := slices.IndexFunc(run.Floors, floorLike(floor))
		if i < 0 || len(run.Floors[i].Samples) == 0 {
			continue
		}
		var ofRun []float64
		for _, sample := range run.Floors[i].Samples {
			ofRun = append(ofRun, sample.NS)
		}
		if replicate == byRun {
			ofRun = []float64{results.Median(ofRun)}
		}
		values = append(values, ofRun...)
	}
	return values
}

// concerning returns the controls that say something of a row's cell. To counts
// they say nothing.
func concerning(controls []Control, row Row) []Control {
	if !row.metric().TellsTime() {
		return nil
	}
	var taken []results.Floor
	for _, c := range controls {
		taken = append(taken, c.Floor)
	}
	var list []Control
	for _, c := range controls {
		if c.Concerns(row.Cell, taken) {
			list = append(list, c)
		}
	}
	return list
}

// suspect returns the control that moved most among those that may be behind
// the row's change: it certainly moved, to the same side, and its interval
// reaches as far as the row's change.
func (r Row) suspect() (Control, bool) {
	slowdown := r.slowdown()
	var most Control
	for _, c := range r.controls {
		slower := c.Lo > 0 && slowdown > 0 && c.Hi >= slowdown
		faster := c.Hi < 0 && slowdown < 0 && c.Lo <= slowdown
		if (slower || faster) && math.Abs(c.Change) > math.Abs(most.Change) {
			most = c
		}
	}
	return most, most.Name != ""
}

// slowdown returns the row's change as one of the time a message takes: that of
// a rate is its reciprocal's.
func (r Row) slowdown() float64 {
	if r.metric().More {
		return 1/(1+r.Change) - 1
	}
	return r.Change
}

// sentence says what the control did: "the cache-line round trip between CPUs 0
// and 1 became 12 % slower too".
func (c Control) sentence() string {
	way := "slower"
	if c.Change < 0 {
		way = "faster"
	}
	return fmt.Sprintf("%s became %s %s too", c.What(), results.FormatPercent(c.Change), way)
}
