package results

import (
	"cmp"
	"slices"
)

// A SetupStage is a part of what it takes to get going, or to stop.
type SetupStage struct {
	Name   string // as transports and the harness call it: "map"
	Words  string // in a chart: "map"
	Metric string // what it takes, in ns
	Faults string // the page faults that it meets
	Ending bool   // it is part of stopping, and not in SetupTotal
}

// The stages that the harness itself has, beside those of transports.
const (
	FirstMessageStage = "first_message"
	CloseStage        = "close"
	ReleaseStage      = "release"
)

// setupStages are all there are, in the order of time. Those that belong to an end
// are the mean of both ends.
var setupStages = named([]SetupStage{
	{Name: "create"},  // the driver makes what the ends share
	{Name: "extend"},  // gives its files their length and reserves the room
	{Name: "connect"}, // brings two sockets together (connect, accept)
	{Name: "open"},    // an end is made of its descriptors, all but what follows
	{Name: "map"},     // the call that maps memory
	{Name: "lock"},    // mlock2
	{Name: "touch"},   // its pages are faulted in
	{Name: FirstMessageStage, Words: "first message"}, // from its send to its receipt, both ends ready and the receiver waiting
	{Name: CloseStage, Ending: true},                  // an end closes
	{Name: ReleaseStage, Ending: true},                // the driver closes its copies
})

// named fills in what follows from the names.
func named(stages []SetupStage) []SetupStage {
	for i := range stages {
		s := &stages[i]
		s.Metric, s.Faults = StageNS(s.Name), "setup_"+s.Name+"_faults"
		s.Words = cmp.Or(s.Words, s.Name)
	}
	return stages
}

// SetupStages returns them.
func SetupStages() []SetupStage { return setupStages }

// StageNS is the metric of what a stage takes, in ns.
func StageNS(stage string) string { return "setup_" + stage + "_ns" }

// FirstMessage is that of the first message.
var FirstMessage = StageNS(FirstMessageStage)

// partsOfSetup are the metrics that SetupTotal is the sum of.
func partsOfSetup() []string {
	var parts []string
	for _, s := range setupStages {
		if !s.Ending {
			parts = append(parts, s.Metric)
		}
	}
	return parts
}

// Further metrics of setting up.
const (
	SetupTotal     = "setup_total_ns"          // all that is not ending
	SetupFaults    = "setup_faults"            // of all that is not ending, the first message left out
	SetupTouchPage = "setup_touch_per_page_ns" // touch, over the pages of the system's size that an end maps
	SetupFirstRTT  = "setup_first_rtt_ns"      // round trip of the first message, every byte of it checked
	SetupWarmRTT   = "setup_warm_rtt_ns"       // median of those after it, likewise
	SetupMap       = "setup_map_call_ns"       // mmap of a file of SetupPages pages
)

// SetupPages is of how many pages what a page costs is the mean.
const SetupPages = 256

// A PageWay is a way to a page of a file, as package bench/internal/pages has them.
type PageWay struct {
	Name  string // "touch"
	Words string // of a page: "touched in a mapping"
	Maps  bool   // by way of a mapping, where pages fault
}

var (
	pageWays = []PageWay{
		{"touch", "touched in a mapping", true}, {"populate", "populated (MADV_POPULATE_WRITE)", true}, {"write", "written (pwrite)", false}, {"read", "read (pread)", false},
	}
	pageStates = []string{"new", "warm", "cold"}
)

// PageWays returns the ways, and PageStates the states that a page may be in.
func PageWays() []PageWay { return pageWays }

// PageStates returns the states that a page may be in.
func PageStates() []string { return pageStates }

// LookupPageWay returns the way of that name.
func LookupPageWay(name string) (PageWay, bool) {
	i := slices.IndexFunc(pageWays, func(w PageWay) bool { return w.Name == name })
	if i < 0 {
		return PageWay{}, false
	}
	return pageWays[i], true
}

// PageNS is the metric of what a page takes by a way, in a state, in ns.
func PageNS(way, state string) string { return "setup_" + way + "_" + state + "_per_page_ns" }

// PageFaults is that of how many faults a page meets, the major ones included.
func PageFaults(way, state string) string { return "setup_" + way + "_" + state + "_faults_per_page" }

// PageMajor is that of how many major faults a page meets.
func PageMajor(way, state string) string {
	return "setup_" + way + "_" + state + "_major_faults_per_page"
}

// setupMetrics are those of the tables above.
func setupMetrics() []Metric {
	all := []Metric{
		{Name: SetupTotal, Words: "all up to the first message", Brief: "set-up", Unit: Nanoseconds, Stamps: Stamped},
		{Name: SetupFaults, Words: "page faults before the first message", Unit: Count},
		{Name: SetupTouchPage, Words: "touch, per page", Unit: Nanoseconds},
		{Name: SetupFirstRTT, Words: "first round trip", Unit: Nanoseconds, Stamps: Stamped},
		{Name: SetupWarmRTT, Words: "warm round trip", Unit: Nanoseconds, Stamps: Stamped},
		{Name: SetupMap, Words: "mmap, the call", Unit: Nanoseconds, Stamps: Stamped},
	}
	for _, s := range setupStages {
		all = append(all, Metric{Name: s.Metric, Words: s.Words, Unit: Nanoseconds, Stamps: Stamped})
		if s.Name != FirstMessageStage { // which two processes have a part in
			all = append(all, Metric{Name: s.Faults, Words: "page faults, " + s.Words, Unit: Count})
		}
	}
	for _, way := range pageWays {
		for _, state := range pageStates {
			of := "a " + state + " page " + way.Words
			all = append(all, Metric{Name: PageNS(way.Name, state), Words: of, Unit: Nanoseconds})
			if way.Maps {
				all = append(all,
					Metric{Name: PageFaults(way.Name, state), Words: "page faults, " + of, Unit: Count},
					Metric{Name: PageMajor(way.Name, state), Words: "major page faults, " + of, Unit: Count})
			}
		}
	}
	return all
}

// NotCold and NoPages are of launches that say nothing of some pages.
var (
	NotCold = Cautions(Caution{ID: "not-cold", Words: func(w Warning) string {
		return "no page was cold: " + w.Text("why") + ": give a --dir on a disk for that"
	}})
	NoPages = Cautions(Caution{ID: "no-pages", Words: func(w Warning) string {
		return "what a page of its files costs is not known: " + w.Text("error")
	}})
)
