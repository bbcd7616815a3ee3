package bench

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ipcbench/bench/internal/message"
	"ipcbench/results"
	"ipcbench/transports"
)

// crowd settles where the ends of a cell with more than two of them are, and how
// those are joined that share one.
func (c *Cell) crowd() {
	if m, err := theMachine(); err == nil {
		c.spread(m)
	}
	if c.FanIn == 0 && c.FanOut == 0 {
		return
	}
	var why string
	if c.Sharing, why = sharing(c.Spec, c.FanIn > 0); why == "" && c.SizeBytes < message.Smallest {
		why = fmt.Sprintf("where ends are shared, a message has the number of its sender in it, and at least %d bytes", message.Smallest)
	}
	c.Skip = cmp.Or(c.Skip, why)
	if c.Sharing == results.OneQueue {
		c.Spec.Producers, c.Spec.Consumers = c.FanIn, c.FanOut
	}
}

// sharing is how several ends of a transport are joined to one, which receives from
// them or sends to them; or why they are not.
func sharing(spec transports.Spec, receives bool) (how, why string) {
	caps := spec.Caps()
	t, err := transports.Lookup(spec.Transport)
	if err != nil {
		return "", err.Error()
	}
	switch kind := t.Info().Kind; {
	case caps.Has(transports.ManyEnds):
		return results.OneQueue, ""
	case caps.Has(transports.ManyLinks | transports.CanTry), caps.Has(transports.ManyLinks) && !receives:
		return results.RingEach, ""
	case spec.Option("api") == "inplace":
		return "", "several ends exchange messages by copy: leave out api=inplace"
	case caps.Has(transports.Bursts):
		return "", "several ends exchange messages one by one: leave out api=burst"
	case receives && kind == transports.Memory && caps.Has(transports.ManyLinks):
		return "", "the one end would have to sleep on several rings at once: choose wait=spin or wait=yield"
	case receives && kind == transports.Stream:
		return "", "a stream that several write has no message boundaries"
	}
	return "", "it is made for two ends"
}

// checkCrowd refuses numbers of ends that mean nothing together, and those that no
// transport of the plan can have.
func (p Plan) checkCrowd() error {
	for _, fan := range []struct {
		flag     string
		numbers  []int
		receives bool
	}{{"--fan-in", p.FanIn, true}, {"--fan-out", p.FanOut, false}} {
		if len(fan.numbers) == 0 {
			continue
		}
		switch {
		case len(p.Pairs) > 0:
			return fmt.Errorf("%s and --pairs at once: a launch has several pairs, or one end that several share: leave one out", fan.flag)
		case len(p.FanIn) > 0 && len(p.FanOut) > 0:
			return errors.New("--fan-in and --fan-out at once: a launch has one consumer or one producer: leave one out")
		case len(p.Work) > 0 || len(p.Think) > 0 || len(p.Batches) > 0:
			return fmt.Errorf("%s with --work, --think or --batch: several ends do nothing but exchange messages: leave one out", fan.flag)
		case len(p.Mixes) > 0:
			return fmt.Errorf("%s with a mix of sizes: several ends exchange messages of one size: leave one out", fan.flag)
		}
		first := ""
		able := func(spec transports.Spec) bool {
			_, why := sharing(spec, fan.receives)
			first = cmp.Or(first, why)
			return why == ""
		}
		if !slices.ContainsFunc(p.Specs, able) {
			return fmt.Errorf("%s: %s cannot: %s; these can: %s", fan.flag, strings.Join(specNames(p.Specs), ", "), first, strings.Join(sharers(fan.receives), ", "))
		}
	}
	return nil
}

// sharers are the transports that can have several ends share one, each with the
// first option that it takes for that.
func sharers(receives bool) []string {
	var names []string
	for _, t := range transports.All() {
		info := t.Info()
		texts := []string{info.Name}
		for _, option := range info.Options {
			for _, value := range option.Values {
				texts = append(texts, info.Name+":"+option.Name+"="+value.Name)
			}
		}
		for _, text := range texts {
			spec, err := transports.Parse(text)
			if _, why := sharing(spec, receives); err == nil && why == "" {
				names = append(names, text)
				break
			}
		}
	}
	return names
}

// crowded says where a cell has more ends than CPUs for them. Two on one CPU are
// what a placement is called after, and say so.
func (c Cell) crowded() (results.Warning, bool) {
	m, err := theMachine()
	if err != nil || !c.IsCrowd() {
		return results.Warning{}, false
	}
	ends, cpus := len(c.seats()), len(m.of(c))
	return results.Crowded.With("ends", ends, "cpus", cpus, "spin", c.Spec.Waits().KeepsCPU), ends > cpus
}

// crowding is the same behind the reason of a launch that was not done in time.
func (c Cell) crowding() string {
	if w, crowded := c.crowded(); crowded {
		return ": " + w.Brief()
	}
	return ""
}
