package summary

import (
	"fmt"
	"maps"
	"slices"

	"ipcbench/results"
)

const (
	mixedShare = 0.2  // at least so much lies on either side of the gap
	mixedGap   = 2.0  // from one side of the gap to the other, as a ratio
	mixedIn    = 0.02 // at most so much lies in the gap
	mixedCount = 500  // with fewer times, a share of them says little
)

// ofTwoKinds is of launches whose times are.
var ofTwoKinds = results.Cautions(results.Caution{
	ID: "mixed",
	Words: func(w results.Warning) string {
		return fmt.Sprintf("in %s of %s launches the times are of two kinds, such as %s and %s: their median is of the more frequent",
			w.Text("mixed"), w.Text("launches"), results.FormatNS(w.Number("fast_ns")), results.FormatNS(w.Number("slow_ns")))
	},
	Brief: func(results.Warning) string {
		return "in some launches the times are of two kinds: their median is of the more frequent"
	},
})

// kinds returns the median of the faster and of the slower times where they are
// of two kinds, with next to nothing between. Such has a launch that changed its
// mode while it was measured.
func kinds(h results.Times) (fast, slow float64, two bool) {
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

// warnOfMixed warns of launches whose times were of two kinds: those of which the
// workload tells quantiles, and of one that is not known, all.
func (s *Summary) warnOfMixed(decoded map[string][]results.Times) {
	of := results.LookupWorkload(s.Workload).Of
	for _, name := range slices.Sorted(maps.Keys(decoded)) {
		if of != "" && name != of {
			continue
		}
		mixed, fast, slow := 0, 0.0, 0.0
		for _, h := range decoded[name] {
			if f, sl, two := kinds(h); two {
				mixed, fast, slow = mixed+1, f, sl
			}
		}
		if mixed > 0 {
			s.warn(ofTwoKinds.With("mixed", mixed, "launches", len(decoded[name]), "fast_ns", fast, "slow_ns", slow))
		}
	}
}
