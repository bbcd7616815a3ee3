package summary

import (
	"fmt"

	"ipcbench/results"
)

// heldShare is how much of an offered rate must arrive for it to be held.
const heldShare = 0.98

// notHeld is of a rate that was offered and did not arrive.
var notHeld = results.Cautions(results.Caution{ID: "not-held", Words: func(w results.Warning) string {
	return fmt.Sprintf("the rate was not held: %s of %s arrived: times grow for as long as it is offered, and are of no use but to show that",
		results.FormatRate(w.Number("achieved_per_s")), results.FormatRate(w.Number("scheduled_per_s")))
}, Brief: func(results.Warning) string {
	return "the rate was not held: times grow for as long as it is offered, and are of no use but to show that"
}})

// Held says whether the rate that was offered arrived, in the launch in the middle:
// the messages that came took no longer to come than to be due. It is true where
// none was offered.
func (s Summary) Held() bool {
	var shares []float64
	for _, l := range s.OK {
		if scheduled := l.Metrics[results.ScheduledPerS]; scheduled > 0 {
			shares = append(shares, l.Metrics[results.AchievedPerS]/scheduled)
		}
	}
	return len(shares) == 0 || results.Median(shares) >= heldShare
}

func (s *Summary) warnOfRate() {
	if !s.Held() {
		s.warn(notHeld.With("achieved_per_s", s.Metrics[results.AchievedPerS].Median, "scheduled_per_s", s.Metrics[results.ScheduledPerS].Median))
	}
}
