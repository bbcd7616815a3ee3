package export

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/perf/benchfmt"

	"ipcbench/internal/cpulist"
	"ipcbench/internal/facts"
	"ipcbench/results"
)

// WriteBench writes one benchmark result for each launch that ended ok, in the
// Go benchmark format, which benchstat reads: the launch is the replicate. The
// iterations are its messages and ns/op is the mean round trip or, for
// throughput, the time per message; MB is 1e6 bytes. What a cell is, is in the
// name as key=value, so that benchstat can compare by any of it, as with
// -row .name,/placement,/size -col /transport,/wait,/fs. What the run is, its
// labels included, precedes as configuration; a label whose key the format does not
// take has it behind "label-".
func WriteBench(w io.Writer, run results.Run, launches []results.Launch) error {
	out := benchfmt.NewWriter(w)
	for _, metric := range results.Metrics() {
		if !isOwnUnit(metric.Bench) {
			continue
		}
		better := "lower"
		if metric.More {
			better = "higher"
		}
		metadata := &benchfmt.UnitMetadata{
			UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: metric.Bench, Key: "better"},
			OrigUnit:        metric.Bench,
			Value:           better,
		}
		if err := out.Write(metadata); err != nil {
			return fmt.Errorf("benchmark format: %w", err)
		}
	}
	config, procs := benchConfig(run), "-"+strconv.Itoa(cpuCount(run.Host["cpus-allowed"]))
	sameFS := dirsByFS(launches)
	for _, launch := range cellByCell(launches) {
		if launch.Status != results.OK || launch.Messages == 0 {
			continue
		}
		result := &benchfmt.Result{
			Config: config,
			Name:   benchfmt.Name(results.BenchName(launch.Cell, len(sameFS[launch.FSType]) > 1) + procs),
			Iters:  int(launch.Messages),
			Values: benchValues(launch),
		}
		if err := out.Write(result); err != nil {
			return fmt.Errorf("benchmark format: %w", err)
		}
	}
	return nil
}

// isOwnUnit says whether the tools have to be told which way of a unit is
// better. Of ns/op and MB/s they know.
func isOwnUnit(unit string) bool { return unit != "" && unit != "MB/s" }

func benchConfig(run results.Run) []benchfmt.Config {
	config := []benchfmt.Config{{Key: "pkg", Value: []byte("ipcbench"), File: true}}
	add := func(key, value string) {
		if value = strings.Join(strings.Fields(value), " "); value != "" {
			config = append(config, benchfmt.Config{Key: key, Value: []byte(value), File: true})
		}
	}
	for _, fact := range facts.All {
		if fact.Bench {
			add(fact.Name, run.Host[fact.Name])
		}
	}
	for _, label := range slices.Sorted(maps.Keys(run.Labels)) {
		key := benchKey(label)
		for slices.ContainsFunc(config, func(c benchfmt.Config) bool { return c.Key == key }) {
			key = labelPrefix + key
		}
		add(key, run.Labels[label])
	}
	return config
}

// labelPrefix is before the key of a label that the format does not take as it
// is, or that a fact has.
const labelPrefix = "label-"

// benchKey is a label's key as the format takes it, which begins with a lower-case
// letter and has no upper-case one, no blank and no colon
// (https://go.dev/design/14313-benchmark-format): "Größe" is "größe", and
// "1st: 標籤" is "label-1st--標籤".
func benchKey(label string) string {
	key := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == ':' {
			return '-'
		}
		return unicode.ToLower(r)
	}, label)
	if initial, _ := utf8.DecodeRuneInString(key); !unicode.IsLower(initial) {
		key = labelPrefix + key
	}
	return key
}

// cellByCell brings the launches of a cell together, because the tools list
// what they read in the order in which it appears.
func cellByCell(launches []results.Launch) []results.Launch {
	return slices.SortedStableFunc(slices.Values(launches), func(a, b results.Launch) int {
		return results.CompareCells(a.Cell, b.Cell)
	})
}

// dirsByFS collects the directories that were used on each type of filesystem.
func dirsByFS(launches []results.Launch) map[string]map[string]bool {
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

// cpuCount counts a list such as "0-3,8". A name has to end in a number, or
// that of placement=0-1 would be read as one; 1 where the list says nothing.
func cpuCount(list string) int {
	cpus, _ := cpulist.Parse(list)
	return max(len(cpus), 1)
}

func benchValues(launch results.Launch) []benchfmt.Value {
	values := []benchfmt.Value{{Value: launch.NSPerOp(), Unit: "ns/op"}}
	for _, metric := range results.Metrics() {
		if value, has := launch.Metrics[metric.Name]; has && metric.Bench != "" {
			values = append(values, benchfmt.Value{Value: metric.BenchValue(value), Unit: metric.Bench})
		}
	}
	return values
}
