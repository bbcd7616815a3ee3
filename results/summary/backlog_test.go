package summary

import (
	"slices"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

func TestAStreamThatWasTooShortIsToldOf(t *testing.T) {
	const told = "too short a stream: of 100 messages, up to 60 may have been waiting when the window opened, and the rate may be as much too high: give it more --messages or a longer --time"
	for name, c := range map[string]struct {
		waiting []int64
		want    []string
	}{
		"most of it waited":         {[]int64{60, 60, 60, 60, 100}, []string{told}},
		"one in twenty is no harm":  {[]int64{5, 5, 5, 5, 5}, nil},
		"one launch was held up":    {[]int64{0, 1, 0, 90, 2}, nil},
		"a record of older version": {[]int64{0, 0, 0}, nil},
	} {
		var launches []results.Launch
		for i, waiting := range c.waiting {
			l := resultstest.Throughput(resultstest.Cell("pipe", "throughput", 64, "same-cpu"), i+1, 1e6)
			l.Messages, l.Waiting = 100, waiting
			launches = append(launches, l)
		}
		if got := words(t, Of(launches)[0].Warnings); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
