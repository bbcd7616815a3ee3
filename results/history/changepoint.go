package history

import (
	"cmp"
	"math"
	"slices"

	"github.com/aclements/go-moremath/stats"

	"ipcbench/results"
)

// LeastSegment is how many runs lie between two changes, and before the first and
// after the last, at least: fewer are not told from runs that went astray.
const LeastSegment = 5

// decay is how much shorter the intervals of the next layer are.
const decay = math.Sqrt2

// A span is of values in their order: those from from to before to.
type span struct{ from, to int }

func (s span) len() int { return s.to - s.from }

// splits is in how many places it is looked at for a change.
func (s span) splits() int { return max(0, s.len()-2*LeastSegment+1) }

// parts reports whether a change at a place parts the span.
func (s span) parts(at int) bool { return s.from < at && at < s.to }

// seeded returns the intervals of n values that are searched for one change
// each: all of them, and layer by layer shorter ones that overlap, so that
// wherever changes are, some interval has one alone. They depend on nothing but n.
//
// Source: Kovács, Bühlmann, Li and Munk, Seeded binary segmentation: a general
// methodology for fast and optimal changepoint detection, Biometrika 110 (2023),
// Definition 1.
func seeded(n int) []span {
	var all []span
	for shrink := 1.0; float64(n)/shrink >= 2*LeastSegment; shrink *= decay {
		length, count := float64(n)/shrink, 2*int(math.Ceil(shrink))-1
		shift := 0.0
		if count > 1 {
			shift = (float64(n) - length) / float64(count-1)
		}
		for i := range count {
			s := span{int(float64(i) * shift), min(n, int(math.Ceil(float64(i)*shift+length)))}
			if !slices.Contains(all[max(0, len(all)-1):], s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// looks is how many places the intervals of n values are looked at in, all
// together: how many tests there are.
func looks(n int) int {
	total := 0
	for _, s := range seeded(n) {
		total += s.splits()
	}
	return total
}

// A split is the place of a span where the values before differ most from those
// after, by their ranks.
type split struct {
	span
	at int     // the first after
	p  float64 // of the Mann-Whitney U test there, as if nobody had looked elsewhere
}

// changes returns where the level of values changes, in order: the place of each is
// that of the first value after, its span reaches from the change before to that
// after. Each is found in an interval of its own that is seeded, by a rank test
// whose p-value there is no more than level. If that is a chance divided by the
// number of places looked at, it is no less than that of finding a change in
// any interval that has none, for values that do not depend on each other.
//
// Of the intervals that show a change the narrowest counts, for it has no other;
// those that hold the place are then left out (Baranowski, Chen and Fryzlewicz,
// Narrowest-over-threshold detection of multiple change points and
// change-point-like features, Journal of the Royal Statistical Society B 81, 2019).
// Last each is looked for once more between its neighbours, by all that is there,
// and goes if it is then not shown. That it exists is told by ranks, where it is by
// [placed].
func changes(values []float64, level float64) []split {
	var shown []split
	ranked := placesOf(values)
	for _, s := range seeded(len(values)) {
		if found := best(ranked, s, level); found.p <= level {
			shown = append(shown, found)
		}
	}
	slices.SortStableFunc(shown, func(a, b split) int { return cmp.Or(cmp.Compare(a.len(), b.len()), cmp.Compare(a.p, b.p)) })
	var found []split
	for _, s := range shown {
		if !slices.ContainsFunc(found, func(other split) bool { return s.parts(other.at) }) {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b split) int { return cmp.Compare(a.at, b.at) })
	return settled(values, ranked, found, level)
}

// settled puts each change where its neighbours say, until none moves, and takes
// out the one that is least shown while one is not.
func settled(values []float64, ranked []uint32, found []split, level float64) []split {
	for range 2 * len(values) { // far more than it takes; it would have to go in circles
		moved := false
		weakest, least := -1, level
		for i := range found {
			again := best(ranked, between(found, i, len(values)), level)
			if again.p > least {
				weakest, least = i, again.p
				continue
			}
			again.at = placed(values, again)
			moved = moved || again.at != found[i].at
			found[i] = again
		}
		switch {
		case weakest >= 0:
			found = slices.Delete(found, weakest, weakest+1)
		case !moved:
			return found
		}
	}
	return found
}

// between is from the change before the i-th to that after it.
func between(found []split, i, n int) span {
	s := span{0, n}
	if i > 0 {
		s.from = found[i-1].at
	}
	if i+1 < len(found) {
		s.to = found[i+1].at
	}
	return s
}

// best finds where the ranks of a span's values differ most, as Pettitt does (A
// non-parametric approach to the change-point problem, Applied Statistics 28,
// 1979), each sum of ranks in its own standard deviations. p is 1 where no place
// leaves enough on either side.
func best(places []uint32, s span, level float64) split {
	found := split{span: s, at: s.from, p: 1}
	n := s.len()
	if s.splits() == 0 || math.Ln2-orders(n/2, n-n/2) > math.Log(level) {
		return found // too few, whatever their order
	}
	sum, most := 0.0, -1.0
	for i, rank := range midranks(places[s.from:s.to]) {
		before := i + 1
		sum += rank - float64(n+1)/2
		if before < LeastSegment || n-before < LeastSegment {
			continue
		}
		if z := math.Abs(sum) / math.Sqrt(float64(before)*float64(n-before)); z > most {
			most, found.at = z, s.from+before
		}
	}
	before, after := places[s.from:found.at], places[found.at:s.to]
	found.p = chance(len(before), len(after), rarer(before, after), level)
	return found
}

// placed moves a split to where the change is most likely, by how far the values
// lie from the medians of the two sides: ranks do not say how far away a value is. It
// is by least absolute deviations (Bai, Least absolute deviation estimation of a
// shift, Econometric Theory 11, 1995), on which a run that went astray has little
// weight.
func placed(values []float64, s split) int {
	at := s.at
	for range LeastSegment { // one or two settle it
		place := likeliest(values, s.span, at)
		if place == at {
			break
		}
		at = place
	}
	return at
}

// itself is how much more than any run near it the place itself counts.
const itself = 0.2

// likeliest is the place of a span that the change is most likely near to, where
// the medians of the two sides are as at gives them. Each place is as likely as
// deviations from these are if it is the one, by the double exponential distribution
// that least absolute deviations go with. Of these chances the single greatest is
// often among small ones, while somewhere else several together are far greater: what
// counts is how likely the change is within near runs of the place, and a little how
// likely it is there.
func likeliest(values []float64, s span, at int) int {
	before, after := results.Median(values[s.from:at]), results.Median(values[at:s.to])
	deviations := make([]float64, 0, s.len())
	costs := make([]float64, s.len()+1) // of a change before the value, beside one before all
	least, place := math.Inf(1), at
	for i := s.from; i < s.to; i++ {
		fromBefore, fromAfter := math.Abs(values[i]-before), math.Abs(values[i]-after)
		if i < at {
			deviations = append(deviations, fromBefore)
		} else {
			deviations = append(deviations, fromAfter)
		}
		if cost := costs[i-s.from]; i-s.from >= LeastSegment && s.to-i >= LeastSegment && cost < least {
			least, place = cost, i
		}
		costs[i-s.from+1] = costs[i-s.from] + fromBefore - fromAfter
	}
	spread := normalSpread * results.Median(deviations)
	if spread == 0 {
		return place
	}
	most := 0.0
	chances := make([]float64, s.len())
	for i := LeastSegment; i <= s.len()-LeastSegment; i++ {
		chances[i] = math.Exp((least - costs[i]) / spread)
	}
	for i := LeastSegment; i <= s.len()-LeastSegment; i++ {
		around := itself * chances[i]
		for _, chance := range chances[i-near : min(i+near+1, len(chances))] {
			around += chance
		}
		if around > most {
			most, place = around, s.from+i
		}
	}
	return place
}

// normalSpread times the median of absolute deviations is the standard deviation of
// what is normal.
const normalSpread = 1.4826

// midranks are the values' places in order, from 1; equal ones share the mean of
// theirs. places is theirs among more values, see [placesOf].
func midranks(places []uint32) []float64 {
	order := make([]uint64, len(places)) // of a place and whose it is: sorts several times as fast as by a function
	for i, place := range places {
		order[i] = uint64(place)<<32 | uint64(i)
	}
	slices.Sort(order)
	ranks := make([]float64, len(places))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && order[to]>>32 == order[from]>>32 {
			to++
		}
		for _, both := range order[from:to] {
			ranks[uint32(both)] = float64(from+1+to) / 2
		}
		from = to
	}
	return ranks
}

// placesOf are the values' places in order, equal ones at the same.
func placesOf(values []float64) []uint32 {
	sorted := slices.Compact(slices.Sorted(slices.Values(values)))
	places := make([]uint32, len(values))
	for i, value := range values {
		place, _ := slices.BinarySearch(sorted, value)
		places[i] = uint32(place)
	}
	return places
}

// rarer counts the pairs of one value before and one after that are in the rarer
// order. Equal ones are for no change, the whole of them, as in [effect.OfRanks].
func rarer(before, after []uint32) int {
	sorted := slices.Sorted(slices.Values(before))
	less, equal := 0, 0
	for _, value := range after {
		below, has := slices.BinarySearch(sorted, value)
		less += below
		for ; has && below < len(sorted) && sorted[below] == value; below++ {
			equal++
		}
	}
	return min(less, len(before)*len(after)-less-equal) + equal
}

// exactSteps is up to how much work the chance is worked out exactly.
const exactSteps = 200_000

// chance is the two-sided p-value of the Mann-Whitney U test for so many pairs in
// the rarer order. Where few pairs are and that is little work it is exact.
// Otherwise it is of the normal distribution, whose tails are the heavier ones. What
// certainly is above level is 1.
func chance(before, after, u int, level float64) float64 {
	pairs := float64(before) * float64(after)
	deviation := math.Sqrt(pairs * float64(before+after+1) / 12)
	normal := min(1, 2*stats.StdNormal.CDF((float64(u)+0.5-pairs/2)/deviation))
	if normal > level && math.Log(2*float64(u+1))-orders(before, after) > math.Log(level) {
		return 1 // for each number of pairs up to u there is one order or more that has it
	}
	if float64(u) <= pairs/8 && pairs*float64(u+1) <= exactSteps {
		return min(1, 2*stats.UDist{N1: before, N2: after}.CDF(float64(u)))
	}
	return normal
}

// orders is the logarithm of in how many orders so many of either kind can stand.
func orders(before, after int) float64 {
	all, _ := math.Lgamma(float64(before + after + 1))
	a, _ := math.Lgamma(float64(before + 1))
	b, _ := math.Lgamma(float64(after + 1))
	return all - a - b
}
