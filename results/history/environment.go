package history

import (
	"slices"
	"strings"

	"ipcbench/results/compare"
)

// Surroundings are what runs were measured in that was not the same for all of
// them, what explains a change most often first.
type surroundings []aspect

// An aspect is one thing that is around runs.
type aspect struct {
	key    string
	texts  []string
	ofRuns []int // the place in texts of what each run says, or -1
}

func newSurroundings(around []map[string]string) surroundings {
	var keys []string
	for _, of := range around {
		for key := range of {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		keys = slices.Compact(keys)
	}
	slices.SortFunc(keys, compare.ByLikelihood)
	var all surroundings
	for _, key := range keys {
		a := aspect{key: key, ofRuns: make([]int, len(around))}
		places := map[string]int{}
		for run, of := range around {
			text, says := of[key]
			place, seen := places[text]
			if says && !seen {
				place = len(a.texts)
				places[text] = place
				a.texts = append(a.texts, text)
			}
			if !says {
				place = -1
			}
			a.ofRuns[run] = place
		}
		if len(a.texts) > 1 {
			all = append(all, a)
		}
	}
	return all
}

// differences are what no run before a change has in common with one after it, by
// the runs of either segment. Those that are nearer to the change than it can be
// placed are not asked.
func (s surroundings) differences(before, after []Point) []Difference {
	var steady, varying []Difference // what changed at this place alone explains more
	for _, a := range s {
		old, new := a.of(before[max(0, len(before)-most):len(before)-near]), a.of(after[near:min(len(after), most)])
		if len(old) == 0 || len(new) == 0 || slices.ContainsFunc(old, func(place int) bool { return slices.Contains(new, place) }) {
			continue
		}
		from, to := a.beside(before[len(before)-1], old, new), a.beside(after[0], new, old)
		switch d := (compare.Difference{Key: a.key, Old: from, New: to}); {
		case compare.IsAboutTheSame(a.key, from, to):
		case len(old)+len(new) > 2:
			varying = append(varying, Difference{d, true})
		default:
			steady = append(steady, Difference{d, false})
		}
	}
	return append(steady, varying...)
}

// of are what the runs of points say, each once.
func (a aspect) of(points []Point) []int {
	seen := make([]bool, len(a.texts))
	var places []int
	for _, p := range points {
		if place := a.ofRuns[p.Run]; place >= 0 && !seen[place] {
			seen[place] = true
			places = append(places, place)
		}
	}
	return places
}

// beside is what the run beside the change says, unless that is the other side's:
// then the change may be one run off.
func (a aspect) beside(p Point, side, other []int) string {
	if place := a.ofRuns[p.Run]; place >= 0 && !slices.Contains(other, place) {
		return a.texts[place]
	}
	return a.texts[side[len(side)-1]]
}

// setting says with what and on what the runs were measured: "ipcbench v0.3.0 · AMD
// EPYC · Linux 6.12.9 … 6.18.44".
func setting(around []map[string]string) string {
	var parts []string
	for _, part := range []struct{ what, key string }{{"ipcbench ", "ipcbench"}, {"", "cpu"}, {"Linux ", "kernel"}} {
		var said []string
		for _, of := range around {
			if text := of[part.key]; text != "" && !slices.Contains(said, text) {
				said = append(said, text)
			}
		}
		switch len(said) {
		case 0:
		case 1:
			parts = append(parts, part.what+said[0])
		default:
			parts = append(parts, part.what+said[0]+" … "+said[len(said)-1])
		}
	}
	return strings.Join(parts, " · ")
}
