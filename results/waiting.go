package results

import (
	"slices"
)

// A Way is what an end does while it has to wait, as far as that decides on how
// a transport may be compared: between two transports that wait alike the
// difference is the mechanism, and otherwise it is mostly the waiting. It is
// declared by the transport, on the value of its option, and kept in every
// record.
type Way string

// The ways of waiting that are known here, as transports declare them.
const (
	Sleeps     Way = "sleep"
	Polls      Way = "poll"
	Epolls     Way = "epoll"
	SpinSleeps Way = "spin-sleep"
	Yields     Way = "yield"
	Spins      Way = "spin"
	Parks      Way = "park"
	UnknownWay Way = "" // it never waits, or the record does not say
)

// ways are in the order of tables: those that cost least CPU time first.
var ways = []struct {
	way   Way
	words string
	looks bool // a waiting end looks for itself, at least at first
	woken bool // a waiting end gives its CPU up and is woken, at least in the end
}{
	{Sleeps, "sleeps in the kernel", false, true},
	{Polls, "sleeps in poll(2), then calls", false, true},
	{Epolls, "sleeps in epoll_wait(2), then calls", false, true},
	{Parks, "parks in the Go runtime", false, true},
	{SpinSleeps, "spins for a while, then sleeps", true, true},
	{Yields, "gives way and looks again", true, false},
	{Spins, "spins", true, false},
}

// Way returns the cell's way of waiting.
func (c Cell) Way() Way { return Way(c.Waits) }

// String says the way in words. One that is not known here goes by its name.
func (w Way) String() string {
	if i := w.place(); i < len(ways) {
		return ways[i].words
	}
	return string(w)
}

// Looks says whether an end that waits so looks for itself, at least at first:
// what reaches it then does so by a cache line.
func (w Way) Looks() bool {
	i := w.place()
	return i < len(ways) && ways[i].looks
}

// Woken says whether an end that waits so gives its CPU up and has to be woken,
// at least in the end.
func (w Way) Woken() bool {
	i := w.place()
	return i < len(ways) && ways[i].woken
}

// Busy says whether an end that waits so keeps its CPU.
func (w Way) Busy() bool { return w.Looks() && !w.Woken() }

func (w Way) place() int {
	for i, known := range ways {
		if known.way == w {
			return i
		}
	}
	return len(ways)
}

// Ways lists the known ones, those that cost least CPU time first.
func Ways() []Way {
	var all []Way
	for _, known := range ways {
		all = append(all, known.way)
	}
	return all
}

// CompareWays orders ways as Ways does; others follow by name.
func CompareWays(a, b Way) int { return compareNames(Ways(), a, b) }

// compareNames orders names as they are listed; others follow by name.
func compareNames[T ~string](listed []T, a, b T) int {
	place := func(name T) int {
		if i := slices.Index(listed, name); i >= 0 {
			return i
		}
		return len(listed)
	}
	if x, y := place(a), place(b); x != y {
		return x - y
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
