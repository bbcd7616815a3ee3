// Package workload holds what is measured, each in a file of its own: what the
// two ends of a pair do, what of it is timed, and what follows from that. What
// its numbers are called and how they are shown is in package results, under the
// same name, because a run can be read where nothing is measured.
//
// A package of another module adds one by a [Register] in an init function.
//
// It knows messages, stamps and counts. It must not know how a process is
// started, where it runs, or how a transport works.
package workload

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/transports"
)

// A Workload is what the two ends of a pair do and what follows from it.
type Workload struct {
	// Name is the word a user types, under which results.RegisterWorkload
	// describes the workload.
	Name string

	// Producer and Consumer are what the ends do, each in a process of its own.
	// They begin together. What an end returns is why the launch failed.
	Producer, Consumer func(*End) error
	// Solo is what a transport whose two ends are one does; nil: the workload
	// cannot be measured with those.
	Solo func(*End) error

	// Looped is what either does where another program exchanges the messages; nil:
	// no program is known that could, see [Program].
	Looped func(*End) error

	// FanIn and FanOut are what they do where several producers send to one
	// consumer, or one to several; zero: the workload is of pairs alone.
	FanIn, FanOut Ends

	// Driver, where not nil, is the driver's half: what it does before, while
	// and after the ends measure. Those without one are started and let go.
	Driver func(*Driver) error

	// Axes are the columns of those dimensions that it has beside what every cell
	// has: [results.RateColumn].
	Axes []string
	// Shared, where not nil, is how many bytes of zeroed memory both ends have in
	// common beside the link; End.share maps it.
	Shared func(Task) int
	// InTurn has the ends open one after the other, because what that takes is
	// measured.
	InTurn bool

	// Counts is the side whose messages and time are the launch's: for
	// whichever it matters that a message is over.
	Counts transports.Side
	// Account, where not nil, works out those metrics that are neither
	// quantiles of a histogram nor set by one end alone. The launch has all the
	// rest by then; pairs are what the ends reported.
	Account func(l *results.Launch, pairs []Group) error
}

// Ends are what the ends do where one is shared by several of the other side.
type Ends struct{ Producer, Consumer func(*End) error }

// part picks what an end of that side does.
func (s Ends) part(side transports.Side) func(*End) error {
	if side == transports.Producer {
		return s.Producer
	}
	return s.Consumer
}

// registered are all there are.
var registered []Workload

// Register makes a workload known. It is called from an init function, after
// results.RegisterWorkload, and panics on one that is not described, is known
// already, or has nothing to do.
func Register(w Workload) {
	described := slices.ContainsFunc(results.Workloads(), func(d results.Workload) bool { return d.Name == w.Name })
	_, err := Lookup(w.Name)
	lacks := func(column string, ends Ends) bool {
		return slices.Contains(w.Axes, column) && (ends.Producer == nil || ends.Consumer == nil)
	}
	if !described || err == nil || w.Producer == nil || w.Consumer == nil || lacks(results.FanInColumn, w.FanIn) || lacks(results.FanOutColumn, w.FanOut) {
		panic(fmt.Sprintf("workload: %q is not described to package results, is registered twice, or has not all ends", w.Name))
	}
	registered = append(registered, w)
}

// All lists what can be measured, in the order of tables.
func All() []Workload {
	return slices.SortedStableFunc(slices.Values(registered), func(a, b Workload) int { return cmp.Compare(place(a), place(b)) })
}

func place(w Workload) int {
	return slices.IndexFunc(results.Workloads(), func(d results.Workload) bool { return d.Name == w.Name })
}

// Lookup returns the workload of that name. The error says which there are.
func Lookup(name string) (Workload, error) {
	var known []string
	for _, w := range All() {
		if w.Name == name {
			return w, nil
		}
		known = append(known, w.Name)
	}
	return Workload{}, fmt.Errorf("no workload is called %q: there are %s", name, strings.Join(known, ", "))
}

// Takes says whether the workload has the dimension of that column.
func (w Workload) Takes(column string) bool { return slices.Contains(w.Axes, column) }

// part picks what this end does.
func (w Workload) part(e *End) func(*End) error {
	switch {
	case e.Spec.Caps().Has(transports.OwnLoop):
		return w.Looped
	case e.FanIn > 0:
		return w.FanIn.part(e.Side)
	case e.FanOut > 0:
		return w.FanOut.part(e.Side)
	case e.Spec.Caps().Has(transports.OneProcess):
		return w.Solo
	case e.Side == transports.Producer:
		return w.Producer
	}
	return w.Consumer
}
