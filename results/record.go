// Package results holds what was measured, as it stands on disk: the record of a
// launch and of a run, and the directory they are kept in. And it holds a table
// for each idea that these are made of: workload, metric, dimension of a cell,
// way of waiting, placement, group, warning. Whatever is made of a run derives
// from those tables; it is in the packages below.
//
// It knows files. It must not know how anything was measured: neither it nor a
// package below imports bench or transports or makes a system call of its own,
// so that a run can be read and reported on any machine.
package results

import (
	"cmp"
	"strings"
	"time"

	"ipcbench/internal/program"
)

// Schema is the version of the run directory's format. A reader refuses a
// newer one.
const Schema = 2

// Status says how a launch ended.
type Status string

// The ways a launch ends.
const (
	OK      Status = "ok"
	Skipped Status = "skipped" // this machine cannot run it; Reason says why
	Failed  Status = "failed"  // it ran and went wrong; Reason says how
)

// A Launch is the record of one fresh pair of processes: one line of
// launches.jsonl, the truth everything else is made from.
type Launch struct {
	Run string `json:"run"` // the run directory's name
	Cell
	Launch   int       `json:"launch"` // 1, 2, ... within the cell
	Order    int       `json:"order"`  // place in the shuffled order of the whole run, from 1
	Started  time.Time `json:"started"`
	Status   Status    `json:"status"`
	Reason   string    `json:"reason,omitempty"`
	Warnings []Warning `json:"warnings,omitempty"` // what a reader of this number should know, beside what follows from the rest

	Messages  int64 `json:"messages"`                  // round trips, or messages received after a first one, in elapsed_ns
	Bytes     int64 `json:"bytes"`                     // payload bytes of those, one direction
	ElapsedNS int64 `json:"elapsed_ns"`                // of the measured part
	Waiting   int64 `json:"waiting_messages,omitzero"` // up to so many of Messages had been sent before the first was received, and were only taken out in ElapsedNS
	Verified  int64 `json:"verified_messages"`         // messages checked on receipt, both ends, warm-up included

	Metrics    map[string]float64 `json:"metrics,omitempty"`    // by the names above; absent: does not apply
	Histograms map[string]string  `json:"histograms,omitempty"` // by name, as [RoundTrips]: Histogram.Encode

	ClockErrorNS *int64 `json:"clock_error_ns,omitempty"` // how far apart the ends' readings of the machine's clock can be; nil: nobody asked

	SlicesNS []float64 `json:"slices_ns,omitempty"` // time per message in successive slices of the measured part: shows whether it was still drifting; nil: too few stamps
	Jitter   *Jitter   `json:"jitter,omitempty"`    // what the machine did meanwhile that was not asked for; nil: it does not say

	CacheLineNS []float64 `json:"cache_line_ns,omitempty"` // the round trip of a cache line between its two ends just before what was measured and just after: how near each other the machine had their CPUs; nil: not taken, as of ends that sleep

	Parts []Part `json:"parts,omitempty"` // what each of several pairs, or of several ends that share one, had of Messages; nil: there was one

	Profile *Profile `json:"profile,omitempty"` // how it was sampled, of a launch that was made for that and is none of the others; nil: it was not

	Workers []Worker          `json:"workers,omitempty"` // producer, consumer; then a [Server] for each end that counted one
	Labels  map[string]string `json:"labels,omitempty"`
}

// Jitter is what took time from a launch while it ran, as the driver saw it.
type Jitter struct {
	StealNS   int64  `json:"steal_ns"`              // time the hypervisor gave to others, on the CPUs of the cell, by the timer's ticks
	CPUs      int    `json:"cpus"`                  // how many those are
	Throttled int64  `json:"throttled_ns,omitzero"` // time for which the CPU quota of the control group held its processes back, on all CPUs
	WatchedNS int64  `json:"watched_ns"`            // for how long, a warm-up included
	WaitNS    *int64 `json:"wait_ns,omitempty"`     // time both ends were ready to run and did not, by their own accounts (/proc/thread-self/schedstat)
	ProbeCPU  *int   `json:"probe_cpu,omitempty"`   // where a sleeping probe watched for stalls: a CPU that the cell leaves free; nil: there was none
	Stalls    int64  `json:"stalls,omitzero"`       // times the probe woke more than 50 µs later than it mostly did: than the median
	WorstNS   int64  `json:"worst_ns,omitzero"`     // how late the latest of its wake-ups was
}

// Server is the side of what serves a link: the processes, all together, that its messages go
// through and that are none of its ends, such as a broker. Nothing is known of it but its costs.
const Server = "server"

// IsEnd says whether the worker is an end of a link.
func (w Worker) IsEnd() bool { return w.Side != Server }

// Ends is how many ends the launch had.
func (l Launch) Ends() int {
	n := 0
	for _, w := range l.Workers {
		if w.IsEnd() {
			n++
		}
	}
	return n
}

// IsServed says whether there was more to the launch than its ends.
func (l Launch) IsServed() bool {
	return l.Ends() < len(l.Workers)
}

// A Worker is what one process of the pair reported about itself and how it
// ended. Times and counts are of the measured part only; a count that is left
// out is 0.
type Worker struct {
	Side       string  `json:"side"`                 // "producer", "consumer", [Server]
	Pair       int     `json:"pair,omitzero"`        // which of the launch's pairs, or of the ends that share one, from 0
	CPU        int     `json:"cpu"`                  // where it ran at the end (getcpu)
	Pinned     bool    `json:"pinned"`               // its affinity was that one CPU, read back at the end
	Migrations *int64  `json:"migrations,omitempty"` // nil: this kernel does not say
	CPUNS      int64   `json:"cpu_ns"`               // CPU time, by the scheduler's clock
	UserNS     int64   `json:"user_ns"`              // of that in user space, by the timer's ticks: short launches say little
	SystemNS   int64   `json:"system_ns"`
	Voluntary  int64   `json:"voluntary_switches"`   // it slept
	Preempted  int64   `json:"involuntary_switches"` // it was pushed off the CPU
	Minor      int64   `json:"minor_faults,omitzero"`
	Major      int64   `json:"major_faults,omitzero"`
	WaitNS     *int64  `json:"wait_ns,omitempty"`     // ready to run, and waiting for the CPU; nil: this kernel does not say, or it waited through the Go runtime
	Mallocs    int64   `json:"mallocs,omitzero"`      // Go heap allocations; the harness makes none
	GCs        int64   `json:"gcs,omitzero"`          // Go garbage collections; the harness makes none
	StampEvery int64   `json:"stamp_every,omitempty"` // one operation in so many was stamped
	ClockNS    float64 `json:"clock_ns,omitempty"`    // what a reading of the clock takes, subtracted from every stamped time; older versions kept it whole
	TickNS     int64   `json:"tick_ns,omitempty"`     // step in which readings of the clock move; 0: a record of an older version
	StampNS    float64 `json:"stamp_ns,omitempty"`    // what a stamp and keeping it take, subtracted from means
	Exit       string  `json:"exit"`                  // "exit status 0", "signal: killed"

	Buffers map[string]int64 `json:"buffers,omitempty"` // what the kernel made for its end holds, in bytes by what it is: "pipe capacity", "socket send buffer"; the least of several

	LastWords string   `json:"last_words,omitempty"` // the end of its standard error
	Threads   []Thread `json:"threads,omitempty"`    // what it was at when it was killed, as its time was over or the other end had failed: its one thread that exchanges messages, or all of those that may; nil: it ended by itself, or /proc did not say

	// Of a launch that was made to explain the others, and is none of them:
	Perf        map[string]float64 `json:"perf,omitempty"`         // perf events by perf's names, as "context-switches"; those ending in ":u" are of user space alone
	PerfMissing map[string]string  `json:"perf_missing,omitempty"` // why the others could not be counted
	SharedTable string             `json:"shared_table,omitempty"` // why its thread had no table of descriptors of its own
	Sampled     *Sampled           `json:"sampled,omitempty"`      // of one that was sampled; nil: it was not
}

// A Thread is what a thread of a worker was at when it was looked at, as /proc says it:
// see proc_pid_stat(5), proc_pid_syscall(5) and proc_pid_wchan(5).
type Thread struct {
	State   string `json:"state"`                  // "R": it ran, or could; "S": asleep; "D": asleep, and no signal wakes it; ...
	CPU     int    `json:"cpu"`                    // where it ran last
	Call    string `json:"call,omitempty"`         // the system call that it was in; "": none, or it was not said
	ForUs   bool   `json:"for_driver,omitempty"`   // it waited for what the driver tells
	Channel string `json:"wait_channel,omitempty"` // the function of the kernel in which it slept; "": none, or it was not said
}

// A RunStatus says how a run ended.
type RunStatus string

// The ways a run ends.
const (
	Running        RunStatus = "running" // it has not, or was killed
	RunDone        RunStatus = "done"
	RunFailed      RunStatus = "failed" // some of it went wrong
	RunInterrupted RunStatus = "interrupted"
)

// Run is run.json: the plan and the machine it ran on.
type Run struct {
	Schema    int                `json:"schema"`
	Name      string             `json:"name"`                // what it was called, or else its directory
	Directory string             `json:"directory,omitempty"` // the run directory's name, where that is another: see [Run.ID]
	Version   string             `json:"version"`             // of ipcbench
	Program   string             `json:"program,omitempty"`   // what the binary that made it is called: see [Run.Typed]
	Args      []string           `json:"args,omitempty"`
	Plan      Plan               `json:"plan"`
	Labels    map[string]string  `json:"labels,omitempty"`
	Host      map[string]string  `json:"host"`              // facts about the machine, by name: "" where it does not say; absent: nobody asked
	Storage   map[string][]Layer `json:"storage,omitempty"` // by directory, what stores what is synced there, from the filesystem down, as it was when the run began
	Floors    []Floor            `json:"floors,omitempty"`  // the harness's own costs
	Started   time.Time          `json:"started"`
	Ended     time.Time          `json:"ended,omitzero"`
	Status    RunStatus          `json:"status"`
	CutShort  string             `json:"cut_short,omitempty"` // what ended it before all of its launches were made
	Warnings  []Warning          `json:"warnings,omitempty"`
}

// Typed is what to type for the binary that made the run, followed by these words: another
// may not have the run's transports. Runs of older versions are of ipcbench.
func (r Run) Typed(words ...string) string {
	return strings.Join(append([]string{cmp.Or(r.Program, program.Plain)}, words...), " ")
}

// A Floor is something the harness itself or the bare machine costs, below
// which no result can be. It is taken before, during and after a run, so it is
// also the run's control: where a floor differs between two runs, the machine
// did.
type Floor struct {
	Name      string   `json:"name"` // as [ClockFloor]
	SizeBytes int      `json:"size_bytes,omitempty"`
	CPUs      []int    `json:"cpus,omitempty"` // of a round trip on one or between two, the least first
	NS        float64  `json:"ns"`             // median of the samples
	Doc       string   `json:"doc"`
	Samples   []Sample `json:"samples,omitempty"` // in the order of time; runs of older versions have none
}

// A Sample is a floor at one moment of a run.
type Sample struct {
	At time.Time `json:"at"`
	NS float64   `json:"ns"`
}

// Counted is the number of messages of which the workers' counts are. It is
// what the launch's own costs were divided by, and can be a little more than
// Messages: those of a stream end with the last one that was stamped.
func (l Launch) Counted() float64 {
	var cpu int64
	for _, w := range l.Workers {
		cpu += w.CPUNS
	}
	if per := l.Metrics[CPUPerMsg]; per > 0 && cpu > 0 {
		return float64(cpu) / per
	}
	return float64(l.Messages)
}
