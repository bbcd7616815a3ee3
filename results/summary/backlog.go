package summary

import (
	"cmp"
	"fmt"
	"slices"

	"ipcbench/results"
)

// mostWaiting is up to which share of a stream's messages may have waited before
// the first of them was received. By as much, at most, its rate is too high; what
// is the same within 5 % is called the same elsewhere too.
const mostWaiting = 0.05

// shortStream is of streams that were mostly received from a buffer that had
// filled before their time began.
var shortStream = results.Cautions(results.Caution{ID: "short-stream", Words: func(w results.Warning) string {
	return fmt.Sprintf("too short a stream: of %s messages, up to %s may have been waiting when the window opened, and the rate may be as much too high: give it more --messages or a longer --time",
		w.Text("messages"), w.Text("waiting"))
}, Brief: func(results.Warning) string {
	return "too short a stream: more than 1 in 20 of its messages may have been waiting when the window opened, and the rate may be as much too high: give it more --messages or a longer --time"
}})

// warnOfBacklog warns of launches of which too much was waiting, by the one in
// the middle: where one was held up, that is an outlier.
func (s *Summary) warnOfBacklog() {
	streams := slices.SortedFunc(slices.Values(s.OK), func(a, b results.Launch) int { return cmp.Compare(waiting(a), waiting(b)) })
	if len(streams) == 0 {
		return
	}
	if l := streams[len(streams)/2]; waiting(l) > mostWaiting {
		s.warn(shortStream.With("messages", l.Messages, "waiting", l.Waiting))
	}
}

// waiting is the share of a launch's messages that may have waited.
func waiting(l results.Launch) float64 { return float64(l.Waiting) / float64(max(1, l.Messages)) }
