package results

import (
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/perf/benchfmt"
)

// benchFacts are the facts about the machine that go into the benchmark
// format. Tools compare only results that agree in all of them, unless told
// which one to compare, so there are few and none changes by itself.
var benchFacts = []string{"goos", "goarch", "cpu", "kernel", "governor", "smt-active", "boost", "clocksource", "thp"}

// benchUnits says of our own units which way is better. That of ns/op and
// MB/s is known.
var benchUnits = []string{"p50-ns", "p99-ns", "cpu-ns/op"}

// WriteBench writes one benchmark result for each launch that ended ok, in the
// Go benchmark format, which benchstat reads: the launch is the replicate. The
// iterations are its messages and ns/op is the mean round trip or, for
// throughput, the time per message; MB is 1e6 bytes. What a cell is, is in the
// name as key=value, so that benchstat can compare by any of it, as with
// -row .name,/placement,/size -col /transport,/wait,/fs. What the run is, its
// labels included, precedes as configuration.
func WriteBench(w io.Writer, run Run, launches []Launch) error {
	out := benchfmt.NewWriter(w)
	for _, unit := range benchUnits {
		metadata := &benchfmt.UnitMetadata{
			UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: unit, Key: "better"},
			OrigUnit:        unit,
			Value:           "lower",
		}
		if err := out.Write(metadata); err != nil {
			return fmt.Errorf("benchmark format: %w", err)
		}
	}
	config, procs := benchConfig(run), "-"+strconv.Itoa(cpuCount(run.Host["cpus-allowed"]))
	sameFS := dirsByFS(launches)
	for _, launch := range cellByCell(launches) {
		if launch.Status != OK || launch.Messages == 0 {
			continue
		}
		result := &benchfmt.Result{
			Config: config,
			Name:   benchfmt.Name(BenchName(launch.Cell, len(sameFS[launch.FSType]) > 1) + procs),
			Iters:  int(launch.Messages),
			Values: benchValues(launch),
		}
		if err := out.Write(result); err != nil {
			return fmt.Errorf("benchmark format: %w", err)
		}
	}
	return nil
}

func benchConfig(run Run) []benchfmt.Config {
	config := []benchfmt.Config{{Key: "pkg", Value: []byte("ipcbench"), File: true}}
	add := func(key, value string) {
		key = strings.ToLower(strings.Join(strings.Fields(key), "-"))
		taken := slices.ContainsFunc(config, func(c benchfmt.Config) bool { return c.Key == key })
		if value = strings.Join(strings.Fields(value), " "); value != "" && !taken && isBenchKey(key) {
			config = append(config, benchfmt.Config{Key: key, Value: []byte(value), File: true})
		}
	}
	for _, fact := range benchFacts {
		add(fact, run.Host[fact])
	}
	for _, label := range slices.Sorted(maps.Keys(run.Labels)) {
		add(label, run.Labels[label])
	}
	return config
}

// isBenchKey says whether the format takes a lower-case word as a key.
func isBenchKey(word string) bool {
	return word != "" && word[0] >= 'a' && word[0] <= 'z' && !strings.Contains(word, ":")
}

// cellByCell brings the launches of a cell together, because the tools list
// what they read in the order in which it appears.
func cellByCell(launches []Launch) []Launch {
	return slices.SortedStableFunc(slices.Values(launches), func(a, b Launch) int {
		return CompareCells(a.Cell, b.Cell)
	})
}

// dirsByFS collects the directories that were used on each type of filesystem.
func dirsByFS(launches []Launch) map[string]map[string]bool {
	dirs := map[string]map[string]bool{}
	for _, launch := range launches {
		if launch.Dir == "" {
			continue
		}
		if dirs[launch.FSType] == nil {
			dirs[launch.FSType] = map[string]bool{}
		}
		dirs[launch.FSType][launch.Dir] = true
	}
	return dirs
}

// BenchName is the name of a cell as a benchmark, which tells it from all
// others of its run: what go test -bench calls it, less the number of CPUs that
// testing appends. Options that have their default are left out, but for the
// way of waiting. withDir adds the directory, where the filesystem's type does
// not tell two cells apart.
func BenchName(cell Cell, withDir bool) string {
	initial, length := utf8.DecodeRuneInString(cell.Workload)
	name := string(unicode.ToUpper(initial)) + url.PathEscape(cell.Workload[length:])
	add := func(key, value string) {
		if value != "" {
			name += "/" + key + "=" + url.PathEscape(value)
		}
	}
	family, options, _ := strings.Cut(cell.Transport, ":")
	add("transport", family)
	add("wait", cell.Wait)
	for _, option := range strings.Split(options, ",") {
		if key, value, _ := strings.Cut(option, "="); key != "wait" {
			add(key, value)
		}
	}
	add("fs", cell.FSType)
	if withDir {
		add("dir", cell.Dir)
	}
	if cell.Pairs > 1 {
		add("pairs", strconv.Itoa(cell.Pairs))
	}
	add("rate", plainNonZero(cell.RatePerS))
	add("size", strconv.Itoa(cell.SizeBytes))
	add("placement", cell.Placement)
	return name
}

// cpuCount counts a list such as "0-3,8". A name has to end in a number, or
// that of placement=0-1 would be read as one; 1 where the list says nothing.
func cpuCount(list string) int {
	count := 0
	for _, span := range strings.Split(list, ",") {
		first, last, found := strings.Cut(strings.TrimSpace(span), "-")
		a, errA := strconv.Atoi(first)
		b, errB := strconv.Atoi(last)
		switch {
		case errA != nil:
		case !found:
			count++
		case errB == nil && b >= a:
			count += b - a + 1
		}
	}
	return max(count, 1)
}

func benchValues(launch Launch) []benchfmt.Value {
	perMessage := float64(launch.ElapsedNS) / float64(launch.Messages)
	if mean, has := launch.Metrics[RTTMean]; has {
		perMessage = mean
	}
	if rate := launch.Metrics[MsgsPerS]; rate > 0 {
		perMessage = 1e9 / rate
	}
	values := []benchfmt.Value{{Value: perMessage, Unit: "ns/op"}}
	for _, v := range []struct {
		metric, unit string
		divisor      float64
	}{
		{RTTP50, "p50-ns", 1},
		{RTTP99, "p99-ns", 1},
		{BytesPerS, "MB/s", 1e6},
		{CPUPerMsg, "cpu-ns/op", 1},
	} {
		if value, has := launch.Metrics[v.metric]; has {
			values = append(values, benchfmt.Value{Value: value / v.divisor, Unit: v.unit})
		}
	}
	return values
}
