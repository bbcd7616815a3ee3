package results

import "fmt"

const (
	mixedShare = 0.2  // at least so much lies on either side of the gap
	mixedGap   = 2.0  // from one side of the gap to the other, as a ratio
	mixedIn    = 0.02 // at most so much lies in the gap
	mixedCount = 500  // with fewer times, a share of them says little
)

const mixedText = "launches the round trips are of two kinds"

// kinds returns the median of the faster and of the slower times where they are
// of two kinds, with next to nothing between. Such has a launch that changed its
// mode while it was measured.
func (h *Histogram) kinds() (fast, slow float64, two bool) {
	low, _ := h.Quantile(mixedShare)
	high, _ := h.Quantile(1 - mixedShare)
	if h.Count() < mixedCount || high < mixedGap*low {
		return 0, 0, false
	}
	for q := mixedShare; q+mixedIn <= 1-mixedShare; q += mixedIn / 2 {
		below, _ := h.Quantile(q)
		above, _ := h.Quantile(q + mixedIn)
		if above >= mixedGap*below {
			fast, _ = h.Quantile(q / 2)
			slow, _ = h.Quantile((1 + q + mixedIn) / 2)
			return fast, slow, true
		}
	}
	return 0, 0, false
}

// warnOfMixed warns of launches whose round trips were of two kinds.
func (s *Summary) warnOfMixed(histograms []*Histogram) {
	mixed, such := 0, ""
	for _, h := range histograms {
		if fast, slow, two := h.kinds(); two {
			mixed++
			such = FormatNS(fast) + " and " + FormatNS(slow)
		}
	}
	if mixed > 0 {
		s.warn(fmt.Sprintf("in %d of %d "+mixedText+", such as %s: their median is of the more frequent", mixed, len(histograms), such))
	}
}
