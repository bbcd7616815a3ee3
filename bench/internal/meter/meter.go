// Package meter counts what a worker costs while it measures, and what the Go
// runtime does meanwhile, and what the processes cost that serve it.
//
// It knows the kernel's counters. It must not know what is measured.
package meter

import (
	"runtime"

	"ipcbench/internal/host"
	"ipcbench/results"
)

// A Meter counts what a worker uses over the measured part: CPU time, context
// switches, faults, migrations, and what the Go runtime did, which should be
// nothing.
type Meter struct {
	whole      bool // of the whole process, where the transport has threads of its own; otherwise of this thread
	pid        int  // or of this one, another
	usage      host.Usage
	serving    []int      // the processes that serve it, and that it counts
	served     host.Usage // theirs
	mem        runtime.MemStats
	migrations int64
	countable  bool
	queue      host.RunQueue
	waited     int64            // for the CPU, ns
	waits      bool             // the kernel says how long
	events     *host.PerfEvents // nil but in a launch that is to explain the others
}

// OfThread returns a meter of the calling thread. With events it also counts
// the perf events that this kernel allows on the thread.
func OfThread(events bool) Meter {
	m := Meter{queue: host.OpenRunQueue()}
	if events {
		m.events = host.OpenPerfEvents()
	}
	return m
}

// OfProcess returns a meter of all threads together.
func OfProcess() Meter { return Meter{whole: true, queue: host.OpenRunQueue()} }

// Count has the meter count what these processes cost as well.
func (m *Meter) Count(serving []int) { m.serving = serving }

func (m *Meter) readServing() (all host.Usage) {
	for _, pid := range m.serving {
		all = all.Add(host.UsageOf(pid))
	}
	return all
}

// OfProgram returns a meter of another process, which does nothing while Begin and Stop
// are called. What is said of one thread is of its first.
func OfProgram(pid int) Meter { return Meter{pid: pid, queue: host.OpenRunQueueOf(pid)} }

func (m *Meter) read() host.Usage {
	switch {
	case m.pid != 0:
		return host.UsageOf(m.pid)
	case m.whole:
		return host.ProcessUsage()
	}
	return host.ThreadUsage()
}

func (m *Meter) migrated() (int64, bool) {
	if m.pid != 0 {
		return host.MigrationsOf(m.pid)
	}
	return host.Migrations()
}

// place returns where what is counted runs, and where it may.
func (m *Meter) place() (cpu int, allowed []int) {
	if m.pid != 0 {
		cpu, _ = host.CPUOf(m.pid)
	} else {
		cpu, _ = host.GetCPU()
	}
	allowed, _ = host.AffinityOf(m.pid)
	return cpu, allowed
}

// Begin takes the readings that Stop and End subtract. The usage comes last, to
// leave the meter's own work out.
func (m *Meter) Begin() {
	m.migrations, m.countable = m.migrated()
	m.countable = m.countable && !m.whole // a goroutine that changes threads reads now one's count, now another's
	runtime.ReadMemStats(&m.mem)
	m.served = m.readServing()
	m.waited, m.waits = m.queue.WaitNS()
	if m.events != nil {
		m.events.Start()
	}
	m.usage = m.read()
}

// Stop ends what is counted. The rest of the meter's work is End's, so that a
// producer can close in between: its peer, who waits for that, is still being
// counted.
func (m *Meter) Stop() {
	m.usage = m.read().Sub(m.usage)
	if m.events != nil {
		m.events.Stop()
	}
	waited, ok := m.queue.WaitNS()
	m.waited, m.waits = waited-m.waited, m.waits && ok && !m.whole
	m.served = m.readServing().Sub(m.served)
}

// Served is what the processes that serve the worker used from Begin to Stop; nil: there
// are none, or others count them.
func (m *Meter) Served() *results.Worker {
	if len(m.serving) == 0 {
		return nil
	}
	w := &results.Worker{Side: results.Server}
	enter(w, m.served)
	return w
}

// End fills in what was used from Begin to Stop.
func (m *Meter) End(w *results.Worker) {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	enter(w, m.usage)
	if m.waits {
		w.WaitNS = &m.waited
	}
	w.Mallocs = int64(mem.Mallocs - m.mem.Mallocs)
	w.GCs = int64(mem.NumGC - m.mem.NumGC)
	if n, ok := m.migrated(); ok && m.countable {
		moved := n - m.migrations
		w.Migrations = &moved
	}
	var allowed []int
	w.CPU, allowed = m.place()
	w.Pinned = len(allowed) == 1 && allowed[0] == w.CPU
	if m.events != nil {
		w.Perf, w.PerfMissing = m.events.Counts()
		m.events.Close()
	}
	m.queue.Close()
}

// enter notes what was used.
func enter(w *results.Worker, used host.Usage) {
	w.CPUNS, w.UserNS, w.SystemNS = used.CPUNS, used.UserNS, used.SystemNS
	w.Voluntary, w.Preempted = used.Voluntary, used.Involuntary
	w.Minor, w.Major = used.Minor, used.Major
}
