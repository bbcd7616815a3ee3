package bench

import (
	"runtime"

	"ipcbench/internal/host"
	"ipcbench/results"
)

// A meter counts what a worker uses over the measured part: CPU time, context
// switches, faults, migrations, and what the Go runtime did, which should be
// nothing.
type meter struct {
	whole      bool // of the whole process, where the transport has threads of its own; otherwise of this thread
	usage      host.Usage
	mem        runtime.MemStats
	migrations int64
	countable  bool
	queue      host.RunQueue
	waited     int64            // for the CPU, ns
	waits      bool             // the kernel says how long
	events     *host.PerfEvents // nil but in a launch that is to explain the others
}

// newMeter returns a meter of the calling thread, or of all of the process.
// With events it also counts those that this kernel allows on the thread.
func newMeter(whole, events bool) meter {
	m := meter{whole: whole, queue: host.OpenRunQueue()}
	if events && !whole {
		m.events = host.OpenPerfEvents()
	}
	return m
}

func (m *meter) read() host.Usage {
	if m.whole {
		return host.ProcessUsage()
	}
	return host.ThreadUsage()
}

// begin takes the readings that stop and end subtract. The usage comes last, to leave
// the meter's own work out.
func (m *meter) begin() {
	m.migrations, m.countable = host.Migrations()
	runtime.ReadMemStats(&m.mem)
	m.waited, m.waits = m.queue.WaitNS()
	if m.events != nil {
		m.events.Start()
	}
	m.usage = m.read()
}

// stop ends what is counted. The rest of the meter's work is end's, so that a
// producer can close in between: its peer, who waits for that, is still being
// counted.
func (m *meter) stop() {
	m.usage = m.read().Sub(m.usage)
	if m.events != nil {
		m.events.Stop()
	}
	waited, ok := m.queue.WaitNS()
	m.waited, m.waits = waited-m.waited, m.waits && ok && !m.whole
}

// end fills in what was used from begin to stop.
func (m *meter) end(w *results.Worker) {
	used := m.usage
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	w.CPUNS, w.UserNS, w.SystemNS = used.CPUNS, used.UserNS, used.SystemNS
	w.Voluntary, w.Preempted = used.Voluntary, used.Involuntary
	w.Minor, w.Major = used.Minor, used.Major
	if m.waits {
		w.WaitNS = &m.waited
	}
	w.Mallocs = int64(mem.Mallocs - m.mem.Mallocs)
	w.GCs = int64(mem.NumGC - m.mem.NumGC)
	if n, ok := host.Migrations(); ok && m.countable {
		moved := n - m.migrations
		w.Migrations = &moved
	}
	w.CPU, _ = host.GetCPU()
	cpus, err := host.Affinity()
	w.Pinned = err == nil && len(cpus) == 1 && cpus[0] == w.CPU
	if m.events != nil {
		w.Perf, w.PerfMissing = m.events.Counts()
		m.events.Close()
	}
	m.queue.Close()
}
