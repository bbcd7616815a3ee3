package fleet

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/aclements/go-moremath/stats"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/effect"
)

// logs are the logarithms of what a host's runs say, of either side.
type logs struct {
	old, new []float64
	cpus     [2][]([2]int) // where its ends ran, by side
	dir      string        // where its files lie, on the new side where that is another
}

// A series is one metric of one cell on the hosts of a class.
type series struct {
	cell    results.Cell
	metric  string
	hosts   []logs // by the place of the host
	decides bool   // in all runs that have it
	isNew   bool   // the cell is one of the new side
}

// fill makes the rows of a class.
func (c *Class) fill(o Options) {
	type key struct {
		cell   results.Cell
		metric string
	}
	all := map[key]*series{}
	cells := identities{}
	failed := map[results.Cell]*Broken{}
	for place := range c.Hosts {
		host := &c.Hosts[place]
		host.pairs = compare.Counterparts(cells.in(host.Old), cells.in(host.New))
	}
	c.joinDirectories(cells)
	for place := range c.Hosts {
		host := &c.Hosts[place]
		for side, runs := range [][]*Run{host.Old, host.New} {
			for _, run := range runs {
				for _, v := range run.Values {
					if o.Metrics != nil && !slices.Contains(o.Metrics, v.Metric) || !(v.Median > 0) {
						continue
					}
					is := host.asNew(side, cells.of(v.Cell))
					k := key{c.joint(is), v.Metric}
					s := all[k]
					if s == nil {
						s = &series{metric: v.Metric, hosts: make([]logs, len(c.Hosts)), decides: true}
						all[k] = s
					}
					if s.cell.Transport == "" || side == newSide && !s.isNew {
						s.cell, s.isNew = *v.Cell, side == newSide
						s.cell.Dir = k.cell.Dir
					}
					s.decides = s.decides && v.Decides
					s.hosts[place].dir = is.Dir
					s.hosts[place].add(side, v)
				}
			}
		}
		c.addBroken(failed, cells, host)
	}
	for k, s := range all {
		if o.Metrics == nil && !s.isPrimary(func(metric string) *series { return all[key{k.cell, metric}] }) {
			continue
		}
		if row, ok := c.rowOf(s); ok {
			c.Rows = append(c.Rows, row)
		}
	}
	slices.SortFunc(c.Rows, func(a, b Row) int {
		if order := results.CompareCells(a.Cell, b.Cell); order != 0 {
			return order
		}
		return strings.Compare(a.Metric, b.Metric)
	})
	for _, broken := range failed {
		c.Broken = append(c.Broken, *broken)
	}
	slices.SortFunc(c.Broken, func(a, b Broken) int { return results.CompareCells(a.Cell, b.Cell) })
	slices.Sort(c.Moved)
}

// isPrimary says whether the metric is the one that decides on the cell: what is too coarse
// for the clock in one run decides in none.
func (s *series) isPrimary(of func(metric string) *series) bool {
	w := results.LookupWorkload(s.cell.Workload)
	main := of(w.Main)
	if w.Fine != "" && of(w.Fine) != nil && (main == nil || !main.decides) {
		return s.metric == w.Fine
	}
	return s.metric == w.Main
}

// The sides, by their places.
const (
	oldSide = iota
	newSide
)

// identities are what makes cells the same ones, asked once of each: many runs share it.
type identities map[*results.Cell]results.Cell

func (all identities) of(cell *results.Cell) results.Cell {
	identity, known := all[cell]
	if !known {
		identity = cell.Identity("stratum")
		all[cell] = identity
	}
	return identity
}

// in are those of the cells of runs, each once.
func (all identities) in(runs []*Run) []results.Cell {
	there := map[results.Cell]bool{}
	for _, run := range runs {
		for _, v := range run.Values {
			there[all.of(v.Cell)] = true
		}
		for _, cell := range run.Failed {
			there[all.of(cell)] = true
		}
	}
	return slices.Collect(maps.Keys(there))
}

// asNew is the cell that one of a side is compared with on the new one.
func (h *Host) asNew(side int, cell results.Cell) results.Cell {
	if other, paired := h.pairs[cell]; paired && side == oldSide {
		return other
	}
	return cell
}

func (l *logs) add(side int, v Value) {
	into := &l.old
	if side == newSide {
		into = &l.new
	}
	*into = append(*into, math.Log(v.Median))
	if at := [2]int{v.Cell.ProducerCPU, v.Cell.ConsumerCPU}; !slices.Contains(l.cpus[side], at) {
		l.cpus[side] = append(l.cpus[side], at)
	}
}

// isMoved says whether the cell is on other CPUs in some run: then no difference says
// anything of what is compared.
func (l logs) isMoved() bool {
	all := slices.Concat(l.cpus[0], l.cpus[1])
	return slices.ContainsFunc(all, func(at [2]int) bool { return at != all[0] })
}

// rowOf makes a row of the hosts that have the series on both sides: two at least.
func (c *Class) rowOf(s *series) (Row, bool) {
	row := Row{Cell: s.cell, Metric: s.metric}
	var variances, freedom, old, new []float64
	for place, l := range s.hosts {
		if len(l.old) == 0 || len(l.new) == 0 {
			continue
		}
		if l.isMoved() {
			c.Moved = append(c.Moved, fmt.Sprintf("%s on %s", s.cell.Describe(" ", "workload"), c.Hosts[place].Name))
			continue
		}
		from, a := meanOf(l.old)
		to, b := meanOf(l.new)
		d := float64(len(l.old) + len(l.new) - 2)
		row.On = append(row.On, OnHost{
			Host: place, Dir: l.dir, Old: math.Exp(from), New: math.Exp(to), OldRuns: len(l.old), NewRuns: len(l.new),
			Change: math.Expm1(to - from), Corrected: 1, ratio: effect.Ratio{Log: to - from},
		})
		variances, freedom = append(variances, (a+b)/max(d, 1)), append(freedom, d)
		old, new = append(old, math.Exp(from)), append(new, math.Exp(to))
	}
	if len(row.On) < 2 {
		return row, false
	}
	row.Old, row.New = results.Median(old), results.Median(new)
	moderated, of := effect.Moderate(variances, freedom)
	reaches := quantiles{}
	for i := range row.On {
		on := &row.On[i]
		on.ratio.Variance, on.ratio.Freedom = moderated[i]*(1/float64(on.OldRuns)+1/float64(on.NewRuns)), of[i]
		on.Own = ownOf(on.ratio, reaches)
	}
	return row, true
}

// meanOf returns the mean and the squares around it.
func meanOf(values []float64) (mean, squares float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return mean, squares
}

// ownOf is where the change of one host lies, of 95 %, by how runs differ; unknown where no
// host has two runs of a side.
func ownOf(r effect.Ratio, reaches quantiles) effect.Interval {
	if r.Variance == 0 || r.Freedom == 0 {
		return effect.Interval{Lo: math.NaN(), Hi: math.NaN()}
	}
	reach := math.Sqrt(r.Variance) * reaches.of(r.Freedom)
	return effect.Interval{Lo: math.Expm1(r.Log - reach), Hi: math.Expm1(r.Log + reach)}
}

// quantiles are those of Student's t, beyond which half of what is no confidence lies, by
// degrees of freedom. Each is looked for once, for it is dear: hosts of a row have few.
type quantiles map[float64]float64

func (q quantiles) of(freedom float64) float64 {
	reach, known := q[freedom]
	if !known {
		reach = quantile(freedom)
		q[freedom] = reach
	}
	return reach
}

func quantile(freedom float64) float64 {
	at := 1 - (1-results.Confidence)/2
	if math.IsInf(freedom, 1) || freedom > 1e4 {
		return stats.StdNormal.InvCDF(at)
	}
	return stats.InvCDF(stats.TDist{V: freedom})(at)
}

// addBroken adds the cells that fail in the host's new runs and in none of its old ones.
func (c *Class) addBroken(all map[results.Cell]*Broken, cells identities, host *Host) {
	after := map[results.Cell]results.Cell{}
	for _, run := range host.New {
		for _, cell := range run.Failed {
			after[cells.of(cell)] = *cell
		}
	}
	if len(after) == 0 {
		return
	}
	worked := map[results.Cell]bool{}
	for _, run := range host.Old {
		for _, v := range run.Values {
			worked[host.asNew(oldSide, cells.of(v.Cell))] = true
		}
	}
	for identity, cell := range after {
		if !worked[identity] {
			continue
		}
		joint := c.joint(identity)
		if all[joint] == nil {
			cell.Dir = joint.Dir
			all[joint] = &Broken{Cell: cell}
		}
		all[joint].Hosts = append(all[joint].Hosts, host.Name)
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
