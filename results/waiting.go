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
	does  doing
	dash  int // its pattern in charts: each has one of its own, from 0 without a gap
}{
	{Sleeps, "sleeps in the kernel", isWoken, 0},
	{Polls, "sleeps in poll(2), then calls", isWoken, 2},
	{Epolls, "sleeps in epoll_wait(2), then calls", isWoken, 5},
	{Parks, "parks in the Go runtime", isWoken | inRuntime, 6},
	{SpinSleeps, "spins for a while, then sleeps", looks | isWoken, 3},
	{Yields, "gives way and looks again", looks, 4},
	{Spins, "spins", looks, 1},
}

// doing is what a waiting end does. Its transport declares the same; a test in
// transports/all holds that they agree.
type doing uint

const (
	looks     doing = 1 << iota // it looks for itself, at least at first: what reaches it does so by a cache line
	isWoken                     // it gives its CPU up and has to be woken, at least in the end
	inRuntime                   // the Go runtime's own threads wait for it, and count among what it costs
)

// Way returns the cell's way of waiting.
func (c Cell) Way() Way { return Way(c.Waits) }

// String says the way in words. One that is not known here goes by its name.
func (w Way) String() string {
	if i := w.place(); i < len(ways) {
		return ways[i].words
	}
	return string(w)
}

func (w Way) does(what doing) bool {
	i := w.place()
	return i < len(ways) && ways[i].does&what != 0
}

// Looks says whether an end that waits so looks for itself, at least at first.
func (w Way) Looks() bool { return w.does(looks) }

// Woken says whether an end that waits so gives its CPU up and has to be woken,
// at least in the end.
func (w Way) Woken() bool { return w.does(isWoken) }

// Busy says whether an end that waits so keeps its CPU.
func (w Way) Busy() bool { return w.Looks() && !w.Woken() }

// InRuntime says whether the Go runtime's own threads wait for such an end.
func (w Way) InRuntime() bool { return w.does(inRuntime) }

// Dash is the place of the way's pattern among those of charts. One that is not
// known here has that of the first.
func (w Way) Dash() int {
	if i := w.place(); i < len(ways) {
		return ways[i].dash
	}
	return 0
}

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
