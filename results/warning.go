package results

import (
	"fmt"
	"slices"
	"strconv"
)

// A Warning is something that a reader of a number should know. A record keeps
// its values; words are made of them when it is shown.
type Warning struct {
	ID     string         `json:"id"`               // of its [Caution]
	Values map[string]any `json:"values,omitempty"` // by name: numbers in the unit that the name ends in, texts
}

// A Caution is a kind of warning.
type Caution struct {
	ID    string
	Words func(Warning) string // one line, with what to do about it
	Brief func(Warning) string // the same for many rows, without what only one of them has; nil: Words

	OfMachine bool // it is about the whole machine, and said once for all rows that it concerns
}

var cautions = map[string]Caution{}

// Cautions makes a kind of warning known, and returns it: whoever finds such
// declares it beside what finds it. It panics on an ID that is taken.
func Cautions(c Caution) Caution {
	if _, taken := cautions[c.ID]; taken || c.ID == "" {
		panic(fmt.Sprintf("results: the warning %q is declared twice, or has no ID", c.ID))
	}
	cautions[c.ID] = c
	return c
}

// With is a warning of this kind with these values: names and values in turn.
func (c Caution) With(values ...any) Warning {
	w := Warning{ID: c.ID}
	for i := 0; i+1 < len(values); i += 2 {
		if w.Values == nil {
			w.Values = map[string]any{}
		}
		w.Values[values[i].(string)] = values[i+1]
	}
	return w
}

// String says the warning in words. One of a kind that this version does not
// know is its ID and values.
func (w Warning) String() string {
	if c, known := cautions[w.ID]; known {
		return c.Words(w)
	}
	if len(w.Values) == 0 {
		return w.ID
	}
	return fmt.Sprintf("%s %v", w.ID, w.Values)
}

// Brief says it without what only one row has.
func (w Warning) Brief() string {
	if c, known := cautions[w.ID]; known && c.Brief != nil {
		return c.Brief(w)
	}
	return w.String()
}

// OfMachine says whether it is about the whole machine, whichever row it is told of.
func (w Warning) OfMachine() bool { return cautions[w.ID].OfMachine }

// Text is the value of that name as text, "" where there is none.
func (w Warning) Text(name string) string {
	switch value := w.Values[name].(type) {
	case nil:
		return ""
	case string:
		return value
	case float64: // also of a whole number that was read from JSON
		return strconv.FormatFloat(value, 'f', -1, 64)
	default:
		return fmt.Sprint(value)
	}
}

// Number is the value of that name as a number, 0 where there is none.
func (w Warning) Number(name string) float64 {
	switch value := w.Values[name].(type) {
	case float64:
		return value
	case int:
		return float64(value)
	case int64:
		return float64(value)
	}
	return 0
}

// Told is a warning of which only the words are known, as older records keep
// them and errors have them.
var Told = Cautions(Caution{ID: "told", Words: func(w Warning) string { return w.Text("text") }})

// AppendOnce appends those of more that say something new.
func AppendOnce(warnings []Warning, more ...Warning) []Warning {
	for _, w := range more {
		text := w.String()
		if !slices.ContainsFunc(warnings, func(other Warning) bool { return other.String() == text }) {
			warnings = append(warnings, w)
		}
	}
	return warnings
}

// The warnings that records keep, because they follow from nothing else in them.
var (
	// SharedTable is of workers whose threads share one table of descriptors.
	SharedTable = Cautions(Caution{ID: "shared-table", Words: func(w Warning) string {
		return "the threads of a worker share one table of descriptors, which makes each system call some 30 ns dearer (" + w.Text("why") +
			"): allow unshare or close_range in the seccomp filter"
	}})
	// Allocated is of a worker in which the Go runtime was not still.
	Allocated = Cautions(Caution{ID: "allocated", Words: func(w Warning) string {
		return fmt.Sprintf("the %s made %s heap allocations and %s garbage collections while it was measured", w.Text("side"), w.Text("mallocs"), w.Text("gcs"))
	}, Brief: func(w Warning) string {
		return "the " + w.Text("side") + " made heap allocations while it was measured"
	}})
	// NotAlone is of a run on CPUs on which another run measured when it began.
	NotAlone = Cautions(Caution{ID: "not-alone", Words: func(w Warning) string {
		return another(w) + " measures on CPU " + w.Text("cpus") + " as well: both disturb each other: wait for its end, or give other CPUs (-p)"
	}})
	// Joined is of a run on CPUs on which another began to measure before it had ended.
	Joined = Cautions(Caution{ID: "joined", Words: func(w Warning) string {
		return another(w) + " began to measure on CPU " + w.Text("cpus") + " before this run had ended: both disturbed each other: measure again, one after the other or on other CPUs (-p)"
	}})
	// FloorUnknown is of a floor that could not be taken at some time.
	FloorUnknown = Cautions(Caution{ID: "floor-unknown", Words: func(w Warning) string {
		return "a floor is not known throughout: " + w.Text("error")
	}})
)

// another names the run that a warning is about.
func another(w Warning) string {
	if pid := w.Text("pid"); pid != "0" {
		return "another ipcbench (process " + pid + ")"
	}
	return "another ipcbench"
}
