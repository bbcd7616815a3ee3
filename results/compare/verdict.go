package compare

import (
	"fmt"
	"math"
	"strings"

	"github.com/aclements/go-moremath/stats"

	"ipcbench/results"
	"ipcbench/results/effect"
	"ipcbench/results/summary"
)

// A Verdict is what can be said of one metric of one cell.
type Verdict string

// The verdicts.
const (
	Faster         Verdict = "faster" // better: a shorter time, a greater rate, a lower cost
	Slower         Verdict = "slower" // worse
	Same           Verdict = "same"   // the whole interval lies within Options.Same of no change
	Noisy          Verdict = "noisy"  // the data allow both a change and none
	MachineChanged Verdict = "machine-changed"
)

// A Tone is how a verdict is coloured.
type Tone string

// The tones.
const (
	Good    Tone = "good"
	Bad     Tone = "bad"
	Calm    Tone = "calm"    // nothing changed
	Open    Tone = "open"    // nothing is known
	Suspect Tone = "suspect" // it is not what it seems
)

// A Judgement is what is known of a verdict.
type Judgement struct {
	Verdict Verdict
	Tone    Tone
	Mark    string                  // where there is room for one: "▲"
	Words   string                  // in a row and a legend: "too noisy to tell"
	Brief   string                  // where there is little room: "noisy"
	Counted string                  // in a count of several: "7 too noisy"
	Means   func(Comparison) string // what is so of the corrected interval
}

// Judgements are all there are, in the order in which they are counted.
var Judgements = []Judgement{
	{Faster, Good, "▲", "faster", "faster", "faster", func(Comparison) string { return "it is on the better side of 0" }},
	{Slower, Bad, "▼", "slower", "slower", "slower", func(Comparison) string { return "it is on the worse side of 0" }},
	{Same, Calm, "=", "same", "same", "same", func(c Comparison) string {
		return "all of it lies within ±" + results.FormatPercentAsGiven(c.Options.Same) + " of 0"
	}},
	{Noisy, Open, "?", "too noisy to tell", "noisy", "too noisy", func(c Comparison) string {
		return "none of these, or too few " + plural(c.Replicate) + " for such an interval; about so many a side might"
	}},
	{MachineChanged, Suspect, "!", "the machine changed", "the machine", "with the machine", func(Comparison) string {
		return "it is on one side of 0, and so is the interval of a floor, which reaches as far as the change; or it is so by launches alone in which other work had the CPUs"
	}},
}

// Judgement is what is known of the verdict.
func (v Verdict) Judgement() Judgement {
	for _, j := range Judgements {
		if j.Verdict == v {
			return j
		}
	}
	return Judgement{v, Open, "?", string(v), string(v), string(v), func(Comparison) string { return "this version does not know" }}
}

// IsChange says whether the verdict is that the cell got better or worse.
func (v Verdict) IsChange() bool {
	tone := v.Judgement().Tone
	return tone == Good || tone == Bad
}

// Marked says the row's verdict in as little room as there can be: "▲ 9.5×", and of
// what is too noisy what it may be: "? [−8.4 %, +5.1 %]".
func (r Row) Marked() string {
	mark := r.Verdict.Judgement().Mark
	switch {
	case r.Verdict == Same:
		return mark + " ±" + results.FormatPercent(r.Within)
	case r.Verdict == Noisy && r.Lo > 1.0/10-1 && r.Hi < 10-1:
		return mark + " " + effect.FormatInterval(r.Effect)
	case r.Verdict == Noisy: // it may be anything
		return mark
	}
	return strings.TrimSpace(mark + " " + howMuch(r.Change))
}

// Words says the row's verdict as people do: "same within 1.2 %".
func (r Row) Words() string {
	if might := r.might(); might != "" {
		return r.words() + ", " + might + " might"
	}
	return r.words()
}

const within = " within "

func (r Row) words() string {
	if r.Verdict == Same {
		return r.Verdict.Judgement().Words + within + results.FormatPercent(r.Within)
	}
	return r.Verdict.Judgement().Words
}

// might is how many replicates might tell what these do not, "" where that is not
// known.
func (r Row) might() string {
	if r.Verdict == Noisy && r.Needed > 0 {
		return fmt.Sprintf("%d a side", r.Needed)
	}
	return ""
}

// families divides rows by what is corrected together: all that the headline
// counts are one family, whatever they are of, so that its promise is kept for
// the whole of it. Each further metric is one of its own: the metrics of a cell
// are views of the same launches, and whoever looks at one more should not see
// less in the headline.
func families(rows []Row, counted func(Row) bool) [][]*Row {
	const headline = ""
	var order []string
	byName := map[string][]*Row{}
	for i := range rows {
		name := rows[i].Metric
		if counted(rows[i]) {
			name = headline
		}
		if byName[name] == nil {
			order = append(order, name)
		}
		byName[name] = append(byName[name], &rows[i])
	}
	var list [][]*Row
	for _, name := range order {
		list = append(list, byName[name])
	}
	return list
}

// judge corrects a family of rows and gives each its verdict.
func judge(family []*Row, replicate string, o Options) {
	var effects []*effect.Effect
	for _, row := range family {
		effects = append(effects, &row.Effect)
	}
	effect.Correct(effects, o.Alpha)
	for _, row := range family {
		row.Verdict, row.Because = Noisy, ""
		switch {
		case row.isChange(o.Alpha):
			row.Verdict = row.direction()
			suspect, found := row.suspect()
			switch {
			case found && o.InTurn:
				row.Because = suspect.sentence()
			case found:
				row.Verdict, row.Because = MachineChanged, suspect.sentence()
			case row.isOfOthers(o.Alpha):
				row.Verdict, row.Because = MachineChanged, row.contention()
			}
		case row.isSame(o.Same):
			row.Verdict, row.Within = Same, max(math.Abs(row.Lo), math.Abs(row.Hi), row.finest())
		default:
			row.explain(replicate, o)
		}
	}
}

// Judge is the verdict on an effect by itself, once it was corrected, and for Same within
// what it is that: where the machine has nothing to say, or is what is asked about.
func Judge(e effect.Effect, metric string, o Options) (verdict Verdict, within float64) {
	row := Row{Metric: metric, Effect: e}
	switch {
	case row.isChange(o.Alpha):
		return row.direction(), 0
	case row.isSame(o.Same):
		return Same, max(math.Abs(e.Lo), math.Abs(e.Hi))
	}
	return Noisy, 0
}

// isChange says whether the row is a change: by its corrected p-value, with which
// its interval agrees. A change so small that nobody would mind it is one all
// the same: the number says so.
func (r Row) isChange(alpha float64) bool {
	if !(r.Corrected <= alpha) { // also if it was not tested
		return false
	}
	if math.IsNaN(r.Change) {
		return r.New.Median != r.Old.Median
	}
	return r.Lo > 0 || r.Hi < 0
}

// level is that of the corrected interval, NaN where the row was not tested.
func (r Row) level(o Options) float64 {
	if r.Among == 0 {
		return math.NaN()
	}
	return o.Alpha / float64(r.Among)
}

// isSame says whether the interval that is shown lies within what counts as the
// same. It is the corrected one. That of the cell alone would do for a cell named
// beforehand; "same within 1.2 %" is found by looking at all of them, as a
// change is, and 1.2 % has to be the end of the interval beside it.
// And the clock has to be one that would have shown more.
func (r Row) isSame(same float64) bool {
	return r.Lo >= -same && r.Hi <= same && r.finest() <= same
}

// isBounded says whether the clock bounds within what the row is the same.
func (r Row) isBounded() bool { return r.Verdict == Same && r.Within > 0 && r.Within == r.finest() }

// finest is the least change that the clock can tell, as a ratio.
func (r Row) finest() float64 { return max(r.Old.Finest(), r.New.Finest()) }

func (r Row) direction() Verdict {
	grew := r.Change > 0 || math.IsNaN(r.Change) && r.New.Median > r.Old.Median
	if grew == r.metric().More {
		return Faster
	}
	return Slower
}

// explain says of a noisy row what is in the way, and what would help.
func (r *Row) explain(replicate string, o Options) {
	if r.Because = r.obstacle(replicate, o); r.Because != "" {
		return
	}
	var spread string
	spread, r.modal = r.spread(replicate)
	needed := r.needed(o)
	if needed > 1000 {
		r.Because = "not even a thousand a side would tell, but less disturbance might"
		return
	}
	r.Needed = int(needed)
	r.Because = fmt.Sprintf("%s: about %d a side could tell%s", spread, r.Needed, r.remedy(r.Needed))
}

// obstacle says why no launches like these could tell, or nothing where it is
// only their spread.
func (r Row) obstacle(replicate string, o Options) string {
	least := min(r.Old.N, r.New.N)
	switch {
	case math.IsNaN(r.P):
		return fmt.Sprintf("only %d runs of a side have a result of it: %d would do", least, leastRuns)
	case math.IsNaN(r.Change):
		return "the old median is 0: there is no ratio to it"
	case replicate == byLaunch && !effect.CanTell(r.Old.N, r.New.N, o.Alpha, r.Among):
		could := effect.LeastReplicates(o.Alpha, r.Among)
		return fmt.Sprintf("too few launches to tell among %d cells, %d on a side: %d a side could%s", r.Among, least, could, r.remedy(could))
	case r.finest() > o.Same && r.Lo >= -r.finest() && r.Hi <= r.finest():
		return fmt.Sprintf("the clock moves in steps of %s of it, and cannot tell less", results.FormatPercent(r.finest()))
	case math.IsNaN(r.Lo):
		return fmt.Sprintf("%d %s a side are too few for an interval", least, plural(replicate))
	}
	return ""
}

// remedy is the flag that gives so many launches a side, where a side is one run. Of those
// that it was to make, some may have failed, or count for another row.
func (r Row) remedy(launches int) string {
	if r.planned == 0 {
		return ""
	}
	had := max(1, min(r.Old.N, r.New.N))
	made := max(had, r.planned)
	return fmt.Sprintf(": -n %d", (launches*made+had-1)/had)
}

// needed returns about how many replicates a side would tell if the next ones
// were like these. An interval narrows, and a test statistic grows, with the
// square root of their number: until the p-value, corrected for the number of
// cells that are not shown to have changed, shows the change, or until the interval lies within what counts as the
// same, whichever comes first.
func (r Row) needed(o Options) float64 {
	score := func(p float64) float64 { return stats.StdNormal.InvCDF(1 - p/2) }
	toChange := score(o.Alpha/float64(r.Among)) / score(r.P)
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
			if modes := summary.ModesOf(side.ones); modes != nil {
				return fmt.Sprintf("launches of the %s side fall into modes, %s", side.name, r.list(modes)), true
			}
		}
	}
	return fmt.Sprintf("%s of a side differ by %s", plural(replicate), results.FormatSpread(max(r.Old.CV, r.New.CV))), false
}

func (r Row) list(modes []summary.Mode) string {
	var list []string
	for _, mode := range modes {
		list = append(list, fmt.Sprintf("%s ×%d", r.metric().Format(mode.Value), mode.Launches))
	}
	return strings.Join(list, " and ")
}
