package summary

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/aclements/go-moremath/stats"

	"ipcbench/results"
)

const (
	leastStratumRatio = 1.5  // of far to near cache lines, in the median
	leastStratum      = 0.05 // of all cache lines are of either kind
	fewestLines       = 12   // with fewer, kinds are not told apart
	thinness          = 0.25 // how dense they may be between the kinds, as a ratio to how dense they were if they spread evenly there,
	thinnessFarApart  = 0.5  // or where one kind is so many times the other that no single one would be so wide:
	farApart          = 3.0
	leastDivision     = 1.1  // of the times or rates of far and near launches of a cell
	divisionAlpha     = 0.05 // chance that a cell is divided that need not be, where its launches differ so much
)

// Stratify divides the launches of the cells that need it by how near each
// other the machine had their two CPUs, which is no property of what was
// measured: it says so in their [results.Cell]'s Stratum. The launches are given
// together that are looked at together, of whole runs. Those that are given are
// left as they are.
//
// The launches on the same two CPUs are near or far by one limit, where there
// are two kinds of cache-line round trips with next to nothing between. A cell
// is divided if that decides about it: if its near launches are better than its
// far ones, or where there are none than its mixed ones, by 10 % or more and not
// by chance.
func Stratify(launches []results.Launch) []results.Launch {
	cells := make([]results.Cell, len(launches))
	for i, l := range launches {
		cells[i] = l.Identity()
	}
	return StratifyAs(cells, launches)
}

// StratifyAs is Stratify with each launch taken for one of the cell at its place
// in the list: what is the same there is divided alike.
func StratifyAs(cells []results.Cell, launches []results.Launch) []results.Launch {
	divided := slices.Clone(launches)
	limits := limitsOf(launches)
	byCell := map[results.Cell][]int{}
	for i, l := range divided {
		if l.Status == results.OK && len(l.CacheLineNS) > 0 && limits[cpusOf(l.Cell)] > 0 {
			byCell[cells[i]] = append(byCell[cells[i]], i)
		}
	}
	for _, places := range byCell {
		var ofCell []results.Launch
		for _, i := range places {
			l := launches[i]
			l.Stratum = stratumOf(l, limits)
			ofCell = append(ofCell, l)
		}
		if !decides(ofCell) {
			continue
		}
		for at, i := range places {
			divided[i].Stratum = ofCell[at].Stratum
		}
	}
	return divided
}

// cpusOf is between which CPUs a cell's cache lines go.
func cpusOf(c results.Cell) [2]int {
	return [2]int{min(c.ProducerCPU, c.ConsumerCPU), max(c.ProducerCPU, c.ConsumerCPU)}
}

func stratumOf(l results.Launch, limits map[[2]int]float64) string {
	limit := limits[cpusOf(l.Cell)]
	switch {
	case slices.Max(l.CacheLineNS) <= limit:
		return results.Near
	case slices.Min(l.CacheLineNS) > limit:
		return results.Far
	}
	return results.Mixed
}

// limitsOf are, of each two CPUs, up to how many nanoseconds of a cache line's
// round trip they are near each other; 0 where there is but one kind.
func limitsOf(launches []results.Launch) map[[2]int]float64 {
	lines := map[[2]int][]float64{}
	for _, l := range launches {
		if l.Status == results.OK && len(l.CacheLineNS) > 0 && slices.Min(l.CacheLineNS) > 0 {
			lines[cpusOf(l.Cell)] = append(lines[cpusOf(l.Cell)], l.CacheLineNS...)
		}
	}
	limits := map[[2]int]float64{}
	for cpus, ns := range lines {
		limits[cpus] = limitOf(ns)
	}
	return limits
}

// limitOf parts positive values into two kinds, or returns 0 where they are of
// one: it cuts their logarithms where the variance between the sides is
// greatest (Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9, 1979), and
// then asks whether the valley there is one.
func limitOf(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n < fewestLines {
		return 0
	}
	s := newSpreads(sorted)
	cut, best := 0, 0.0
	for i := 1; i < n; i++ {
		between := float64(i) * float64(n-i) * math.Pow(s.mean(0, i)-s.mean(i, n), 2)
		if between > best {
			cut, best = i, between
		}
	}
	if float64(min(cut, n-cut)) < leastStratum*float64(n) {
		return 0
	}
	near, far := results.Median(sorted[:cut]), results.Median(sorted[cut:])
	if far < leastStratumRatio*near {
		return 0
	}
	limit := valley(sorted, near, far)
	within := func(lo, hi float64) float64 {
		from, _ := slices.BinarySearch(sorted, lo)
		to, _ := slices.BinarySearch(sorted, hi)
		return float64(to - from)
	}
	const width = 0.2 // of the distance between the medians, in logarithms
	step := math.Pow(far/near, width/2)
	thin := thinness
	if far >= farApart*near {
		thin = thinnessFarApart
	}
	if within(limit/step, limit*step) > thin*width*within(near, far) {
		return 0
	}
	return limit
}

// valley is the middle of the widest gap between neighbours that lie between the
// inner quarters of near and far.
func valley(sorted []float64, near, far float64) float64 {
	lo, hi := near*math.Pow(far/near, 0.25), near*math.Pow(far/near, 0.75)
	widest, middle := 0.0, math.Sqrt(lo*hi)
	previous := lo
	for _, value := range append(slices.Clone(sorted), hi) {
		value = min(value, hi)
		if value <= previous {
			continue
		}
		if gap := value / previous; gap > widest {
			widest, middle = gap, math.Sqrt(value*previous)
		}
		previous = value
	}
	return middle
}

// decides says whether it matters to launches of one cell, of which the strata
// are known, in which they are.
func decides(launches []results.Launch) bool {
	deciding := results.Deciding(launches[0].Workload, launches)
	values := map[string][]float64{}
	for _, l := range launches {
		if value, has := l.Metrics[deciding]; has {
			values[l.Stratum] = append(values[l.Stratum], value)
		}
	}
	near, far := values[results.Near], values[results.Far]
	if len(far) == 0 {
		far = values[results.Mixed]
	}
	if min(len(near), len(far)) == 0 {
		return false
	}
	worse := stats.LocationLess // near than far
	if results.LookupMetric(deciding).More {
		worse = stats.LocationGreater
	}
	ratio := results.Median(far) / results.Median(near)
	if max(ratio, 1/ratio) < leastDivision {
		return false
	}
	test, err := stats.MannWhitneyUTest(near, far, worse)
	return err == nil && test.P <= divisionAlpha
}

// dividedBy is of a run some of whose cells are.
var dividedBy = results.Cautions(results.Caution{ID: "strata", Words: func(w results.Warning) string {
	return fmt.Sprintf("the machine had CPUs %s and %s now near each other and now far apart: a cache line went there and back in %s or in %s. "+
		"Rows that this decides about are divided by it, mixed where it changed during the launch",
		w.Text("a"), w.Text("b"), results.FormatNS(w.Number("near_ns")), results.FormatNS(w.Number("far_ns")))
}})

// toldOfStrata says of each two CPUs that cells are divided by how near each
// other they were.
func toldOfStrata(launches []results.Launch) []results.Warning {
	lines := map[[2]int]map[string][]float64{}
	for _, l := range launches {
		if l.Stratum == results.Near || l.Stratum == results.Far {
			cpus := cpusOf(l.Cell)
			if lines[cpus] == nil {
				lines[cpus] = map[string][]float64{}
			}
			lines[cpus][l.Stratum] = append(lines[cpus][l.Stratum], l.CacheLineNS...)
		}
	}
	var warnings []results.Warning
	for cpus, of := range lines {
		warnings = append(warnings, dividedBy.With("a", cpus[0], "b", cpus[1],
			"near_ns", results.Median(of[results.Near]), "far_ns", results.Median(of[results.Far])))
	}
	slices.SortFunc(warnings, func(a, b results.Warning) int {
		return cmp.Or(cmp.Compare(a.Number("a"), b.Number("a")), cmp.Compare(a.Number("b"), b.Number("b")))
	})
	return warnings
}
