package compare

import (
	"fmt"
	"math"
	"strings"

	"github.com/aclements/go-moremath/stats"

	"ipcbench/results"
)

// judge gives each row its verdict.
func judge(rows []Row, replicate string, o Options) {
	cells := map[string]int{} // tested, by metric
	for _, row := range rows {
		if !math.IsNaN(row.P) {
			cells[row.Metric]++
		}
	}
	for i := range rows {
		row := &rows[i]
		row.Verdict, row.Because = Noisy, ""
		switch {
		case row.isChange(o.Alpha):
			row.Verdict = row.direction()
			if suspect, found := row.suspect(); found {
				row.Verdict, row.Because = MachineChanged, suspect.sentence()
			}
		case row.isSame(o.Same):
			row.Verdict, row.Within = Same, max(math.Abs(row.Lo), math.Abs(row.Hi))
		default:
			row.explain(cells[row.Metric], replicate, o)
		}
	}
}

// isChange says whether the row is a change: by its corrected p-value and, so
// that what is printed agrees with itself, by its interval. A change so small
// that nobody would mind it is one all the same: the number says so.
func (r Row) isChange(alpha float64) bool {
	if !(r.Corrected <= alpha) { // also if it was not tested
		return false
	}
	if math.IsNaN(r.Change) {
		return r.New.Median != r.Old.Median
	}
	return r.Lo > 0 || r.Hi < 0
}

func (r Row) isSame(same float64) bool { return r.Lo >= -same && r.Hi <= same }

func (r Row) direction() Verdict {
	grew := r.Change > 0 || math.IsNaN(r.Change) && r.New.Median > r.Old.Median
	if grew == results.MoreIsBetter(r.Metric) {
		return Faster
	}
	return Slower
}

// explain says of a noisy row what is in the way, and what would help.
func (r *Row) explain(cells int, replicate string, o Options) {
	if r.Because = r.obstacle(cells, replicate, o); r.Because != "" {
		return
	}
	var spread string
	spread, r.modal = r.spread(replicate)
	needed := r.needed(cells, o)
	if needed > 1000 {
		r.Because = "not even a thousand a side would tell, but less disturbance might"
		return
	}
	r.Needed = int(needed)
	r.Because = fmt.Sprintf("%s: about %d a side could tell%s", spread, r.Needed, r.remedy(r.Needed))
}

// obstacle says why no launches like these could tell, or nothing where it is
// only their spread.
func (r Row) obstacle(cells int, replicate string, o Options) string {
	least := min(r.Old.N, r.New.N)
	switch {
	case math.IsNaN(r.P):
		return fmt.Sprintf("only %d runs of a side have a result of it: %d would do", least, leastRuns)
	case math.IsNaN(r.Change):
		return "the old median is 0: there is no ratio to it"
	case replicate == byLaunch && (uTest{r.Old.N, r.New.N}).p(0)*float64(cells) > o.Alpha:
		could := leastLaunches(o.Alpha, cells)
		return fmt.Sprintf("too few launches to tell among %d cells, %d on a side: %d a side could%s", cells, least, could, r.remedy(could))
	case math.IsNaN(r.Lo):
		return fmt.Sprintf("%d %s a side are too few for an interval", least, plural(replicate))
	}
	return ""
}

// remedy is the flag that gives so many launches a side, where a side is one
// run.
func (r Row) remedy(launches int) string {
	if r.oneRunEach {
		return fmt.Sprintf(": -n %d", launches)
	}
	return ""
}

// needed returns about how many replicates a side would tell if the next ones
// were like these. An interval narrows, and a test statistic grows, with the
// square root of their number: until the p-value, corrected for the number of
// cells, shows the change, or until the interval lies within what counts as the
// same, whichever comes first.
func (r Row) needed(cells int, o Options) float64 {
	score := func(p float64) float64 { return stats.StdNormal.InvCDF(1 - p/2) }
	toChange := score(o.Alpha/float64(cells)) / score(r.P)
	toSame := math.Inf(1)
	if room := o.Same - math.Abs(r.Change); room > 0 {
		toSame = (r.Hi - r.Lo) / 2 / room
	}
	n := float64(min(r.Old.N, r.New.N))
	return max(n+1, math.Ceil(n*math.Pow(min(toChange, toSame), 2)))
}

// spread says how the replicates differ among themselves: in modes, where
// something decides on each launch anew, or by how much.
func (r Row) spread(replicate string) (text string, modal bool) {
	if replicate == byLaunch {
		for _, side := range []struct {
			name string
			ones []float64
		}{{"old", r.OldOnes}, {"new", r.NewOnes}} {
			if modes := results.ModesOf(side.ones); modes != nil {
				return fmt.Sprintf("launches of the %s side fall into modes, %s", side.name, r.list(modes)), true
			}
		}
	}
	return fmt.Sprintf("%s of a side differ by %s", plural(replicate), percent(max(r.Old.CV, r.New.CV))), false
}

func (r Row) list(modes []results.Mode) string {
	var list []string
	for _, mode := range modes {
		list = append(list, fmt.Sprintf("%s ×%d", format(r.Metric, mode.Value), mode.Launches))
	}
	return strings.Join(list, " and ")
}

// leastLaunches returns how many launches a side can be told apart among so
// many cells, if all of one side are below all of the other.
func leastLaunches(alpha float64, cells int) int {
	n := 2
	for (uTest{n, n}).p(0)*float64(cells) > alpha {
		n++
	}
	return n
}

// percent writes a ratio to two significant digits: "0.42 %", "12 %".
func percent(ratio float64) string {
	decimals := 0
	switch size := 100 * math.Abs(ratio); {
	case size < 0.995:
		decimals = 2
	case size < 9.95:
		decimals = 1
	}
	return fmt.Sprintf("%.*f %%", decimals, 100*math.Abs(ratio))
}
