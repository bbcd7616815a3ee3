package results

import "ipcbench/internal/quote"

// What a record holds is foreign: labels, directories and reasons are what
// somebody or the kernel said, and a record may be a stranger's. It is read as
// text that can be shown: see [quote.Line]. Only reasons and other prose keep
// their lines. The record itself stays as it is.

func (l *Launch) quote() {
	l.Cell.quote()
	quoteLine(&l.Run)
	quoteLines(&l.Reason)
	quoteWarnings(l.Warnings)
	l.Metrics = quoteNames(l.Metrics)
	l.Histograms = quoteNames(l.Histograms) // their texts are base64, or no histogram
	l.Labels = quoteTexts(l.Labels)
	if p := l.Profile; p != nil {
		quoteLine(&p.Event)
		for _, text := range []*string{&p.NoKernel, &p.Unnamed, &p.Missing} {
			quoteLines(text)
		}
	}
	for i := range l.Workers {
		l.Workers[i].quote()
	}
}

func (c *Cell) quote() {
	c.Stratum = "" // that follows from all launches of a run, and no record says it
	for _, text := range []*string{&c.Transport, &c.Family, &c.Kind, &c.Group, &c.Wait, &c.Waits, &c.Needs, &c.Pushed, &c.Workload, &c.Placement, &c.Variant, &c.Dir, &c.FSType, &c.Mount,
		&c.Arrivals, &c.Pacing, &c.Sharing, &c.SizeMix} {
		quoteLine(text)
	}
}

// Quoted is the cell with texts that can be shown, where it is of no record.
func (c Cell) Quoted() Cell {
	c.quote()
	return c
}

func (w *Worker) quote() {
	quoteLine(&w.Side)
	for _, text := range []*string{&w.Exit, &w.LastWords, &w.SharedTable} {
		quoteLines(text)
	}
	for i := range w.Threads {
		for _, text := range []*string{&w.Threads[i].State, &w.Threads[i].Call, &w.Threads[i].Channel} {
			quoteLine(text)
		}
	}
	w.Perf, w.Buffers = quoteNames(w.Perf), quoteNames(w.Buffers)
	w.PerfMissing = quoteTexts(w.PerfMissing)
}

func (r *Run) quote() {
	for _, text := range []*string{&r.Name, &r.Directory, &r.Version, &r.Program, (*string)(&r.Status), &r.Plan.Warmup, &r.Plan.Verify} {
		quoteLine(text)
	}
	for _, list := range [][]string{r.Args, r.Plan.Specs, r.Plan.Workloads, r.Plan.Placements, r.Plan.Dirs, r.Plan.Arrivals, r.Plan.Pacings, r.Plan.Mixes} {
		for i := range list {
			quoteLine(&list[i])
		}
	}
	for i := range r.Plan.Variants {
		r.Plan.Variants[i].quote()
	}
	r.Storage = quoteNames(r.Storage)
	for _, layers := range r.Storage {
		for i := range layers {
			for _, text := range layers[i].texts() {
				quoteLine(text)
			}
		}
	}
	quoteLines(&r.CutShort)
	quoteWarnings(r.Warnings)
	r.Labels, r.Host = quoteTexts(r.Labels), quoteTexts(r.Host)
	for i := range r.Floors {
		quoteLine(&r.Floors[i].Name)
		quoteLine(&r.Floors[i].Doc)
	}
}

func (v *Variant) quote() {
	for _, text := range []*string{&v.Name, &v.Text, &v.Switch} {
		quoteLine(text)
	}
	for _, list := range [][]string{v.Specs, v.Placements, v.Dirs} {
		for i := range list {
			quoteLine(&list[i])
		}
	}
	v.Labels = quoteTexts(v.Labels)
}

func quoteWarnings(warnings []Warning) {
	for i, w := range warnings {
		quoteLine(&warnings[i].ID)
		values := quoteNames(w.Values)
		for name, value := range values {
			if text, is := value.(string); is {
				values[name] = quote.Line(text) // a warning is one line
			}
		}
		warnings[i].Values = values
	}
}

func quoteLine(text *string)  { *text = quote.Line(*text) }
func quoteLines(text *string) { *text = quote.Lines(*text) }

func quoteTexts(texts map[string]string) map[string]string {
	texts = quoteNames(texts)
	for name, text := range texts {
		texts[name] = quote.Line(text)
	}
	return texts
}

// quoteNames is the map by names that can be shown: mostly itself.
func quoteNames[T any](values map[string]T) map[string]T {
	for name, value := range values {
		if shown := quote.Line(name); shown != name {
			delete(values, name)
			values[shown] = value
		}
	}
	return values
}
