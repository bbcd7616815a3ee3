package answer

import (
	"cmp"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/alike"
	"ipcbench/results/summary"
)

// held says up to which rate those that wait so keep up, where messages are
// offered at several: the greatest that each was found to hold. They are not tested
// against each other, for each was offered rates of its own.
func held(cells []summary.Summary, w results.Workload, st stance) []Choice {
	var best []summary.Summary
	for _, s := range cells {
		if s.Workload != w.Name || s.Launches == 0 || !st.has(s.Way()) || !s.Held() {
			continue
		}
		i := slices.IndexFunc(best, func(other summary.Summary) bool { return other.Course() == s.Course() })
		switch {
		case i < 0:
			best = append(best, s)
		case achieved(s) > achieved(best[i]):
			best[i] = s
		}
	}
	if len(best) == 0 {
		return nil
	}
	slices.SortStableFunc(best, func(a, b summary.Summary) int { return cmp.Compare(achieved(b), achieved(a)) })
	c := Choice{Purpose: purpose(w, best[0].SizeBytes, st), Measure: "Rate that is held, " + results.FormatSize(best[0].SizeBytes), Stance: st.words, More: true}
	var says []string
	for _, s := range best {
		rate := results.FormatRate(achieved(s))
		c.Ranks = append(c.Ranks, Rank{s.Transport, s.Family, []alike.Median{{Value: achieved(s), Text: rate}}, true})
		says = append(says, s.Transport+" keeps up with "+rate+" "+results.Where(s.Placement))
	}
	c.Says = strings.Join(says[:min(len(says), mostNamed)], "; ")
	return []Choice{c}
}

func achieved(s summary.Summary) float64 { return s.Metrics[results.AchievedPerS].Median }
