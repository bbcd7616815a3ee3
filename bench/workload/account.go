package workload

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"ipcbench/results"
	"ipcbench/transports"
)

// A Group is what the ends reported that hand each other messages: those of a pair,
// twice the same where one process is both, or several that share one of the other
// side.
type Group struct{ Producers, Consumers []*Report }

// of are the reports of a side.
func (g Group) of(side transports.Side) []*Report {
	if side == transports.Producer {
		return g.Producers
	}
	return g.Consumers
}

// all are one for each process.
func (g Group) all() []*Report {
	if g.Producers[0] == g.Consumers[0] {
		return g.Producers
	}
	return slices.Concat(g.Producers, g.Consumers)
}

// Received is how many measured messages all its consumers have.
func (g Group) Received() (n int64) {
	for _, r := range g.Consumers {
		n += r.Received
	}
	return n
}

// ClockUncertain is by how much two of its ends' clocks may differ, in ns. One
// process has one clock.
func (g Group) ClockUncertain() (ns int64) {
	for _, p := range g.Producers {
		for _, c := range g.Consumers {
			if p != c {
				ns = max(ns, p.ClockUncertain+c.ClockUncertain)
			}
		}
	}
	return ns
}

// check refuses messages that were lost or came twice. Where several took them out
// of one queue, only all of them together know.
func (g Group) check() error {
	var sent int64
	var sum uint64
	for _, r := range g.Producers {
		sent += r.Sent
		sum += r.Sum
	}
	for _, r := range g.Consumers {
		sum -= r.Sum
	}
	if received := g.Received(); sent != received {
		return fmt.Errorf("%d messages were sent and %d received", sent, received)
	}
	if sum != 0 {
		return fmt.Errorf("of %d messages as many were received, and not the same: some came twice and others not at all", sent)
	}
	return nil
}

// Sum turns what the ends of all groups and the driver reported into the numbers
// of a launch, or refuses: what was lost is no result. A nil driver has nothing
// to add.
//
// The time of several pairs is the one in which any of them measured: from the
// first of their beginnings to the last of their ends. A rate is that of all
// messages in that time, and so is never more than the pairs had together. Their
// histograms are merged. So it is with several consumers of one producer.
func (w Workload) Sum(l *results.Launch, groups []Group, d *Driver) error {
	var counted, all []Report
	var parts []results.Part
	for _, g := range groups {
		if err := g.check(); err != nil {
			return err
		}
		for _, r := range g.of(w.Counts) {
			parts = append(parts, results.Part{Messages: max(0, r.Counted), ElapsedNS: r.Elapsed()})
			if l.FanOut > 0 && r.Counted <= 0 {
				continue // others were faster, which is a result
			}
			if r.Elapsed() <= 0 || r.Counted <= 0 {
				return fmt.Errorf("%d messages in %d ns are too few to measure: give it more --messages or a longer --time", r.Counted, r.Elapsed())
			}
			counted = append(counted, *r)
		}
		for _, r := range g.all() {
			all = append(all, *r)
			l.Warnings = results.AppendOnce(l.Warnings, r.Warnings...)
		}
	}
	if len(counted) == 0 {
		return errors.New("no end had two messages: give it more --messages or a longer --time")
	}
	if err := window(l, counted); err != nil {
		return err
	}
	for _, r := range counted {
		l.Bytes += cmp.Or(r.Bytes, r.Counted*int64(l.SizeBytes))
	}
	for _, g := range groups {
		l.Waiting += g.waiting()
	}
	l.SlicesNS = together(counted)
	if d != nil {
		told, err := d.encode()
		if err != nil {
			return err
		}
		all = append(all, Report{Metrics: d.metrics, Histograms: told})
	}
	l.Metrics = map[string]float64{}
	means(l, all)
	if err := quantiles(l, all); err != nil {
		return err
	}
	share(l, parts, counted[0].Parts)
	if w.Account == nil {
		return nil
	}
	return w.Account(l, groups)
}

// share fills in what each of several had, by what was counted of each or by the one
// that counted for all. Several consumers of one producer are compared in the time of
// all of them, in which some may have had nothing.
func share(l *results.Launch, parts, ofOne []results.Part) {
	if ofOne != nil {
		parts = ofOne
	}
	if len(parts) < 2 {
		return
	}
	if l.FanOut > 0 {
		for i := range parts {
			parts[i].ElapsedNS = l.ElapsedNS
		}
	}
	rates := results.Rates(parts)
	l.Parts = parts
	l.Metrics[results.PairRate], l.Metrics[results.PairFairness] = results.Median(rates), results.Fairness(rates)
}

// window fills in the messages of all pairs and the time of them. Pairs that
// took turns are none at once.
func window(l *results.Launch, counted []Report) error {
	began, ended, lastBegan, firstEnded := counted[0].Began, counted[0].Ended, counted[0].Began, counted[0].Ended
	l.Messages = 0
	for _, r := range counted {
		began, ended = min(began, r.Began), max(ended, r.Ended)
		lastBegan, firstEnded = max(lastBegan, r.Began), min(firstEnded, r.Ended)
		l.Messages += r.Counted
	}
	if lastBegan >= firstEnded && l.FanOut == 0 {
		return fmt.Errorf("one of %d was done before another began: give it more --messages or a longer --time", len(counted))
	}
	l.ElapsedNS = ended - began
	return nil
}

// together is the time per message of all pairs at once, in the slices that each
// of them has.
func together(pairs []Report) []float64 {
	if len(pairs) == 1 {
		return pairs[0].Slices
	}
	n := len(pairs[0].Slices)
	for _, r := range pairs {
		n = min(n, len(r.Slices))
	}
	var all []float64
	for i := range n {
		perNS := 0.0
		for _, r := range pairs {
			perNS += 1 / r.Slices[i]
		}
		all = append(all, 1/perNS)
	}
	return all
}

// means fills in the metrics that were set: the mean of what several set.
func means(l *results.Launch, all []Report) {
	times := map[string]float64{}
	for _, r := range all {
		for name, value := range r.Metrics {
			l.Metrics[name] += value
			times[name]++
		}
	}
	for name, n := range times {
		l.Metrics[name] /= n
	}
}

// quantiles fills in the histograms, those of one name merged, and what the
// table of metrics says is a quantile of them.
func quantiles(l *results.Launch, all []Report) error {
	texts := map[string][]string{}
	for _, r := range all {
		for name, text := range r.Histograms {
			texts[name] = append(texts[name], text)
		}
	}
	for name, texts := range texts {
		h, text, err := merge(texts)
		if err != nil {
			return err
		}
		if l.Histograms == nil {
			l.Histograms = map[string]string{}
		}
		l.Histograms[name] = text
		for _, metric := range results.Metrics() {
			if metric.Of != name {
				continue
			}
			if value, ok := h.Quantile(metric.Q); ok {
				l.Metrics[metric.Name] = value
			}
		}
	}
	return nil
}

// merge returns the encoded histograms as one, and that encoded.
func merge(texts []string) (all *results.Histogram, encoded string, err error) {
	if all, err = results.DecodeHistogram(texts[0]); err != nil || len(texts) == 1 {
		return all, texts[0], err
	}
	for _, text := range texts[1:] {
		h, err := results.DecodeHistogram(text)
		if err != nil {
			return nil, "", err
		}
		if err := all.Merge(h); err != nil {
			return nil, "", err
		}
	}
	encoded, err = all.Encode()
	return all, encoded, err
}
