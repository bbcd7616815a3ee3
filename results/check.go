package results

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// Bounds are the most that a run directory is taken to hold. They are far beyond
// what any run makes (ten launches of each of 2,000 cells are 20 MB), and keep
// what somebody sends from filling the memory, or from being drawn for ever.
// Whatever passes can be summarized, drawn and compared in a time that grows with
// the number of its cells.
var Bounds = struct {
	RunBytes      int64 // of run.json
	LaunchesBytes int64 // of launches.jsonl, and of why.jsonl
	LineBytes     int   // of a launch in there
	Launches      int   // of a run
	Cells         int   // that these are of
	Subjects      int   // transports, and directories, of these cells
	Settings      int   // placements and whatever else must not be mixed, each of which has charts of its own
	Times         int64 // in the histogram of a launch
	Percentiles   int   // that are asked for, each of which is a column
	Runs          int   // that one history is of
	Points        int   // of its cells: a median each

	Name  int     // bytes of a name: a transport's, a metric's, a label's key
	Short int     // of a name that files are called after: a workload's, a placement's
	Text  int     // of a path, a label's value, what a floor is
	Prose int     // of a reason, a warning, what a machine says of itself
	List  int     // entries of a list or a map
	Least float64 // of what is not 0
	Most  float64 // of any number, in its unit: 1e18 ns are 31 years
}{
	RunBytes: 64 << 20, LaunchesBytes: 2 << 30, LineBytes: 8 << 20, Launches: 2_000_000, Cells: 20_000, Subjects: 1000, Settings: 5000, Times: 1e12, Percentiles: 32, Runs: 20_000, Points: 5_000_000,
	Name: 256, Short: 64, Text: 4096, Prose: 256 << 10, List: 4096, Least: 1e-18, Most: 1e18,
}

// A check collects the first thing that is wrong.
type check struct{ err error }

func (c *check) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

func (c *check) text(what, text string, most int) {
	if len(text) > most {
		c.fail("its %s has %d bytes, and no more than %d are taken", what, len(text), most)
	}
}

func (c *check) texts(what string, texts []string, most int) {
	c.amount(what, len(texts))
	for _, text := range texts {
		c.text(what, text, most)
	}
}

func (c *check) textsByName(what string, texts map[string]string, most int) {
	c.amount(what, len(texts))
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		c.text(what, name, Bounds.Name)
		c.text(what+" "+clip(name), texts[name], most)
	}
}

// amount is that of a list's entries.
func (c *check) amount(what string, n int) {
	if n > Bounds.List {
		c.fail("it has %d %s, and no more than %d are taken", n, what, Bounds.List)
	}
}

// number is of what is measured: none is negative.
func (c *check) number(what string, value float64) {
	if !(value == 0 || value >= Bounds.Least && value <= Bounds.Most) {
		c.fail("its %s is %v", what, value)
	}
}

// numbers are what is counted or measured of an end or of the machine.
func (c *check) numbers(what string, values ...float64) {
	for _, value := range values {
		if !(math.Abs(value) <= Bounds.Most) {
			c.fail("its %s is %v", what, value)
		}
	}
}

func (c *check) numbersByName(what string, values map[string]float64) {
	c.amount(what, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		c.text(what, name, Bounds.Name)
		c.number(clip(name), values[name])
	}
}

// size is that of a message, in bytes.
func (c *check) size(bytes int) {
	if bytes < 1 || int64(bytes) > 1<<40 {
		c.fail("its messages have %d bytes", bytes)
	}
}

// clip keeps a name that is too long out of a message.
func clip(name string) string { return name[:min(len(name), Bounds.Short)] }

func (c *check) warnings(warnings []Warning) {
	c.amount("warnings", len(warnings))
	for _, w := range warnings {
		c.text("warning", w.ID, Bounds.Name)
		c.amount("values of a warning", len(w.Values))
		for name := range w.Values {
			c.text("warning", name, Bounds.Name)
			c.text("warning", w.Text(name), Bounds.Prose)
			c.numbers("warning", w.Number(name))
		}
	}
}

// check returns what a launch cannot have been recorded with. What a reader
// lets pass would be summarized, compared and believed.
func (l Launch) check() error {
	var c check
	switch l.Status {
	case OK, Skipped, Failed:
	default:
		c.fail("its status is %q", clip(string(l.Status)))
	}
	c.cell(l.Cell)
	c.text("run", l.Run, Bounds.Name)
	c.text("reason", l.Reason, Bounds.Prose)
	c.number("messages", float64(l.Messages))
	c.number("bytes", float64(l.Bytes))
	c.number("elapsed_ns", float64(l.ElapsedNS))
	c.number("waiting_messages", float64(l.Waiting))
	c.number("verified_messages", float64(l.Verified))
	c.numbers("place", float64(l.Launch), float64(l.Order))
	c.numbersByName("metrics", l.Metrics)
	c.textsByName("histograms", l.Histograms, Bounds.LineBytes)
	c.textsByName("labels", l.Labels, Bounds.Text)
	if l.Profile != nil {
		c.profile(*l.Profile)
	}
	c.warnings(l.Warnings)
	c.amount("slices", len(l.SlicesNS))
	c.numbers("slices_ns", l.SlicesNS...)
	c.amount("round trips of a cache line", len(l.CacheLineNS))
	c.numbers("cache_line_ns", l.CacheLineNS...)
	if l.ClockErrorNS != nil {
		c.numbers("clock_error_ns", float64(*l.ClockErrorNS))
	}
	if j := l.Jitter; j != nil {
		c.numbers("jitter", float64(j.StealNS), float64(j.CPUs), float64(j.WatchedNS), float64(j.Throttled), float64(j.Stalls), float64(j.WorstNS))
	}
	c.amount("parts", len(l.Parts))
	for _, p := range l.Parts {
		c.number("messages of a part", float64(p.Messages))
		c.number("elapsed_ns of a part", float64(p.ElapsedNS))
	}
	c.amount("workers", len(l.Workers))
	for _, w := range l.Workers {
		c.worker(w)
	}
	return c.err
}

func (c *check) cell(of Cell) {
	c.size(of.SizeBytes)
	for _, name := range []struct{ what, text string }{
		{"transport", of.Transport}, {"family", of.Family}, {"kind", of.Kind}, {"group", of.Group}, {"wait", of.Wait}, {"waits", of.Waits},
		{"needs", of.Needs}, {"pushed", of.Pushed}, {"fstype", of.FSType},
	} {
		c.text(name.what, name.text, Bounds.Name)
	}
	c.text("workload", of.Workload, Bounds.Short)
	c.text("placement", of.Placement, Bounds.Short)
	c.text("variant", of.Variant, Bounds.Short)
	for _, name := range []struct{ what, text string }{{"arrivals", of.Arrivals}, {"pacing", of.Pacing}, {"sharing", of.Sharing}} {
		c.text(name.what, name.text, Bounds.Short)
	}
	c.text("size_mix", of.SizeMix, Bounds.Name)
	c.text("dir", of.Dir, Bounds.Text)
	c.text("mount_options", of.Mount, Bounds.Prose)
	c.numbers("CPU", float64(of.ProducerCPU), float64(of.ConsumerCPU))
	c.number("pairs", float64(of.Pairs))
	c.number("rate_per_s", of.RatePerS)
	c.number("batch", float64(of.Batch))
	c.number("work_ns", float64(of.WorkNS))
	c.number("think_ns", float64(of.ThinkNS))
	c.number("fan_in", float64(of.FanIn))
	c.number("fan_out", float64(of.FanOut))
}

func (c *check) worker(w Worker) {
	c.text("side", w.Side, Bounds.Short)
	c.text("exit", w.Exit, Bounds.Prose)
	c.text("last_words", w.LastWords, Bounds.Prose)
	c.text("shared_table", w.SharedTable, Bounds.Prose)
	c.numbers("worker", float64(w.CPUNS), float64(w.UserNS), float64(w.SystemNS), float64(w.Voluntary), float64(w.Preempted),
		float64(w.Minor), float64(w.Major), float64(w.Mallocs), float64(w.GCs), float64(w.StampEvery), w.ClockNS, float64(w.TickNS), w.StampNS)
	c.amount("threads", len(w.Threads))
	for _, t := range w.Threads {
		c.texts("thread", []string{t.State, t.Call, t.Channel}, Bounds.Name)
		c.numbers("CPU", float64(t.CPU))
	}
	c.amount("buffers", len(w.Buffers))
	for _, name := range slices.Sorted(maps.Keys(w.Buffers)) {
		c.text("buffer", name, Bounds.Name)
		c.numbers("buffer", float64(w.Buffers[name]))
	}
	c.numbersByName("perf events", w.Perf)
	c.textsByName("missing perf events", w.PerfMissing, Bounds.Prose)
	if w.Sampled != nil {
		c.sampled(*w.Sampled)
	}
}

// check is Launch.check for what is known of a run.
func (r Run) check() error {
	var c check
	c.text("name", r.Name, Bounds.Name)
	c.text("directory", r.Directory, Bounds.Name)
	c.text("version", r.Version, Bounds.Name)
	c.text("program", r.Program, Bounds.Name)
	c.text("status", string(r.Status), Bounds.Short)
	c.text("cut_short", r.CutShort, Bounds.Prose)
	c.texts("args", r.Args, Bounds.Prose)
	c.texts("specs", r.Plan.Specs, Bounds.Name)
	c.texts("workloads", r.Plan.Workloads, Bounds.Short)
	c.texts("placements", r.Plan.Placements, Bounds.Short)
	c.texts("dirs", r.Plan.Dirs, Bounds.Text)
	c.text("warmup", r.Plan.Warmup, Bounds.Name)
	c.text("verify", r.Plan.Verify, Bounds.Name)
	c.numbers("until", r.Plan.Until)
	c.furtherAxes(r.Plan)
	if n := len(r.Plan.Percentiles); n > Bounds.Percentiles {
		c.fail("it has %d percentiles, and no more than %d are taken", n, Bounds.Percentiles)
	}
	for _, percent := range r.Plan.Percentiles {
		if !isPercentile(percent) {
			c.fail("its percentile is %v", percent)
		}
	}
	c.amount("variants", len(r.Plan.Variants))
	for _, v := range r.Plan.Variants {
		c.variant(v)
	}
	c.amount("sizes", len(r.Plan.Sizes))
	for _, size := range r.Plan.Sizes {
		c.size(size)
	}
	c.textsByName("labels", r.Labels, Bounds.Text)
	c.textsByName("host", r.Host, Bounds.Prose)
	c.storage(r.Storage)
	c.warnings(r.Warnings)
	c.amount("floors", len(r.Floors))
	for _, f := range r.Floors {
		c.floor(f)
	}
	return c.err
}

// furtherAxes are those that only some workloads have.
func (c *check) furtherAxes(p Plan) {
	for name, n := range map[string]int{
		"rates": len(p.Rates), "pairs": len(p.Pairs), "batches": len(p.Batches), "work": len(p.WorkNS), "think": len(p.ThinkNS),
		"fan_in": len(p.FanIn), "fan_out": len(p.FanOut),
	} {
		c.amount(name, n)
	}
	c.numbers("rates_per_s", p.Rates...)
	c.texts("arrivals", p.Arrivals, Bounds.Short)
	c.texts("pacings", p.Pacings, Bounds.Short)
	c.texts("size_mixes", p.Mixes, Bounds.Name)
}

func (c *check) storage(byDir map[string][]Layer) {
	c.amount("storage", len(byDir))
	for _, dir := range slices.Sorted(maps.Keys(byDir)) {
		c.text("dir", dir, Bounds.Text)
		c.amount("layers of "+clip(dir), len(byDir[dir]))
		for i := range byDir[dir] {
			for _, text := range byDir[dir][i].texts() {
				c.text("storage of "+clip(dir), *text, Bounds.Prose)
			}
		}
	}
}

func (c *check) variant(v Variant) {
	c.text("variant", v.Name, Bounds.Short)
	c.text("variant "+clip(v.Name), v.Text, Bounds.Prose)
	c.text("switch", v.Switch, Bounds.Prose)
	c.texts("specs", v.Specs, Bounds.Name)
	c.texts("placements", v.Placements, Bounds.Short)
	c.texts("dirs", v.Dirs, Bounds.Text)
	c.textsByName("labels", v.Labels, Bounds.Text)
}

func (c *check) floor(f Floor) {
	c.text("floor", f.Name, Bounds.Name)
	c.text("floor "+clip(f.Name), f.Doc, Bounds.Text)
	c.amount("CPUs of a floor", len(f.CPUs))
	c.numbers("floor "+clip(f.Name), f.NS, float64(f.SizeBytes))
	for _, s := range f.Samples { // as many as fit in the file: they are only counted and sorted
		c.numbers("floor "+clip(f.Name), s.NS)
	}
}

// CheckLabel says why a record could not be read again with such a label.
func CheckLabel(key, value string) error {
	var c check
	c.text("key", key, Bounds.Name)
	c.text("value", value, Bounds.Text)
	return c.err
}

// amounts count what there is in a run.
type amounts struct {
	launches         int
	cells            map[Cell]Cell // each once: its launches share its texts
	transports, dirs map[string]bool
	settings         map[Cell]bool
}

func newAmounts() *amounts {
	return &amounts{cells: map[Cell]Cell{}, transports: map[string]bool{}, dirs: map[string]bool{}, settings: map[Cell]bool{}}
}

// add counts a launch, and says where there are more of anything than are taken.
func (a *amounts) add(l *Launch) error {
	a.launches++
	if cell, known := a.cells[l.Cell]; known {
		l.Cell = cell
	} else {
		a.cells[l.Cell] = l.Cell
		a.transports[l.Transport], a.dirs[l.Dir], a.settings[l.Setting()] = true, true, true
	}
	for _, amount := range []struct {
		what    string
		n, most int
	}{
		{"launches", a.launches, Bounds.Launches}, {"cells", len(a.cells), Bounds.Cells}, {"transports", len(a.transports), Bounds.Subjects},
		{"directories", len(a.dirs), Bounds.Subjects}, {"placements and rates", len(a.settings), Bounds.Settings},
	} {
		if amount.n > amount.most {
			return fmt.Errorf("no more than %d %s are taken: split the plan over several runs", amount.most, amount.what)
		}
	}
	return nil
}
