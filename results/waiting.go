package results

// A Way is what an end does while it has to wait, as far as that decides on how
// a transport may be compared: between two transports that wait alike the
// difference is the mechanism, and otherwise it is mostly the waiting.
type Way string

// The ways of waiting.
const (
	SleepsInCall Way = "sleeps in the kernel"
	PollsFirst   Way = "sleeps in poll(2), then calls"
	EpollsFirst  Way = "sleeps in epoll_wait(2), then calls"
	SpinsFirst   Way = "spins for a while, then sleeps"
	YieldsCPU    Way = "gives way and looks again"
	SpinsOn      Way = "spins"
	ParksInGo    Way = "parks in the Go runtime"
	UnknownWay   Way = "" // it has none, or the record is older than the field that says which
)

// Ways lists the known ones, those that cost least CPU time first.
var Ways = []Way{SleepsInCall, PollsFirst, EpollsFirst, ParksInGo, SpinsFirst, YieldsCPU, SpinsOn}

// waysByName are the values of the option wait.
var waysByName = map[string]Way{
	"block": SleepsInCall, "futex": SleepsInCall, "eventfd": SleepsInCall, "inotify": SleepsInCall, "sigwait": SleepsInCall,
	"poll": PollsFirst, "epoll": EpollsFirst, "hybrid": SpinsFirst, "yield": YieldsCPU, "spin": SpinsOn, "go": ParksInGo,
}

// Waits returns the cell's way of waiting. A value of the option that is not
// known here is a way of its own.
func (c Cell) Waits() Way {
	switch {
	case c.Kind == "floor":
		return UnknownWay
	case c.Wait == "" && (c.Kind == "memory" || c.Kind == "file" || c.Kind == ""):
		return UnknownWay // these have the option: a record without it is an old one
	case c.Wait == "":
		return SleepsInCall // a transport without the option sleeps
	case c.Kind == "file" && c.Wait == "poll":
		return SpinsOn // poll(2) always finds a file ready: this reads again and again
	}
	if way, known := waysByName[c.Wait]; known {
		return way
	}
	return Way("wait=" + c.Wait)
}

// CompareWays orders ways as Ways does; others follow by name.
func CompareWays(a, b Way) int {
	var known []string
	for _, way := range Ways {
		known = append(known, string(way))
	}
	return compareNames(known, string(a), string(b))
}
