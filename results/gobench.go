package results

import (
	"net/url"
	"slices"
	"strings"
)

// BenchName is the name of a cell as a benchmark, which tells it from all
// others of its run: what go test -bench calls it, less the number of CPUs that
// testing appends. Options that have their default are left out, but for the
// way of waiting. withDir adds the directory, where the filesystem's type does
// not tell two cells apart.
func BenchName(cell Cell, withDir bool) string {
	name := Capital(url.PathEscape(cell.Workload))
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
	for _, d := range lesserFirst(Dimensions()) {
		if d.Bench != "" && (!d.Lesser || d.Says(cell) != "") {
			add(d.Bench, d.Plain(cell))
		}
	}
	return name
}

// lesserFirst puts what every name has at its end.
func lesserFirst(all []Dimension) []Dimension {
	slices.SortStableFunc(all, func(a, b Dimension) int {
		switch {
		case a.Lesser == b.Lesser:
			return 0
		case a.Lesser:
			return -1
		}
		return 1
	})
	return all
}

// NSPerOp is what a Go benchmark calls the time of an operation: the metric that
// the workload has for that, or the time per message.
func (l Launch) NSPerOp() float64 {
	op := LookupWorkload(l.Workload).Op
	if value, has := l.Metrics[op]; has {
		if ns, ok := LookupMetric(op).NSPerOp(value); ok {
			return ns
		}
	}
	return float64(l.ElapsedNS) / float64(l.Messages)
}
