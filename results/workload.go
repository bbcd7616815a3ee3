package results

import (
	"fmt"
	"slices"
)

// A Workload is what is known of the numbers of a workload: which it has, which
// of them says most and how they are shown. What its processes do is in package
// bench/workload, under the same name.
type Workload struct {
	Name    string // the word a user types and the key in every record: "latency"
	Doc     string // one line for ipcbench list
	Title   string // of its table: "Round-trip latency"; "": its name
	Caption string // below it: what the numbers mean, a line each
	Subject string // what a chart of it shows, below its title: "Ping-pong, one message in flight"

	Main     string         // the metric that says most: tables are sorted by it, --until narrows it down, compare decides on it
	Fine     string         // the metric that does all that in place of Main where the clock is too coarse for it, see [Deciding]; "": none
	FineNote string         // what a caption says of Fine, where it decides
	Compared []string       // the metrics that compare shows unless it is asked for others; nil: Main
	Op       string         // the metric that Go benchmarks call ns/op; "": the time per message
	Columns  []ResultColumn // of its table, beside those of the cell; nil: Main with its margin

	Drawn string // the metric that its charts show; "": Main
	Axis  string // what that is called on an axis: "Median round trip"; "": by its words
	Of    string // the named histogram that has a chart of its own; "": none

	Alike  string // the metric by which transports that wait alike are compared; "": by none
	Asked  string // what that is called: "round trip"
	Larger bool   // it is asked of the largest message, and not of the smallest

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
)

// A ResultColumn is a column of a workload's table: the median of a metric, or
// with Margin how far its interval reaches.
type ResultColumn struct {
	Name   string // "p50"
	Metric string
	Margin bool
}

// workloads are all there are, in the order of tables.
var workloads = []Workload{
	{
		Name:  "latency",
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
		Doc:   "stream: messages and bytes per second, counted at the receiver",
		Title: "Throughput",
		Caption: "Counted at the receiver; 1 MB is 1e6 bytes. Median over launches, ± its 95 % confidence interval,\n" +
			"— where they are too few or not alike.\n" +
			"CPU time, context switches and page faults are those of both processes, per message.",
		Subject:  "Streaming from one end to the other, counted at the receiver",
		Main:     MsgsPerS,
		Compared: []string{MsgsPerS, CPUPerMsg},
		Op:       MsgsPerS,
		Columns: []ResultColumn{
			{"messages", MsgsPerS, false}, {"±", MsgsPerS, true}, {"bytes", BytesPerS, false}, {"each", PairRate, false}, {"fair", PairFairness, false},
			{"CPU/msg", CPUPerMsg, false}, {"ctxsw/msg", CtxswPer, false}, {"faults/msg", FaultsPer, false},
		},
		Drawn: BytesPerS, Axis: "Payload per second",
		Alike: BytesPerS, Asked: "throughput", Larger: true,
		Exchange: OneWay, Unit: "message",
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

// PrimaryMetric returns the metric that says most of a workload, or "" where
// that is not known. What decides on a cell is [Deciding].
func PrimaryMetric(workload string) string { return LookupWorkload(workload).Main }
