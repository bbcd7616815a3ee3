package results

import (
	"encoding/json"
	"slices"
)

// launch1 is a launch as schema 1 kept it: what its transport now declares was
// guessed from names, and warnings were prose.
type launch1 struct {
	Launch
	Warnings []string `json:"warnings"`
	RTTHist  string   `json:"rtt_hist"`
}

func readLaunch1(line []byte) (Launch, error) {
	var old launch1
	if err := json.Unmarshal(line, &old); err != nil {
		return Launch{}, plainly(err)
	}
	launch := old.Launch
	launch.Warnings = told(old.Warnings)
	if old.RTTHist != "" {
		launch.Histograms = map[string]string{RoundTrips: old.RTTHist}
	}
	launch.Group, launch.Waits = group1(launch.Cell), string(way1(launch.Cell))
	return launch, nil
}

// run1 is the same for run.json.
type run1 struct {
	Run
	Warnings []string `json:"warnings"`
}

func told(texts []string) []Warning {
	var warnings []Warning
	for _, text := range texts {
		warnings = append(warnings, Told.With("text", text))
	}
	return warnings
}

// groups1 are the groups of the transports that there were.
var groups1 = []struct {
	name     string
	families []string
	kind     string // of transports that are not named here
}{
	{"Shared memory", nil, "memory"},
	{"Pipes", []string{"pipe", "fifo", "vmsplice"}, ""},
	{"Sockets", []string{"unix", "tcp", "udp", "vsock", "sockmap"}, ""},
	{"Message queues", []string{"mq", "sysvmsg"}, "queue"},
	{"Notification", []string{"eventfd", "signal", "futex"}, "notification"},
	{"Copied by the kernel", nil, "direct"},
	{"io_uring", []string{"uring", "msgring"}, ""},
	{"Files", []string{"file", "log"}, "file"},
	{"Other streams", nil, "stream"},
	{"Other datagrams", nil, "datagram"},
	{"Floors", nil, "floor"},
}

func group1(c Cell) string {
	for _, g := range groups1 {
		if slices.Contains(g.families, c.Family) {
			return g.name
		}
	}
	for _, g := range groups1 {
		if g.kind != "" && g.kind == c.Kind {
			return g.name
		}
	}
	return "Others"
}

// ways1 are the values that the option wait had.
var ways1 = map[string]Way{
	"block": Sleeps, "futex": Sleeps, "eventfd": Sleeps, "inotify": Sleeps, "sigwait": Sleeps,
	"poll": Polls, "epoll": Epolls, "hybrid": SpinSleeps, "yield": Yields, "spin": Spins, "go": Parks,
}

// way1 is what a cell's way of waiting was. A value of the option that is not
// known is a way of its own.
func way1(c Cell) Way {
	switch {
	case c.Kind == "floor":
		return UnknownWay
	case c.Wait == "" && (c.Kind == "memory" || c.Kind == "file" || c.Kind == ""):
		return UnknownWay // these have the option: a record without it is an older one still
	case c.Wait == "":
		return Sleeps // a transport without the option sleeps
	case c.Kind == "file" && c.Wait == "poll":
		return Spins // poll(2) always finds a file ready: this reads again and again
	}
	if way, known := ways1[c.Wait]; known {
		return way
	}
	return Way("wait=" + c.Wait)
}
