package clock

import (
	"runtime"
	"slices"
)

// Tick is the step in which readings of the clock move, in ns, at least 1. A
// clock that counts a crystal's or a hypervisor's beats has one of 10 or 40;
// nothing shorter can be told by two readings.
func Tick() int64 { return tick(Now) }

// steps is how many steps of the clock its tick is taken from, some 40 ns each.
const steps = 4096

func tick(now func() int64) int64 {
	seen := make([]int64, steps)
	idle, before := 0, now()
	for i := range seen {
		for range i % pauses { // or a fine clock read at an even pace would look coarse
			idle++
		}
		at := now()
		seen[i], before = at-before, at
	}
	runtime.KeepAlive(idle)
	return tickOf(seen)
}

// pauses is of how many lengths the pauses between readings are.
const pauses = 16

// often is of how many steps one has to be like another to count: what an
// interrupt made of a few says nothing of the clock.
const often = 100

// tickOf returns the narrowest distance between the steps that readings took
// often, or 1 where these leave nothing out.
func tickOf(seen []int64) int64 {
	sorted := slices.Sorted(slices.Values(seen))
	all := groupsOf(sorted)
	if len(all) == 1 && all[0].most == 0 { // it hardly ever moved
		i, _ := slices.BinarySearch(sorted, 1)
		return max(1, sorted[min(i, len(sorted)-1)])
	}
	narrowest := int64(0)
	for i := 1; i < len(all); i++ {
		if d := all[i-1].distance(all[i]); narrowest == 0 || d < narrowest {
			narrowest = d
		}
	}
	return max(1, narrowest)
}

// A group is steps that follow each other without a gap, or those that are of as
// many ticks, in whole ns: 41 and 42 are both of a tick of 41.7.
type group struct{ least, most, sum, n int64 }

// groupsOf returns the groups of the steps that are there often.
func groupsOf(sorted []int64) []group {
	var all []group
	for from, to := 0, 0; from < len(sorted); from = to {
		step := sorted[from]
		for to = from; to < len(sorted) && sorted[to] == step; {
			to++
		}
		if to-from < len(sorted)/often {
			continue
		}
		if len(all) == 0 || step > all[len(all)-1].most+1 {
			all = append(all, group{least: step})
		}
		g := &all[len(all)-1]
		g.most, g.sum, g.n = step, g.sum+step*int64(to-from), g.n+int64(to-from)
	}
	return all
}

// distance is that of the middles of two groups, or the gap between them where
// one is wider than rounding makes it: then the clock is a fine one, and the gap
// is chance.
func (g group) distance(next group) int64 {
	if max(g.most-g.least, next.most-next.least) > 2 {
		return next.least - g.most
	}
	return (2*next.sum*g.n - 2*g.sum*next.n + g.n*next.n) / (2 * g.n * next.n) // rounded
}
