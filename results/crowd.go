package results

import (
	"fmt"
	"slices"
)

// A Part is what one of a launch's pairs or, where several ends share one, what
// one of those had of its messages, in the time in which it was counted.
type Part struct {
	Messages  int64 `json:"messages"`
	ElapsedNS int64 `json:"elapsed_ns"`
}

// Rate is its messages per second.
func (p Part) Rate() float64 { return float64(p.Messages) / (float64(p.ElapsedNS) / 1e9) }

// Rates are those of all parts.
func Rates(parts []Part) []float64 {
	var rates []float64
	for _, p := range parts {
		rates = append(rates, p.Rate())
	}
	return rates
}

// Fairness is the slowest of the rates over the fastest: 1 where all had the same,
// 0 where one had nothing.
func Fairness(rates []float64) float64 {
	if fastest := slices.Max(rates); fastest > 0 {
		return slices.Min(rates) / fastest
	}
	return 0
}

// IsCrowd says whether the cell has more ends than the two of a pair.
func (c Cell) IsCrowd() bool { return c.Pairs > 1 || c.FanIn > 0 || c.FanOut > 0 }

// Part is what the end of a launch had of its messages, or what its pair had, if
// that is known. The one end that all share had all of them.
func (l Launch) Part(w Worker) (part Part, known bool) {
	shared := l.FanIn > 0 && w.Side == "consumer" || l.FanOut > 0 && w.Side == "producer"
	if shared || len(l.Parts) == 0 && !l.IsCrowd() {
		return Part{l.Messages, l.ElapsedNS}, true
	}
	if w.Pair < 0 || w.Pair >= len(l.Parts) {
		return Part{}, false
	}
	return l.Parts[w.Pair], true
}

// Crowded is of a launch that had more ends than CPUs to run them on.
var Crowded = Cautions(Caution{ID: "crowded", Words: func(w Warning) string {
	on := "1 CPU"
	if n := w.Text("cpus"); n != "1" {
		on = n + " CPUs"
	}
	spin := ""
	if w.Text("spin") == "true" {
		spin = ", and an end that waits keeps one from those that have something to do"
	}
	return fmt.Sprintf("%s ends on %s: how the scheduler shares those is a part of what was measured%s", w.Text("ends"), on, spin)
}})
