package results

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Unit is what a metric is counted in. It decides how a value is written.
type Unit string

// The units of the metrics that are known here.
const (
	Nanoseconds    Unit = "ns"
	PerSecond      Unit = "/s"
	BytesPerSecond Unit = "B/s"
	Count          Unit = ""
)

var formats = map[Unit]func(float64) string{
	Nanoseconds: FormatNS, PerSecond: FormatRate, BytesPerSecond: FormatBytesPerS, Count: FormatCount,
}

// Format writes a value with its unit: "12.3 µs". One in a unit that is not
// known here is a number with the unit behind it.
func (u Unit) Format(value float64) string {
	if format, known := formats[u]; known {
		return format(value)
	}
	return FormatCount(value) + " " + string(u)
}

// writtenAs are the units that amounts of each are written in, by what one is.
var writtenAs = map[Unit][]struct {
	name string
	of   float64
}{
	Nanoseconds:    {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"μs", 1e3}, {"ms", 1e6}, {"s", 1e9}},
	PerSecond:      {{"k/s", 1e3}, {"M/s", 1e6}, {"G/s", 1e9}, {"/s", 1}},
	BytesPerSecond: {{"kB/s", 1e3}, {"MB/s", 1e6}, {"GB/s", 1e9}, {"TB/s", 1e12}, {"KiB/s", kibi}, {"MiB/s", mebi}, {"GiB/s", gibi}, {"B/s", 1}},
	Count:          {{"", 1}},
}

// Parse reads an amount that somebody writes with its unit, above 0: "20us", "100k/s",
// "1.5 GB/s". A count is a number, which may be 0.
func (u Unit) Parse(text string) (float64, error) {
	units := writtenAs[u]
	if units == nil {
		units = writtenAs[Count]
	}
	for _, unit := range units {
		digits, has := strings.CutSuffix(text, unit.name)
		number, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if value := number * unit.of; has && err == nil && (value > 0 || value == 0 && u == Count) && value <= Bounds.Most {
			return value, nil
		}
	}
	example := map[Unit]string{Nanoseconds: "a time above 0, as 20us or 1.5ms", PerSecond: "a number per second above 0, as 500/s, 100k/s or 2.5M/s", BytesPerSecond: "bytes per second above 0, as 100MB/s or 1.5GB/s"}
	return 0, fmt.Errorf("%q is none of its amounts: write %s", text, cmp.Or(example[u], "a number, as 2.5"))
}

// A Metric is what is known of one number of a launch.
type Metric struct {
	Name   string // of its column, the unit included: "rtt_p50_ns"
	Words  string // in a heading: "round trip, p50"
	Brief  string // in a sentence, of what it is the metric that says most: "round trip"; "" as Name
	Unit   Unit
	More   bool // a greater value is the better one
	Stamps Stamping
	Of     string  // the named histogram of the launch that it is a quantile of; ""
	Q      float64 // which quantile, from 0 to 1
	Bench  string  // its unit in the Go benchmark format; "" where it is not told there
	Note   string  // what a caption says of it, where a launch has it
	PerOne float64 // how many of its own unit are one of Bench; 0 stands for 1
}

// The metrics of the workloads that are known here, by the names of their
// columns. A launch has those that its workload defines.
const (
	RTTMin     = "rtt_min_ns"  // round trip: from before Send of a message to after Recv of its echo
	RTTMean    = "rtt_mean_ns" // measured time over messages, stamped or not, less what the stamps and the thinking took
	RTTP50     = "rtt_p50_ns"
	RTTP90     = "rtt_p90_ns"
	RTTP99     = "rtt_p99_ns"
	RTTP999    = "rtt_p999_ns"
	RTTMax     = "rtt_max_ns"
	OneWayP50  = "oneway_p50_ns"
	OneWayP99  = "oneway_p99_ns"
	OneWayP999 = "oneway_p999_ns"
	MsgsPerS   = "msgs_per_s"  // at the receiver, first to last verified message
	BytesPerS  = "bytes_per_s" // payload bytes, likewise
	CPUPerMsg  = "cpu_ns_per_msg"
	CtxswPer   = "ctxsw_per_msg"
	FaultsPer  = "faults_per_msg"
	SyncNS     = "sync_ns"    // from one push to the storage to the next: of a batch, its messages included
	Migrations = "migrations" // of both workers' measuring threads, measured part

	// RTTBatchP50 is the median over batches of successive round trips of the mean
	// in each, less what their stamps cost: one in [Worker.StampEvery] is stamped,
	// and a batch is what lies between two stamps. It moves in so many times finer
	// steps than a single stamped round trip. Where each is stamped, a batch is one
	// and this is RTTP50.
	RTTBatchP50 = "rtt_batch_p50_ns"

	AchievedPerS    = "achieved_per_s"             // messages received per second, from the first to the last
	ScheduledPerS   = "scheduled_per_s"            // the same messages, by when they were due
	ScheduleLate    = "schedule_late_p50_ns"       // how late after it was due a message was sent
	ScheduleLate99  = "schedule_late_p99_ns"       // likewise
	UncorrectedP50  = "oneway_uncorrected_p50_ns"  // one way, from the actual send
	UncorrectedP99  = "oneway_uncorrected_p99_ns"  // likewise
	UncorrectedP999 = "oneway_uncorrected_p999_ns" // likewise
	// Of several pairs at once, or of several ends that share one, each by itself:
	PairRate     = "pair_msgs_per_s" // the median of their rates, each in the time in which that one was counted
	PairFairness = "pair_fairness"   // the slowest rate over the fastest, from 0 to 1
)

// The named histograms of the workloads that are known here.
const (
	RoundTrips = "rtt"    // stamped round trips, in ns
	OneWays    = "oneway" // times from the sender to the receiver, in ns: of an offered load from when they were due

	Uncorrected = "oneway_uncorrected" // the same from when they were sent
	Lateness    = "schedule_late"      // times from when messages were due to when they were sent, in ns
)

// metrics are all there are: those of the contract in the order of the columns
// of launches.csv, and then what was registered.
var metrics = append([]Metric{
	{Name: RTTMin, Words: "round trip, shortest", Unit: Nanoseconds, Stamps: Stamped},
	{Name: RTTMean, Words: "round trip, mean", Unit: Nanoseconds},
	{Name: RTTP50, Words: "round trip, p50", Brief: "round trip", Unit: Nanoseconds, Of: RoundTrips, Q: 0.5, Bench: "p50-ns"},
	{Name: RTTP90, Words: "round trip, p90", Unit: Nanoseconds, Of: RoundTrips, Q: 0.9},
	{Name: RTTP99, Words: "round trip, p99", Unit: Nanoseconds, Of: RoundTrips, Q: 0.99, Bench: "p99-ns"},
	{Name: RTTP999, Words: "round trip, p99.9", Unit: Nanoseconds, Of: RoundTrips, Q: 0.999},
	{Name: RTTMax, Words: "round trip, longest", Unit: Nanoseconds, Stamps: Stamped},
	{Name: OneWayP50, Words: "one way, p50", Brief: "time of a message", Unit: Nanoseconds, Of: OneWays, Q: 0.5},
	{Name: OneWayP99, Words: "one way, p99", Unit: Nanoseconds, Of: OneWays, Q: 0.99},
	{Name: OneWayP999, Words: "one way, p99.9", Unit: Nanoseconds, Of: OneWays, Q: 0.999},
	{Name: MsgsPerS, Words: "messages per second", Brief: "rate", Unit: PerSecond, More: true},
	{Name: BytesPerS, Words: "bytes per second", Brief: "rate", Unit: BytesPerSecond, More: true, Bench: "MB/s", PerOne: 1e6},
	{Name: CPUPerMsg, Words: "CPU time per message", Unit: Nanoseconds, Bench: "cpu-ns/op"},
	{Name: CtxswPer, Words: "context switches per message", Unit: Count},
	{Name: FaultsPer, Words: "page faults per message", Unit: Count},
	{Name: Migrations, Words: "migrations", Unit: Count},
	{Name: SyncNS, Words: "time of a sync with its messages", Brief: "time of a sync", Unit: Nanoseconds,
		Note: "sync: the time from one sync to the next, the sending of what it stores included."},
	{Name: RTTBatchP50, Words: "round trip, p50 of the means of batches", Brief: "round trip", Unit: Nanoseconds, Stamps: OnePerBatch},
	{Name: PairRate, Words: "messages per second of each", Unit: PerSecond, More: true,
		Note: "each: the rate of each pair, or of each of the ends that share one: their median. Each runs on CPUs of its own " +
			"while there are such. Costs are those of all processes, per message."},
	{Name: PairFairness, Words: "slowest rate over fastest", Unit: Count, More: true,
		Note: "fair: the slowest rate of a pair, or of one of those ends, over the fastest: 1 where all had the same, 0 where one had nothing."},
	{Name: AchievedPerS, Words: "messages received per second", Brief: "rate", Unit: PerSecond, More: true},
	{Name: ScheduledPerS, Words: "messages scheduled per second", Unit: PerSecond, More: true},
	{Name: ScheduleLate, Words: "sent after it was due, p50", Unit: Nanoseconds, Of: Lateness, Q: 0.5},
	{Name: ScheduleLate99, Words: "sent after it was due, p99", Unit: Nanoseconds, Of: Lateness, Q: 0.99},
	{Name: UncorrectedP50, Words: "one way from the actual send, p50", Unit: Nanoseconds, Of: Uncorrected, Q: 0.5},
	{Name: UncorrectedP99, Words: "one way from the actual send, p99", Unit: Nanoseconds, Of: Uncorrected, Q: 0.99},
	{Name: UncorrectedP999, Words: "one way from the actual send, p99.9", Unit: Nanoseconds, Of: Uncorrected, Q: 0.999},
}, setupMetrics()...)

// ContractMetrics is how many of them have their columns where the contract says.
// Those of the others come last.
const ContractMetrics = 16

// RegisterMetric makes a metric of another workload known. It is called from an
// init function and panics on a name that is taken.
func RegisterMetric(m Metric) {
	if m.Name == "" || slices.ContainsFunc(metrics, func(other Metric) bool { return other.Name == m.Name }) {
		panic(fmt.Sprintf("results: a metric %q is registered twice, or has no name", m.Name))
	}
	metrics = append(metrics, m)
}

// Metrics returns what is known of every metric, in the order of the columns.
func Metrics() []Metric { return slices.Clone(metrics) }

// MetricsOf returns the metrics of the contract, after them the others that the
// launches have, what is asked for beyond them, and last those of the launches that
// are not known, by name.
func MetricsOf(launches []Launch, asked ...Metric) []Metric {
	has := map[string]bool{}
	for _, launch := range launches {
		for name := range launch.Metrics {
			has[name] = true
		}
	}
	var all []Metric
	for i, m := range metrics {
		if i < ContractMetrics || has[m.Name] {
			all = append(all, m)
		}
		delete(has, m.Name)
	}
	for _, m := range asked {
		if !slices.ContainsFunc(all, func(other Metric) bool { return other.Name == m.Name }) {
			all = append(all, m)
		}
		delete(has, m.Name)
	}
	strange := slices.Collect(maps.Keys(has))
	slices.Sort(strange)
	for _, name := range strange {
		all = append(all, LookupMetric(name))
	}
	return all
}

// MetricNames returns the name of every metric that is known.
func MetricNames() []string {
	var names []string
	for _, m := range metrics {
		names = append(names, m.Name)
	}
	return names
}

// LookupMetric returns what is known of the metric of that name, which may be any
// percentile: see [PercentileOf]. One that is not
// known, of a newer version or another binary, is a count that goes by its name.
func LookupMetric(name string) Metric {
	for _, m := range metrics {
		if m.Name == name {
			return m
		}
	}
	if m, is := percentileNamed(name); is {
		return m
	}
	return Metric{Name: name, Words: name, Unit: Count}
}

// IsMetric says whether a metric of that name is known.
func IsMetric(name string) bool {
	_, is := percentileNamed(name)
	return is || slices.Contains(MetricNames(), name)
}

// Format writes a value of the metric with its unit.
func (m Metric) Format(value float64) string { return m.Unit.Format(value) }

// Quantity names the metric in a sentence: "round trip", "rate".
func (m Metric) Quantity() string {
	if m.Brief != "" {
		return m.Brief
	}
	return m.Name
}

// TellsTime says whether the metric is a time or a rate, and so moves with the
// machine's speed, as a count does not.
func (m Metric) TellsTime() bool {
	return m.Unit == Nanoseconds || m.Unit == PerSecond || m.Unit == BytesPerSecond
}

// IsBetter says whether a is a better value than b.
func (m Metric) IsBetter(a, b float64) bool {
	if m.More {
		return a > b
	}
	return a < b
}

// BenchValue turns a value into the unit Bench.
func (m Metric) BenchValue(value float64) float64 {
	if m.PerOne > 0 {
		return value / m.PerOne
	}
	return value
}

// NSPerOp turns a value into what Go benchmarks call ns/op: a time is one
// already, and a rate is so many in a second.
func (m Metric) NSPerOp(value float64) (ns float64, ok bool) {
	switch {
	case m.Unit == Nanoseconds:
		return value, true
	case m.Unit == PerSecond && value > 0:
		return 1e9 / value, true
	}
	return 0, false
}
