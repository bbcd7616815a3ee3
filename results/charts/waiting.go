package charts

import (
	"slices"

	"ipcbench/results"
)

// linesKey explains the patterns of lines: how an end waits.
func linesKey(all []series) []entry {
	var ways []results.Way
	for _, s := range all {
		ways = append(ways, s.cells[0].Way())
	}
	slices.SortFunc(ways, results.CompareWays)
	var key []entry
	for _, way := range slices.Compact(ways) {
		l := look{color: softInk, dashes: dashes[way.Dash()], hollow: way.Busy()}
		words := way.String()
		if way == results.UnknownWay {
			words = "does not wait"
		}
		key = append(key, entry{look: l, line: true, text: words})
	}
	return unlessAlone(key)
}

// fillKey explains the filling of markers, for charts without lines.
func fillKey(all []series) []entry {
	var key []entry
	for _, busy := range []bool{false, true} {
		if slices.ContainsFunc(all, func(s series) bool { return s.cells[0].Way().Busy() == busy }) {
			key = append(key, entry{look: look{color: softInk, hollow: busy}, text: fillWords[busy]})
		}
	}
	return unlessAlone(key)
}

// unlessAlone drops a key of what all have in common.
func unlessAlone(key []entry) []entry {
	if len(key) < 2 {
		return nil
	}
	return key
}

// fillWords say how an end waits whose marker is hollow, or filled.
var fillWords = map[bool]string{false: "gives its CPU up while it waits", true: "keeps its CPU while it waits"}
