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
	Caption string   // below it: what the numbers mean
	Subject string   // what a chart of it shows, below its title: "Ping-pong, one message in flight"

	Main     string         // the metric that says most: tables are sorted by it, --until narrows it down, compare decides on it
	Fine     string         // the metric that does all that in place of Main where the clock is too coarse for it, see [Deciding]; "": none
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
	Rank   int    // when it goes for want of room: the highest first; 0: never
	Note   string // what the caption says where it is shown; "": what there is to say of its metric
}

// Roomy is the rank from which on a column is shown in nothing narrower than 100
// columns of a terminal.
const Roomy = 9

// What several workloads say of their columns.
const (
	percentileNote = "Percentiles are of all launches, each with the same weight; — with fewer than 10 %s beyond."
	marginNote     = "Figures are medians over launches; ±: the 95 %% confidence interval of %s, — where they are too few or not alike."
	costNote       = "CPU time and context switches are those of all its processes, per message."
	pacedCostNote  = "CPU time and context switches are those of all its processes, per message, the producer's waiting for the next included."
	warmNote       = "1st and warm rtt are round trips of messages of which every byte is checked, — where one takes no longer than a reading of the clock."
	closeNote      = "Close is an end's, release the driver's of its copies."
)

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
		Caption: "Round trip, from before the send to after the echo. It is a closed loop: a stall delays the one round trip " +
			"that is under way, and not those that would have begun meanwhile.",
		Subject:  "Ping-pong, one message in flight",
		Main:     RTTP50,
		Fine:     RTTBatchP50,
		Compared: []string{RTTP50, RTTP99, CPUPerMsg},
		Called:   map[string]string{"min": RTTMin, "max": RTTMax},
		Op:       RTTMean,
		Columns: []ResultColumn{
			{Name: "p50", Metric: RTTP50},
			{Name: "batches", Metric: RTTBatchP50, Note: "Batches: where a round trip takes less than 20 ticks of the clock, its mean over many of them, stamped at both ends: " +
				"median over the batches of a launch, less what the stamps cost. It decides on those rows, and ± is of it."},
			{Name: "±", Metric: RTTP50, Margin: true, Note: fmt.Sprintf(marginNote, "p50")},
			{Name: "p99", Metric: RTTP99, Rank: 3, Note: fmt.Sprintf(percentileNote, "round trips")},
			{Name: "p99.9", Metric: RTTP999, Rank: 4, Note: fmt.Sprintf(percentileNote, "round trips")},
			{Name: "mean", Metric: RTTMean, Rank: Roomy},
			{Name: "CPU/msg", Metric: CPUPerMsg, Rank: Roomy, Note: costNote}, {Name: "ctxsw/msg", Metric: CtxswPer, Rank: Roomy, Note: costNote},
			{Name: "fair", Metric: PairFairness, Rank: 5},
		},
		Drawn: RTTP50, Axis: "Median round trip", Of: RoundTrips,
		Alike: RTTP50, Asked: "round trip",
		Exchange: Answered, Unit: "round trip",
	},
	{
		Name:     "throughput",
		Also:     []string{"bandwidth", "stream", "streaming", "tput"},
		Doc:      "stream: messages and bytes per second, counted at the receiver",
		Title:    "Throughput",
		Caption:  "Counted at the receiver; 1 MB is 1e6 bytes.",
		Subject:  "Streaming from one end to the other, counted at the receiver",
		Main:     MsgsPerS,
		Compared: []string{MsgsPerS, CPUPerMsg},
		Called:   map[string]string{"rate": MsgsPerS, "throughput": BytesPerS},
		Op:       MsgsPerS,
		Columns: []ResultColumn{
			{Name: "messages", Metric: MsgsPerS}, {Name: "±", Metric: MsgsPerS, Margin: true, Note: fmt.Sprintf(marginNote, "messages")},
			{Name: "bytes", Metric: BytesPerS, Rank: 1}, {Name: "sync", Metric: SyncNS, Rank: 3}, {Name: "each", Metric: PairRate, Rank: 4}, {Name: "fair", Metric: PairFairness, Rank: 5},
			{Name: "CPU/msg", Metric: CPUPerMsg, Rank: Roomy, Note: costNote}, {Name: "ctxsw/msg", Metric: CtxswPer, Rank: Roomy, Note: costNote},
			{Name: "faults/msg", Metric: FaultsPer, Rank: Roomy, Note: "Page faults are those of both processes, per message."},
		},
		Drawn: BytesPerS, Axis: "Payload per second",
		Alike: BytesPerS, Asked: "throughput", Larger: true,
		Exchange: OneWay, Unit: "message",
	},
	{
		Name:     "load",
		Also:     []string{"open-loop"},
		Doc:      "open loop: messages offered at a rate, each timed from the moment at which it was due",
		Title:    "Latency under load",
		Caption:  "One way, from the moment at which a message was due to after its receipt: a stall delays all that was due meanwhile.",
		Subject:  "Messages offered at a rate, timed from when they were due",
		Main:     OneWayP50,
		Compared: []string{OneWayP50, OneWayP99, AchievedPerS},
		Called:   map[string]string{"rate": AchievedPerS},
		Op:       OneWayP50,
		Columns: []ResultColumn{
			{Name: "achieved", Metric: AchievedPerS, Rank: 1}, {Name: "p50", Metric: OneWayP50},
			{Name: "±", Metric: OneWayP50, Margin: true, Note: fmt.Sprintf(marginNote, "p50")},
			{Name: "p99", Metric: OneWayP99, Rank: 3, Note: fmt.Sprintf(percentileNote, "messages")},
			{Name: "p99.9", Metric: OneWayP999, Rank: 4, Note: fmt.Sprintf(percentileNote, "messages")},
			{Name: "sent p99", Metric: UncorrectedP99, Rank: 6, Note: "Sent p99 is the same from the actual send, which hides that."},
			{Name: "late p99", Metric: ScheduleLate99, Rank: 5, Note: "Late is how late after it was due a message was sent."},
			{Name: "CPU/msg", Metric: CPUPerMsg, Rank: Roomy},
		},
		Drawn: OneWayP50, Axis: "Median time of a message", Of: OneWays, Over: RateColumn,
		Exchange: Offered, Unit: "message",
	},
	{
		Name:  "oneway",
		Also:  []string{"one-way-latency"},
		Doc:   "one message at a time, 100 µs apart: from before its send to after its receipt",
		Title: "One-way latency",
		Caption: "From before the send to after the receipt, by the one clock of the machine; 100 µs and more between two messages. " +
			"It is measured, and not half of a round trip. Ends that sleep may have to be woken from deeper than in ping-pong.",
		Subject:  "One message at a time, 100 µs apart",
		Main:     OneWayP50,
		Compared: []string{OneWayP50, OneWayP99},
		Op:       OneWayP50,
		Columns: []ResultColumn{
			{Name: "p50", Metric: OneWayP50}, {Name: "±", Metric: OneWayP50, Margin: true, Note: fmt.Sprintf(marginNote, "p50")},
			{Name: "p99", Metric: OneWayP99, Rank: 3, Note: fmt.Sprintf(percentileNote, "messages")},
			{Name: "p99.9", Metric: OneWayP999, Rank: 4, Note: fmt.Sprintf(percentileNote, "messages")},
			{Name: "CPU/msg", Metric: CPUPerMsg, Rank: Roomy, Note: pacedCostNote}, {Name: "ctxsw/msg", Metric: CtxswPer, Rank: Roomy, Note: pacedCostNote},
		},
		Drawn: OneWayP50, Axis: "Median time of a message", Of: OneWays,
		Exchange: Offered, Unit: "message",
	},
	{
		Name:  "setup",
		Also:  []string{"startup", "start", "connect", "connection", "create", "creation"},
		Doc:   "what it costs to get going and to stop: create, open, map, first touch, first message, close",
		Title: "Set-up",
		Caption: "One set-up a launch. The driver makes what the ends share, what it tries before included (create, extend: give files their " +
			"length, connect), then each end opens, one after the other (open, map, lock, touch: have all its pages there): the mean of both. " +
			"First msg is from its send to its receipt, with both ends ready and the receiver waiting. Total is the sum up to there. " +
			"Starting the processes is left out.",
		Subject:  "From nothing until the first message is received",
		Main:     SetupTotal,
		Compared: []string{SetupTotal, FirstMessage},
		Op:       SetupTotal,
		Columns: []ResultColumn{
			{Name: "create", Metric: StageNS("create"), Rank: 3}, {Name: "extend", Metric: StageNS("extend"), Rank: 4}, {Name: "connect", Metric: StageNS("connect"), Rank: 4},
			{Name: "open", Metric: StageNS("open"), Rank: 3}, {Name: "map", Metric: StageNS("map"), Rank: 3}, {Name: "lock", Metric: StageNS("lock"), Rank: 4}, {Name: "touch", Metric: StageNS("touch"), Rank: 2},
			{Name: "first msg", Metric: FirstMessage, Rank: 2}, {Name: "total", Metric: SetupTotal},
			{Name: "±", Metric: SetupTotal, Margin: true, Note: fmt.Sprintf(marginNote, "total")},
			{Name: "faults", Metric: SetupFaults, Rank: 6, Note: "Faults are page faults before the first message."},
			{Name: "1st rtt", Metric: SetupFirstRTT, Rank: 7, Note: warmNote}, {Name: "warm rtt", Metric: SetupWarmRTT, Rank: 7, Note: warmNote},
			{Name: "close", Metric: StageNS(CloseStage), Rank: 8, Note: closeNote}, {Name: "release", Metric: StageNS(ReleaseStage), Rank: 8, Note: closeNote},
		},
		Parts: partsOfSetup(),
		Axis:  "Time from nothing until the first message is received",
		Further: []Further{{
			Name: "pages", Title: "A page of a file, mapped and by system calls",
			Caption: fmt.Sprintf("Per page of the system's size, of files of %d pages such as the transport's. mmap is the call itself, for all of them. ", SetupPages) +
				"New pages are holes of a file that was given its length; warm ones are in the page cache, and mapped afresh; cold ones were stored " +
				"(fdatasync) and dropped (POSIX_FADV_DONTNEED), — where they cannot be. Touch writes a word of each page, which maps one page a fault: " +
				"the kernel maps pages around a fault only for reads. Populate is MADV_POPULATE_WRITE of all, whose faults count and need no trap. " +
				"Write and read are pwrite and pread of a page. Faults are all of a new page's; major are those of a cold one that waited for storage, " +
				"less than 1 because the kernel reads ahead.",
			Columns: []ResultColumn{
				{Name: "mmap", Metric: SetupMap, Rank: 4},
				{Name: "touch new", Metric: PageNS("touch", "new")}, {Name: "warm", Metric: PageNS("touch", "warm")}, {Name: "cold", Metric: PageNS("touch", "cold"), Rank: 1},
				{Name: "populate new", Metric: PageNS("populate", "new"), Rank: 3}, {Name: "warm", Metric: PageNS("populate", "warm"), Rank: 3},
				{Name: "write new", Metric: PageNS("write", "new"), Rank: 2}, {Name: "warm", Metric: PageNS("write", "warm"), Rank: 2},
				{Name: "read warm", Metric: PageNS("read", "warm"), Rank: 2}, {Name: "cold", Metric: PageNS("read", "cold"), Rank: 2},
				{Name: "faults", Metric: PageFaults("touch", "new"), Rank: 5}, {Name: "major", Metric: PageMajor("touch", "cold"), Rank: 5},
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
		w.Columns = []ResultColumn{{Name: main.Words, Metric: w.Main}, {Name: "±", Metric: w.Main, Margin: true}}
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
		Columns:  []ResultColumn{{Name: "CPU/msg", Metric: CPUPerMsg, Rank: 1}, {Name: "ctxsw/msg", Metric: CtxswPer, Rank: 1}},
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
