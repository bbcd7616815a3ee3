package why

import (
	"fmt"
	"math"
	"strings"

	"ipcbench/results"
)

// sentence joins what is notable about the pool, the cause that weighs most
// first.
func (p pool) sentence() string {
	var clauses []string
	for _, clause := range []string{
		p.turns(), p.waiting(), p.kernel(), p.faults(), p.disturbed(), p.perf(),
	} {
		if clause != "" {
			clauses = append(clauses, clause)
		}
	}
	return strings.Join(clauses, "; ")
}

// What counts as notable, per message unless said otherwise.
const (
	rarely       = 0.02   // sleeps of a round trip: below, none of them is the mechanism's
	hardlyEver   = 0.0005 // sleeps of a stream, which moves many messages at each
	notableFault = 0.1
	diskFault    = 0.001
	fewTicks     = 100e6 // ns of CPU time: 10 to 100 ticks of the timer, and too few for a share
	lostShare    = 0.05  // of the time
)

func (p pool) isStream() bool   { return p.kind().Exchange == results.OneWay }
func (p pool) isAnswered() bool { return p.kind().Exchange == results.Answered }
func (p pool) unit() string     { return p.kind().Unit }

func (p pool) kind() results.Workload { return results.LookupWorkload(p.Workload) }

func (p pool) isOneSided() bool { return len(p.sides) == 1 }

// total adds up a cost over the ends.
func (p pool) total(cost func(SideCosts) float64) float64 {
	sum := 0.0
	for _, s := range p.sides {
		sum += cost(s)
	}
	return sum
}

func (p pool) cpuNS() float64    { return p.total(func(s SideCosts) float64 { return s.CPUNS }) }
func (p pool) sleeps() float64   { return p.total(func(s SideCosts) float64 { return s.Voluntary }) }
func (p pool) pushes() float64   { return p.total(func(s SideCosts) float64 { return s.Involuntary }) }
func (p pool) switches() float64 { return p.sleeps() + p.pushes() }

// turns says how the ends hand over to each other.
func (p pool) turns() string {
	spins := p.Way().Busy()
	switch {
	case p.isOneSided():
		return "both ends are one process: nothing is handed over"
	case p.OnOneCPU() && p.switches() >= hardlyEver:
		return "the ends take turns on one CPU: " + p.turnsOnOneCPU()
	case spins && p.sleeps() >= rarely:
		return fmt.Sprintf("an end spins while it waits for the other, and yet sleeps come %s to a %s: in its system calls", results.FormatCount(p.sleeps()), p.unit())
	case spins, !p.isAnswered() && p.sleeps() < hardlyEver, p.isAnswered() && p.sleeps() < rarely:
		return fmt.Sprintf("neither end sleeps: waiting included, a %s takes %s of each CPU", p.unit(), results.FormatNS(p.cpuNS()/2))
	case p.isStream():
		return p.streamSleeps() + p.goThreads()
	case p.isAnswered():
		return p.roundTripSleeps() + p.goThreads() + p.whereItWakes()
	}
	return fmt.Sprintf("the ends sleep %s times a %s%s", results.FormatCount(p.sleeps()), p.unit(), p.goThreads())
}

func (p pool) turnsOnOneCPU() string {
	switches := p.switches()
	switch {
	case switches < 0.5:
		return fmt.Sprintf("one context switch in %s %ss%s", results.FormatCount(1/switches), p.unit(), inBatches(switches))
	case p.isAnswered():
		return fmt.Sprintf("%s context switches a %s, and no idle CPU to wake", results.FormatCount(switches), p.unit())
	}
	return fmt.Sprintf("%s context switches a %s", results.FormatCount(switches), p.unit())
}

// inBatches says so of a stream that moves several messages a switch.
func inBatches(switches float64) string {
	if switches > 0.25 {
		return ""
	}
	return ", so it moves in batches"
}

// roundTripSleeps tells sleeping once at each end, which is what blocking
// means, from more and from less.
func (p pool) roundTripSleeps() string {
	switch sleeps := p.sleeps(); {
	case math.Abs(sleeps-2) < 0.4:
		return "each round trip sleeps and wakes twice"
	case sleeps > 2:
		return fmt.Sprintf("each round trip sleeps and wakes %s times", results.FormatCount(sleeps))
	default:
		return fmt.Sprintf("the ends sleep %s times in a round trip", results.FormatCount(sleeps))
	}
}

// streamSleeps also says which end holds the other up: the one that hardly
// sleeps.
func (p pool) streamSleeps() string {
	producer, consumer := p.sides[0].Voluntary, p.sides[1].Voluntary
	who, slower := "the ends sleep", ""
	switch {
	case consumer > 4*producer:
		who, slower = "the consumer sleeps", ": the producer is the slower end"
	case producer > 4*consumer:
		who, slower = "the producer sleeps", ": the consumer is the slower end"
	}
	sleeps := p.sleeps()
	if sleeps >= 0.5 {
		return fmt.Sprintf("%s %s times a message%s", who, results.FormatCount(sleeps), slower)
	}
	return fmt.Sprintf("%s once in %s messages%s%s", who, results.FormatCount(1/sleeps), inBatches(sleeps), slower)
}

func (p pool) goThreads() string {
	if p.Way().InRuntime() {
		return ", threads of the Go runtime included"
	}
	return ""
}

// whereItWakes says where the sleeper wakes. Two ends that nobody pinned and
// that push each other off share a CPU.
func (p pool) whereItWakes() string {
	switch {
	case p.OnTwoCPUs():
		return "; the wake-up crosses CPUs"
	case p.pushes() >= 0.1*p.switches():
		return "; the scheduler keeps both ends on one CPU for a part of the time"
	}
	return ""
}

// waiting compares the time of a round trip with the CPU time in it: what is
// left, neither end runs.
func (p pool) waiting() string {
	cpu := p.cpuNS()
	if !p.isAnswered() || p.isOneSided() || cpu > 0.9*p.wallNS {
		return ""
	}
	what := "is waiting"
	if !p.Way().Busy() && !p.OnOneCPU() {
		what = "waits for the wake-up"
	}
	return fmt.Sprintf("of %s on average, %s are CPU time: the rest %s", results.FormatNS(p.wallNS), results.FormatNS(cpu), what)
}

// kernel tells the share of the kernel where it is a notable one and enough
// ticks of the timer were counted.
func (p pool) kernel() string {
	system := p.total(func(s SideCosts) float64 { return s.SystemNS })
	both := system + p.total(func(s SideCosts) float64 { return s.UserNS })
	if p.measuredNS < fewTicks || system < 0.1*both {
		return ""
	}
	return results.FormatPercent(system/both) + " of the CPU time is in the kernel"
}

func (p pool) faults() string {
	major := p.total(func(s SideCosts) float64 { return s.Major })
	all := major + p.total(func(s SideCosts) float64 { return s.Minor })
	var text string
	if all >= notableFault {
		text = fmt.Sprintf("each %s takes %s page faults", p.unit(), results.FormatCount(all))
	}
	if major >= diskFault {
		text = fmt.Sprintf("each %s takes %s page faults, %s of which wait for the disk", p.unit(), results.FormatCount(all), results.FormatCount(major))
	}
	return text
}

// disturbed says what others took. On one CPU, and where nobody pinned them,
// the ends wait for each other.
func (p pool) disturbed() string {
	var lost []string
	if p.OnTwoCPUs() && p.waitShare >= lostShare {
		lost = append(lost, "something else runs on their CPUs: the ends were ready and waited "+results.FormatPercent(p.waitShare)+" of the time")
	}
	if p.stealShare >= lostShare {
		lost = append(lost, "the hypervisor gave "+results.FormatPercent(p.stealShare)+" of the CPUs' time to others")
	}
	if p.ProducerCPU < 0 && p.migrations >= int64(p.launches) {
		lost = append(lost, fmt.Sprintf("the scheduler moved an end %s times a launch", results.FormatCount(float64(p.migrations)/float64(p.launches))))
	}
	return strings.Join(lost, "; ")
}

// perf tells what the CPU's own counters say, of a launch with perf events.
func (p pool) perf() string {
	event := func(name string) float64 { return p.events[name] + p.events[name+":u"] }
	var parts []string
	if cycles := event("cycles"); cycles > 0 {
		parts = append(parts, fmt.Sprintf("%s instructions per cycle", results.FormatCount(event("instructions")/cycles)))
	}
	if misses := event("cache-misses"); misses > 0 {
		parts = append(parts, fmt.Sprintf("%s cache misses a %s", results.FormatCount(misses), p.unit()))
	}
	return strings.Join(parts, " and ")
}
