// Package doctor judges whether a machine is fit to measure on.
//
// It knows what decides how fast processes can talk, and how steadily. It must
// not know how a fact is read or a noise measured: it judges what it is told,
// so that the facts of any machine are judged alike.
package doctor

import (
	"strings"

	"ipcbench/results"
)

// A Level is how much a finding matters to a number.
type Level string

// The levels, from what matters least.
const (
	OK      Level = "ok"      // as it should be
	Note    Level = "note"    // good to know: a limit, or something that numbers depend on
	Warning Level = "warning" // makes numbers wrong, noisy or unlike those of the same machine set well
)

// A Finding is what was found about one thing. Its JSON is read by programs:
// fields may be added and none renamed.
type Finding struct {
	ID      string `json:"id"` // "governor"
	Level   Level  `json:"level"`
	Finding string `json:"finding"` // with its values
	Why     string `json:"why"`     // it matters here
	Remedy  string `json:"remedy"`  // a command that can work from here, or "none" with what follows from that

	About   string `json:"-"` // the thing, in words
	Unknown bool   `json:"-"` // the machine does not say
	// Concerns says whether a warning is about the numbers of a cell; nil: of
	// none in particular.
	Concerns func(results.Cell) bool `json:"-"`
}

// Examine judges facts, by the names of package facts, and what was measured of
// the machine's noise, where it was. The findings are in reading order, one for
// each rule.
func Examine(facts map[string]string, noise *results.Noise) []Finding {
	m := machine{facts, noise}
	var findings []Finding
	for _, r := range rules {
		if !r.measured || noise != nil {
			findings = append(findings, r.examine(m))
		}
	}
	return findings
}

// Concerning returns those of the findings that a reader of the cell's numbers
// should know.
func Concerning(findings []Finding, cell results.Cell) []Finding {
	var some []Finding
	for _, f := range findings {
		if f.Level == Warning && f.Concerns != nil && f.Concerns(cell) {
			some = append(some, f)
		}
	}
	return some
}

// Step is what would remove the finding, or what follows where nothing does.
func (f Finding) Step() string { return strings.TrimPrefix(f.Remedy, "none: ") }

// A rule judges one thing.
type rule struct {
	id, about, why string
	measured       bool // by noise, and so not at all without
	judge          func(machine) verdict
	concerns       func(results.Cell) bool
}

// rules are all there are, in reading order.
var rules = []rule{
	{id: "cpus", about: "CPUs", judge: cpus,
		why: "A pair runs on two CPUs. What else runs on the machine, the driver and the kernel's own work included, needs another."},
	{id: "virtualisation", about: "virtualisation", judge: virtualisation, concerns: everyCell,
		why: "A guest sees neither what else its host runs nor how far apart its CPUs are, and both change."},
	{id: "steal", about: "steal time", judge: steal,
		why: "What the hypervisor gives to others is missing in the middle of a message."},
	{id: "idle", about: "idle states", judge: idle, concerns: wakesAnother,
		why: "An end that sleeps is woken on an idle CPU, and leaving the idle state is part of its round trip."},
	{id: "governor", about: "frequency governor", judge: governor, concerns: everyCell,
		why: "A CPU that follows the load is slow when a launch begins, and never twice alike."},
	{id: "boost", about: "frequency boost", judge: boost, concerns: everyCell,
		why: "How far a CPU goes beyond its nominal frequency depends on its temperature and on what the other CPUs do."},
	{id: "smt", about: "hardware threads", judge: smt,
		why: "Two hardware threads of a core share its caches and its units: near for a pair, in the way for anything else."},
	{id: "mitigations", about: "mitigations", judge: mitigations,
		why: "Mitigations make each system call and context switch dearer. Only machines alike in them compare."},
	{id: "clock-source", about: "clock source", judge: clockSource, concerns: everyCell,
		why: "A clock that is read by a system call costs more than a short message takes."},
	{id: "clock-cost", about: "cost of the clock", judge: clockCost, measured: true,
		why: "It is subtracted from every stamped time; the dearer it is, the fewer messages are stamped."},
	{id: "isolation", about: "isolated CPUs", judge: isolation,
		why: "On an isolated CPU the scheduler puts nothing else, and with nohz_full even the timer is silent."},
	{id: "stalls", about: "stalls", judge: stalls, measured: true,
		why: "A CPU that is away shows in the tail: in p99.9 of short round trips, and in the maximum of all."},
	{id: "cache-line", about: "cache lines", judge: cacheLine, measured: true,
		why: "It is the least that a round trip between two CPUs can take."},
	{id: "load", about: "other work", judge: load,
		why: "Whatever else runs takes CPU time, cache and memory bandwidth from what is measured."},
	{id: "cpu-limit", about: "CPU limit", judge: cpuLimit, concerns: everyCell,
		why: "A control group that has used up its CPU time stands still until its next period."},
	{id: "numa-balancing", about: "NUMA balancing", judge: numaBalancing,
		why: "To see who uses a page, the kernel takes it away now and then: a fault in the middle of a message."},
	{id: "thp", about: "transparent huge pages", judge: transparentHugePages,
		why: "Shared memory in small pages costs more faults at first touch, and for large messages more TLB misses."},
	{id: "hugepages", about: "reserved huge pages", judge: hugePages,
		why: "Files on hugetlbfs and memfds with MFD_HUGETLB are made of them."},
	{id: "memlock", about: "locked memory", judge: memlock,
		why: "Memory that is locked, as mlock and io_uring do it, counts against this limit."},
	{id: "pipes", about: "pipe capacity", judge: pipes,
		why: "A pipe that holds few messages makes its ends take turns."},
	{id: "sockets", about: "socket buffers", judge: sockets,
		why: "A socket's buffer bounds its largest datagram or record, and how far a sender runs ahead."},
	{id: "mqueue", about: "POSIX message queues", judge: messageQueues,
		why: "Their messages can be no larger and no more than the kernel allows."},
	{id: "sysv-queues", about: "System V message queues", judge: systemVQueues,
		why: "Their messages can be no larger than the kernel allows."},
	{id: "write-caches", about: "write caches", judge: writeCaches,
		why: "A sync has a disk flush its volatile cache. One that lets nobody flush it makes sync=sync look cheap, whatever that stores."},
	{id: "perf-events", about: "perf events", judge: perfEvents,
		why: "They say why a cell is slow: cycles, instructions, cache misses and switches (run --why)."},
	{id: "lockdown", about: "kernel lockdown", judge: lockdown,
		why: "A locked-down kernel refuses debugfs, and with it the switch of its preemption."},
	{id: "io-uring", about: "io_uring", judge: ioUring,
		why: "Transports over io_uring need it."},
}

func (r rule) examine(m machine) Finding {
	v := r.judge(m)
	f := Finding{ID: r.id, Level: v.level, Finding: v.finding, Why: r.why, Remedy: m.feasible(v.remedy), About: r.about, Concerns: r.concerns}
	if v == unknown {
		f.Level, f.Finding, f.Remedy, f.Unknown = Note, r.about+": not known", "none: the kernel does not say", true
	}
	return f
}

// A verdict is what a rule comes to. The zero verdict is that the machine does
// not say.
type verdict struct {
	level           Level
	finding, remedy string
}

var unknown verdict

func fine(finding string) verdict         { return verdict{OK, finding, "none needed"} }
func note(finding, remedy string) verdict { return verdict{Note, finding, remedy} }
func warn(finding, remedy string) verdict { return verdict{Warning, finding, remedy} }

func everyCell(results.Cell) bool { return true }

// wakesAnother reports whether an end of the cell may have to be woken on a CPU
// that has nothing else to do.
func wakesAnother(c results.Cell) bool {
	return !c.OnOneCPU() && c.Way() != results.UnknownWay && !c.Way().Busy()
}
