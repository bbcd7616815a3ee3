package results

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Workload is what is known of the numbers of a workload: which it has, which
// of them says most and how they are shown. What its processes do is in package
// bench/workload, under the same name.
type Workload struct {
	Name    string   // the word a user types and the key in every record: "latency"
	Also    []string // what else people call it: nobody may type it, and who does is told the name
	Doc     string   // one line for ipcbench list
	Title   string   // of its table: "Round-trip latency"; "": its name
	Caption string   // below it: what the numbers mean, a line each
	Subject string   // what a chart of it shows, below its title: "Ping-pong, one message in flight"

	Main     string         // the metric that says most: tables are sorted by it, --until narrows it down, compare decides on it
	Fine     string         // the metric that does all that in place of Main where the clock is too coarse for it, see [Deciding]; "": none
	FineNote string         // what a caption says of Fine, where it decides
	Compared []string       // the metrics that compare shows unless it is asked for others; nil: Main
	Op       string         // the metric that Go benchmarks call ns/op; "": the time per message
	Columns  []ResultColumn // of its table, beside those of the cell; nil: Main with its margin

	Called map[string]string // what its metrics are called by somebody who asks for one, beside the headings of Columns: "rate"; see [Workload.MetricCalled]

	Drawn string // the metric that its charts show; "": Main
	Axis  string // what that is called on an axis: "Median round trip"; "": by its words
	Of    string // the named histogram that has a chart of its own; "": none
	Over  string // the column of the dimension over which they show it; "": over the sizes

	Alike  string // the metric by which transports that wait alike are compared; "": by none
	Asked  string // what that is called: "round trip"
	Larger bool   // it is asked of the largest message, and not of the smallest

	Parts   []string  // the metrics that Drawn is the sum of, in the order of time: they have a chart; nil: none
	Further []Further // tables below the first, of the same cells

	Exchange Exchange
	Unit     string // what its costs are of: "round trip"; "": a message
}

// An Exchange is which way messages go. It decides on what the counts of the
// two ends mean.
type Exchange int

// The ways in which messages go.
const (
	UnknownExchange Exchange = iota
	Answered                 // there and back, one at a time: the ends wait for each other
	OneWay                   // from the producer to the consumer: the faster end waits for the other
	Offered                  // likewise, but the producer waits for its time
)

// A ResultColumn is a column of a workload's table: the median of a metric, or
// with Margin how far its interval reaches.
type ResultColumn struct {
	Name   string // "p50"
	Metric string
	Margin bool
}

// A Further is a table of its own among the results of a workload. It has the rows
// that have anything for it.
type Further struct {
	Name    string // in the name of its section: "pages"
	Title   string
	Caption string
	Columns []ResultColumn
}

// workloads are all there are, in the order of tables.
var workloads = []Workload{
	{
		Name:  "latency",
		Also:  []string{"rtt", "round-trip", "ping-pong", "ping"},
		Doc:   "ping-pong: round-trip time from before Send to after Recv of the echo",
		Title: "Round-trip latency",
		Caption: "Round trip, from before the send to after the echo. It is a closed loop: a stall delays the one round trip\n" +
			"that is under way, and not those that would have begun meanwhile.\n" +
			"Percentiles are of all launches, each with the same weight, — with fewer than 10 round trips beyond.\n" +
			"The rest is the median over launches. ± is a 95 % confidence interval, — where they are too few or not alike.\n" +
			"CPU time and context switches are those of both processes, per message.",
		Subject: "Ping-pong, one message in flight",
		Main:    RTTP50,
		Fine:    RTTBatchP50,
		FineNote: "Where a round trip takes less than 20 ticks of the clock, batches is its mean over many of them, stamped at both ends:\n" +
			"median over the batches of a launch, less what the stamps cost. It decides on those rows, and ± is of it.",
		Compared: []string{RTTP50, RTTP99, CPUPerMsg},
		Called:   map[string]string{"min": RTTMin, "max": RTTMax},
		Op:       RTTMean,
		Columns: []ResultColumn{
			{"p50", RTTP50, false}, {"batches", RTTBatchP50, false}, {"±", RTTP50, true}, {"p99", RTTP99, false}, {"p99.9", RTTP999, false}, {"mean", RTTMean, false},
			{"CPU/msg", CPUPerMsg, false}, {"ctxsw/msg", CtxswPer, false}, {"fair", PairFairness, false},
		},
		Drawn: RTTP50, Axis: "Median round trip", Of: RoundTrips,
		Alike: RTTP50, Asked: "round trip",
		Exchange: Answered, Unit: "round trip",
	},
	{
		Name:  "throughput",
		Also:  []string{"bandwidth", "stream", "streaming", "tput"},
		Doc:   "stream: messages and bytes per second, counted at the receiver",
		Title: "Throughput",
		Caption: "Counted at the receiver; 1 MB is 1e6 bytes. Median over launches, ± its 95 % confidence interval,\n" +
			"— where they are too few or not alike.\n" +
			"CPU time, context switches and page faults are those of both processes, per message.",
		Subject:  "Streaming from one end to the other, counted at the receiver",
		Main:     MsgsPerS,
		Compared: []string{MsgsPerS, CPUPerMsg},
		Called:   map[string]string{"rate": MsgsPerS, "throughput": BytesPerS},
		Op:       MsgsPerS,
		Columns: []ResultColumn{
			{"messages", MsgsPerS, false}, {"±", MsgsPerS, true}, {"bytes", BytesPerS, false}, {"sync", SyncNS, false}, {"each", PairRate, false}, {"fair", PairFairness, false},
			{"CPU/msg", CPUPerMsg, false}, {"ctxsw/msg", CtxswPer, false}, {"faults/msg", FaultsPer, false},
		},
		Drawn: BytesPerS, Axis: "Payload per second",
		Alike: BytesPerS, Asked: "throughput", Larger: true,
		Exchange: OneWay, Unit: "message",
	},
	{
		Name:  "load",
		Also:  []string{"open-loop"},
		Doc:   "open loop: messages offered at a rate, each timed from the moment at which it was due",
		Title: "Latency under load",
		Caption: "One way, from the moment at which a message was due to after its receipt: a stall delays all that was due meanwhile.\n" +
			"sent p99 is the same from the actual send, which hides that. late is how late after it was due a message was sent.\n" +
			"Percentiles are of all launches, each with the same weight, — with fewer than 10 messages beyond.\n" +
			"The rest is the median over launches. ± is a 95 % confidence interval, — where they are too few or not alike.",
		Subject:  "Messages offered at a rate, timed from when they were due",
		Main:     OneWayP50,
		Compared: []string{OneWayP50, OneWayP99, AchievedPerS},
		Called:   map[string]string{"rate": AchievedPerS},
		Op:       OneWayP50,
		Columns: []ResultColumn{
			{"achieved", AchievedPerS, false}, {"p50", OneWayP50, false}, {"±", OneWayP50, true}, {"p99", OneWayP99, false}, {"p99.9", OneWayP999, false},
			{"sent p99", UncorrectedP99, false}, {"late p99", ScheduleLate99, false}, {"CPU/msg", CPUPerMsg, false},
		},
		Drawn: OneWayP50, Axis: "Median time of a message", Of: OneWays, Over: RateColumn,
		Exchange: Offered, Unit: "message",
	},
	{
		Name:  "oneway",
		Also:  []string{"one-way-latency"},
		Doc:   "one message at a time, 100 µs apart: from before its send to after its receipt",
		Title: "One-way latency",
		Caption: "From before the send to after the receipt, by the one clock of the machine; 100 µs and more between two messages.\n" +
			"It is measured, and not half of a round trip. Ends that sleep may have to be woken from deeper than in ping-pong.\n" +
			"Percentiles are of all launches, each with the same weight, — with fewer than 10 messages beyond.\n" +
			"The rest is the median over launches. ± is a 95 % confidence interval, — where they are too few or not alike.\n" +
			"CPU time and context switches are those of both processes, per message, the producer's waiting for the next included.",
		Subject:  "One message at a time, 100 µs apart",
		Main:     OneWayP50,
		Compared: []string{OneWayP50, OneWayP99},
		Op:       OneWayP50,
		Columns: []ResultColumn{
			{"p50", OneWayP50, false}, {"±", OneWayP50, true}, {"p99", OneWayP99, false}, {"p99.9", OneWayP999, false},
			{"CPU/msg", CPUPerMsg, false}, {"ctxsw/msg", CtxswPer, false},
		},
		Drawn: OneWayP50, Axis: "Median time of a message", Of: OneWays,
		Exchange: Offered, Unit: "message",
	},
	{
		Name:  "setup",
		Also:  []string{"startup", "start", "connect", "connection", "create", "creation"},
		Doc:   "what it costs to get going and to stop: create, open, map, first touch, first message, close",
		Title: "Set-up",
		Caption: "One set-up a launch. The driver makes what the ends share, what it tries before included (create, extend: give files their\n" +
			"length, connect), then each end opens, one after the other (open, map, lock, touch: have all its pages there): the mean of both.\n" +
			"First msg is from its send to its receipt, with both ends ready and the receiver waiting. Total is the sum up to there,\n" +
			"± its 95 % confidence interval. Starting the processes is left out. Faults are page faults before the first message;\n" +
			"1st and warm rtt are round trips of messages of which every byte is checked. Close is an end's, release the driver's of its copies.",
		Subject:  "From nothing until the first message is received",
		Main:     SetupTotal,
		Compared: []string{SetupTotal, FirstMessage},
		Op:       SetupTotal,
		Columns: []ResultColumn{
			{"create", StageNS("create"), false}, {"extend", StageNS("extend"), false}, {"connect", StageNS("connect"), false},
			{"open", StageNS("open"), false}, {"map", StageNS("map"), false}, {"lock", StageNS("lock"), false}, {"touch", StageNS("touch"), false},
			{"first msg", FirstMessage, false}, {"total", SetupTotal, false}, {"±", SetupTotal, true}, {"faults", SetupFaults, false},
			{"1st rtt", SetupFirstRTT, false}, {"warm rtt", SetupWarmRTT, false}, {"close", StageNS(CloseStage), false}, {"release", StageNS(ReleaseStage), false},
		},
		Parts: partsOfSetup(),
		Axis:  "Time from nothing until the first message is received",
		Further: []Further{{
			Name: "pages", Title: "A page of a file, mapped and by system calls",
			Caption: fmt.Sprintf("Per page of the system's size, of files of %d pages such as the transport's. mmap is the call itself, for all of them.\n", SetupPages) +
				"New pages are holes of a file that was given its length; warm ones are in the page cache, and mapped afresh; cold ones were stored\n" +
				"(fdatasync) and dropped (POSIX_FADV_DONTNEED), — where they cannot be. Touch writes a word of each page, which maps one page a fault:\n" +
				"the kernel maps pages around a fault only for reads. Populate is MADV_POPULATE_WRITE of all, whose faults count and need no trap.\n" +
				"Write and read are pwrite and pread of a page. Faults are all of a new page's; major are those of a cold one that waited for storage,\n" +
				"less than 1 because the kernel reads ahead.",
			Columns: []ResultColumn{
				{"mmap", SetupMap, false},
				{"touch new", PageNS("touch", "new"), false}, {"warm", PageNS("touch", "warm"), false}, {"cold", PageNS("touch", "cold"), false},
				{"populate new", PageNS("populate", "new"), false}, {"warm", PageNS("populate", "warm"), false},
				{"write new", PageNS("write", "new"), false}, {"warm", PageNS("write", "warm"), false},
				{"read warm", PageNS("read", "warm"), false}, {"cold", PageNS("read", "cold"), false},
				{"faults", PageFaults("touch", "new"), false}, {"major", PageMajor("touch", "cold"), false},
			},
		}},
		Exchange: Answered, Unit: "round trip",
	},
}

func init() {
	for i := range workloads {
		workloads[i] = workloads[i].complete()
	}
}

// RegisterWorkload makes a workload of another package known. It is called from
// an init function and panics on a name that is taken or that shows no metric.
func RegisterWorkload(w Workload) {
	if w.Name == "" || w.Main == "" || slices.ContainsFunc(workloads, func(other Workload) bool { return other.Name == w.Name }) {
		panic(fmt.Sprintf("results: a workload %q is registered twice, or has no name, or no metric that says most", w.Name))
	}
	workloads = append(workloads, w.complete())
}

// complete fills in what follows from the rest.
func (w Workload) complete() Workload {
	main := LookupMetric(w.Main)
	if w.Title == "" {
		w.Title = Capital(w.Name)
	}
	if w.Compared == nil {
		w.Compared = []string{w.Main}
	}
	if w.Columns == nil {
		w.Columns = []ResultColumn{{main.Words, w.Main, false}, {"±", w.Main, true}}
	}
	if w.Drawn == "" {
		w.Drawn = w.Main
	}
	if w.Axis == "" {
		w.Axis = "Median " + main.Words
	}
	if w.Unit == "" {
		w.Unit = "message"
	}
	return w
}

// Workloads returns what is known of every workload, in the order of tables.
func Workloads() []Workload { return slices.Clone(workloads) }

// LookupWorkload returns what is known of the workload of that name. One that is
// not known, of a newer version or another binary, goes by its name and shows
// what every launch has, for what else it means cannot be told.
func LookupWorkload(name string) Workload {
	for _, w := range workloads {
		if w.Name == name {
			return w
		}
	}
	return Workload{
		Name: name, Title: name, Unit: "message",
		Caption:  "This version does not know the workload " + name + ": its further metrics are in summary.csv, by their names.",
		Compared: []string{CPUPerMsg},
		Columns:  []ResultColumn{{"CPU/msg", CPUPerMsg, false}, {"ctxsw/msg", CtxswPer, false}},
	}
}

// MetricCalled returns the metric that a word means where it is asked of the workload:
// a heading of its table, a word of Called, or any percentile of what Of is of, as
// "p99.99".
func (w Workload) MetricCalled(word string) (m Metric, known bool) {
	if name, has := w.Called[word]; has {
		return LookupMetric(name), true
	}
	for _, c := range w.Columns {
		if c.Name == word && !c.Margin {
			return LookupMetric(c.Metric), true
		}
	}
	percent, err := ParsePercentile(strings.TrimPrefix(word, "p"))
	if err != nil || !strings.HasPrefix(word, "p") || w.Of == "" {
		return Metric{}, false
	}
	return PercentileOf(w.Of, percent)
}

// MetricWords are the words that [Workload.MetricCalled] knows, but for percentiles and
// for what is no one word.
func (w Workload) MetricWords() []string {
	var words []string
	for _, c := range w.Columns {
		if !c.Margin && !strings.Contains(c.Name, " ") {
			words = append(words, c.Name)
		}
	}
	return append(words, slices.Sorted(maps.Keys(w.Called))...)
}

// MayHave says whether a launch of the workload may have the metric: not where that is
// a quantile of what another workload keeps.
func (w Workload) MayHave(m Metric) bool {
	kept := func(other Workload) bool { return other.Of == m.Of }
	return m.Of == "" || w.Of == m.Of || !slices.ContainsFunc(workloads, kept)
}

// PrimaryMetric returns the metric that says most of a workload, or "" where
// that is not known. What decides on a cell is [Deciding].
func PrimaryMetric(workload string) string { return LookupWorkload(workload).Main }
