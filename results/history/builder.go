package history

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"ipcbench/internal/facts"
	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/summary"
)

// A Builder takes runs one at a time, in any order, and keeps of each no more than
// a history is made of.
type Builder struct {
	options Options
	runs    []compare.Run // their launches and most of the rest left out
	around  []map[string]string
	ids     map[string]bool
	series  map[key]*gathered
	order   []key
	floors  map[string]*Floor
	ofFloor []string
	points  int
	texts   map[string]string // each that is kept, once
}

// A key is what makes a series the same one in another run.
type key struct {
	cell   results.Cell
	metric string
}

// gathered is a series that is not complete.
type gathered struct {
	Series
	cpus   [2]int
	others string // that its placement means other CPUs in some run; ""
	short  bool   // the clock is too coarse for it in some run
}

// NewBuilder returns one without a run.
func NewBuilder(o Options) (*Builder, error) {
	o, err := o.complete()
	return &Builder{options: o, ids: map[string]bool{}, series: map[key]*gathered{}, floors: map[string]*Floor{}, texts: map[string]string{}}, err
}

// Add takes a run with its launches. It is an error where it was taken before, or
// there are more runs or results than [results.Bounds] allows.
func (b *Builder) Add(run results.Run, launches []results.Launch) error {
	if b.ids[run.ID()] {
		return fmt.Errorf("history: run %s is given twice: name each run once", run.Name)
	}
	if len(b.runs) == results.Bounds.Runs {
		return fmt.Errorf("history: there are more than %d runs, and no more are taken: name fewer", results.Bounds.Runs)
	}
	b.ids[run.ID()] = true
	number := len(b.runs)
	around := map[string]string{}
	for what, value := range compare.Around(run) {
		if value != "" {
			around[b.once(what)] = b.once(value)
		}
	}
	for _, cell := range summary.ByCell(launches) {
		b.addCell(number, cell)
		b.addMount(around, cell[0])
	}
	for _, floor := range run.Floors {
		b.addFloor(number, floor)
	}
	b.around = append(b.around, around)
	hardware := map[string]string{}
	for fact, value := range run.Host {
		if facts.Lookup(fact).Hardware {
			hardware[b.once(fact)] = b.once(value)
		}
	}
	b.runs = append(b.runs, compare.Run{Run: results.Run{Name: run.Name, Directory: run.Directory, Started: run.Started, Host: hardware}})
	if b.points > results.Bounds.Points {
		return fmt.Errorf("history: the runs have more than %d results, and no more are taken: name fewer runs", results.Bounds.Points)
	}
	return nil
}

// once returns the text, of which many runs have the same.
func (b *Builder) once(text string) string {
	if kept, has := b.texts[text]; has {
		return kept
	}
	b.texts[text] = text
	return text
}

// addCell adds a run's launches of a cell to its series.
func (b *Builder) addCell(number int, launches []results.Launch) {
	first := launches[0]
	w := results.LookupWorkload(first.Workload)
	metrics := b.options.Metrics
	if metrics == nil {
		metrics = []string{w.Main}
		if w.Fine != "" {
			metrics = append(metrics, w.Fine)
		}
	}
	for _, metric := range metrics {
		values := valuesOf(launches, metric)
		if len(values) < len(launches) {
			continue // those that have it are the fast ones, and do not stand for the others
		}
		k := key{first.Identity("stratum"), metric}
		s, seen := b.series[k]
		if !seen {
			s = &gathered{Series: Series{Metric: metric}, cpus: [2]int{first.ProducerCPU, first.ConsumerCPU}}
			b.series[k] = s
			b.order = append(b.order, k)
		}
		s.Cell = first.Cell
		s.Cell.Stratum = ""
		s.short = s.short || results.Deciding(w.Name, launches) != w.Main
		if cpus := [2]int{first.ProducerCPU, first.ConsumerCPU}; cpus != s.cpus && s.others == "" {
			s.others = fmt.Sprintf("different placement: %s is CPUs %d-%d and CPUs %d-%d", first.Placement, s.cpus[0], s.cpus[1], cpus[0], cpus[1])
		}
		e := summary.EstimateOf(values)
		s.Points = append(s.Points, Point{number, e.Median, e.Lo, e.Hi, e.N})
		b.points++
	}
}

func valuesOf(launches []results.Launch, metric string) []float64 {
	var values []float64
	for _, l := range launches {
		if value, has := l.Metrics[metric]; has {
			values = append(values, value)
		}
	}
	return values
}

// addMount adds where a cell lay to what is around a run.
func (b *Builder) addMount(around map[string]string, l results.Launch) {
	if l.Dir != "" {
		around[b.once("fstype of "+l.Dir)] = b.once(l.FSType)
		around[b.once("mount options of "+l.Dir)] = b.once(l.Mount)
	}
}

func (b *Builder) addFloor(number int, floor results.Floor) {
	name := fmt.Sprint(floor.Name, floor.SizeBytes, floor.CPUs)
	f, seen := b.floors[name]
	if !seen {
		f = &Floor{Floor: results.Floor{Name: floor.Name, SizeBytes: floor.SizeBytes, CPUs: floor.CPUs, Doc: b.once(floor.Doc)}}
		b.floors[name] = f
		b.ofFloor = append(b.ofFloor, name)
	}
	e := summary.Estimate{Median: floor.NS, Lo: math.NaN(), Hi: math.NaN()} // of a run of an older version
	var samples []float64
	for _, sample := range floor.Samples {
		samples = append(samples, sample.NS)
	}
	if len(samples) > 0 {
		e = summary.EstimateOf(samples)
	}
	f.Points = append(f.Points, Point{number, e.Median, e.Lo, e.Hi, e.N})
	b.points++
}

// sorted returns the places of the runs in the order in which they started.
func (b *Builder) sorted() []int {
	order := make([]int, len(b.runs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(b.runs[i].Started.Compare(b.runs[j].Started), cmp.Compare(b.runs[i].Name, b.runs[j].Name))
	})
	return order
}
