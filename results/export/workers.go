package export

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ipcbench/results"
)

// WriteWorkersCSV writes one row for each end of each launch, like
// [WriteLaunchesCSV]: what that end cost per message, and what the machine did
// meanwhile. What serves a link, as a broker does, has a row of the side "server". Rows of the kind "why" are of launches that explain the others:
// they have more columns, one for each perf event, which made them slower.
func WriteWorkersCSV(w io.Writer, launches, diagnosed []results.Launch) error {
	rows := slices.Concat(workerRows("measured", launches), workerRows("why", diagnosed))
	return writeCSV(w, slices.Concat(workerColumns, perfColumns(rows), furtherDimensions(rows, func(r workerRow) results.Cell { return r.Cell }), crowdColumns(rows)), rows)
}

// A workerRow is one end of one launch.
type workerRow struct {
	results.Launch
	results.Worker
	kind string
}

// workerRows takes launches apart. One that was skipped had no workers.
func workerRows(kind string, launches []results.Launch) []workerRow {
	var rows []workerRow
	for _, l := range launches {
		for _, w := range l.Workers {
			rows = append(rows, workerRow{l, w, kind})
		}
	}
	return rows
}

var workerColumns = slices.Concat(
	[]column[workerRow]{{"run", func(r workerRow) string { return r.Run }}},
	about(columnsNamed(cellColumns(results.Dimensions()), firstDimensions...), func(r workerRow) results.Cell { return r.Cell }),
	[]column[workerRow]{
		{"launch", func(r workerRow) string { return strconv.Itoa(r.Launch.Launch) }},
		{"kind", func(r workerRow) string { return r.kind }},
		{"status", func(r workerRow) string { return string(r.Status) }},
		{"side", func(r workerRow) string { return r.Side }},
		ofOK("cpu", func(r workerRow) string {
			if !r.IsEnd() {
				return ""
			}
			return strconv.Itoa(r.CPU)
		}),
		perMessage("user_ns", func(w results.Worker) *int64 { return &w.UserNS }),
		perMessage("system_ns", func(w results.Worker) *int64 { return &w.SystemNS }),
		perMessage("cpu_ns", func(w results.Worker) *int64 { return &w.CPUNS }),
		perMessage("voluntary_switches", func(w results.Worker) *int64 { return &w.Voluntary }),
		perMessage("involuntary_switches", func(w results.Worker) *int64 { return &w.Preempted }),
		perMessage("minor_faults", func(w results.Worker) *int64 { return &w.Minor }),
		perMessage("major_faults", func(w results.Worker) *int64 { return &w.Major }),
		ofOK("migrations", func(r workerRow) string {
			if r.Worker.Migrations == nil {
				return ""
			}
			return strconv.FormatInt(*r.Worker.Migrations, 10)
		}),
		perMessage("wait_ns", func(w results.Worker) *int64 { return w.WaitNS }),
		ofJitter("steal_ns", false, func(j results.Jitter) int64 { return j.StealNS }),
		ofJitter("stalls", true, func(j results.Jitter) int64 { return j.Stalls }),
		ofJitter("worst_stall_ns", true, func(j results.Jitter) int64 { return j.WorstNS }),
		ofJitter("probe_cpu", true, func(j results.Jitter) int64 { return int64(*j.ProbeCPU) }),
	},
)

// firstDimensions have their columns where they always were. Those of the others
// come last, but for the CPUs: each end tells its own.
var firstDimensions = []string{"transport", "workload", "size_bytes", "placement", "dir", "fstype"}

func furtherDimensions[T any](rows []T, cell func(T) results.Cell) []column[T] {
	contract, beyond := cellColumnsOf(rows, cell)
	return slices.DeleteFunc(slices.Concat(contract, beyond), func(c column[T]) bool {
		d, _ := results.LookupDimension(c.name)
		return slices.Contains(firstDimensions, c.name) || d.Role == results.Environment
	})
}

func columnsNamed[T any](columns []column[T], names ...string) []column[T] {
	return slices.DeleteFunc(slices.Clone(columns), func(c column[T]) bool { return !slices.Contains(names, c.name) })
}

// crowdColumns say of several pairs, or of several ends that share one, which each
// of them is and what it had.
func crowdColumns(rows []workerRow) []column[workerRow] {
	if !slices.ContainsFunc(rows, func(r workerRow) bool { return r.IsCrowd() }) {
		return nil
	}
	part := func(name string, value func(results.Part) string) column[workerRow] {
		return ofOK(name, func(r workerRow) string {
			if p, known := r.Launch.Part(r.Worker); known {
				return value(p)
			}
			return ""
		})
	}
	return []column[workerRow]{
		{"pair", func(r workerRow) string { return strconv.Itoa(r.Worker.Pair) }},
		part("part_messages", func(p results.Part) string { return strconv.FormatInt(p.Messages, 10) }),
		part("part_elapsed_ns", func(p results.Part) string { return strconv.FormatInt(p.ElapsedNS, 10) }),
		part("part_msgs_per_s", func(p results.Part) string { return results.Plain(p.Rate()) }),
	}
}

// ofOK is a column that is empty for a launch that went wrong, of which the
// workers may have told nothing.
func ofOK(name string, value func(workerRow) string) column[workerRow] {
	return column[workerRow]{name, func(r workerRow) string {
		if r.Status != results.OK {
			return ""
		}
		return value(r)
	}}
}

// perMessage is a count of a worker's, nil where it is not known, for each
// message.
func perMessage(name string, count func(results.Worker) *int64) column[workerRow] {
	return ofOK(name+"_per_msg", func(r workerRow) string {
		n := count(r.Worker)
		if n == nil {
			return ""
		}
		return results.Plain(float64(*n) / r.Launch.Counted())
	})
}

// ofJitter is what the driver saw during the launch, or its probe, where there
// was one.
func ofJitter(name string, probed bool, value func(results.Jitter) int64) column[workerRow] {
	return ofOK(name, func(r workerRow) string {
		if r.Jitter == nil || probed && r.Jitter.ProbeCPU == nil {
			return ""
		}
		return strconv.FormatInt(value(*r.Jitter), 10)
	})
}

// perfColumns makes one for each perf event that any of the rows has:
// "cache-misses:u" in perf_cache_misses_u_per_msg.
func perfColumns(rows []workerRow) []column[workerRow] {
	events := map[string]bool{}
	for _, r := range rows {
		for event := range r.Perf {
			events[event] = true
		}
	}
	var columns []column[workerRow]
	for _, event := range slices.Sorted(maps.Keys(events)) {
		name := "perf_" + strings.NewReplacer("-", "_", ":", "_").Replace(event) + "_per_msg"
		columns = append(columns, ofOK(name, func(r workerRow) string {
			n, has := r.Perf[event]
			if !has {
				return ""
			}
			return results.Plain(n / r.Launch.Counted())
		}))
	}
	return columns
}
