package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"unsafe"

	"golang.org/x/sys/unix"
)

// PerfEvents counts events of one thread; see perf_event_open(2). It is for
// launches that are to explain others: a thread that an event counts for is
// switched to and from at a higher price, see Migrations.
type PerfEvents struct {
	open    []openEvent
	missing map[string]string
}

type openEvent struct {
	name string
	fd   int
}

// perfEvents are the events by perf(1)'s names.
var perfEvents = []struct {
	name   string
	kind   uint32
	config uint64
	inUser bool // it can happen outside the kernel, so counting it there alone says something
}{
	{"context-switches", unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_CONTEXT_SWITCHES, false},
	{"cpu-migrations", unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_CPU_MIGRATIONS, false},
	{"page-faults", unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_PAGE_FAULTS, true},
	{"task-clock", unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_TASK_CLOCK, false},
	{"cycles", unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_CPU_CYCLES, true},
	{"instructions", unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_INSTRUCTIONS, true},
	{"cache-misses", unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_CACHE_MISSES, true},
}

// OpenPerfEvents opens for the calling thread every event that this kernel
// allows. They do not count yet. One that is allowed in user space alone has
// ":u" at the end of its name, as with perf(1).
func OpenPerfEvents() *PerfEvents {
	p := &PerfEvents{missing: map[string]string{}}
	for _, e := range perfEvents {
		attr := unix.PerfEventAttr{
			Type: e.kind, Config: e.config, Size: uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
			Read_format: unix.PERF_FORMAT_TOTAL_TIME_ENABLED | unix.PERF_FORMAT_TOTAL_TIME_RUNNING,
			Bits:        unix.PerfBitDisabled | unix.PerfBitExcludeHv,
		}
		name := e.name
		fd, err := unix.PerfEventOpen(&attr, 0, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
		if e.inUser && (errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM)) {
			name += ":u"
			attr.Bits |= unix.PerfBitExcludeKernel
			fd, err = unix.PerfEventOpen(&attr, 0, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
		}
		if err != nil {
			p.missing[e.name] = WhyNoEvent(err)
			continue
		}
		p.open = append(p.open, openEvent{name, fd})
	}
	return p
}

// WhyNoEvent says in the words of the machine's owner why an event cannot be
// had, and what would change that.
func WhyNoEvent(err error) string {
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENODEV):
		return "this machine has no such counter, as most virtual ones do not"
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		if unix.Geteuid() == 0 {
			return "not allowed, though root asks: a container has to be given CAP_PERFMON and a seccomp profile with perf_event_open, and a kernel that is locked down for confidentiality has none"
		}
		return "not allowed: be root, or sysctl kernel.perf_event_paranoid=1"
	case errors.Is(err, unix.ENOSYS):
		return "this kernel was built without perf events"
	}
	return fmt.Sprintf("perf_event_open: %v", err)
}

// Start lets the events count, from 0.
func (p *PerfEvents) Start() {
	for _, e := range p.open {
		unix.IoctlSetInt(e.fd, unix.PERF_EVENT_IOC_RESET, 0)
		unix.IoctlSetInt(e.fd, unix.PERF_EVENT_IOC_ENABLE, 0)
	}
}

// Stop ends the counting.
func (p *PerfEvents) Stop() {
	for _, e := range p.open {
		unix.IoctlSetInt(e.fd, unix.PERF_EVENT_IOC_DISABLE, 0)
	}
}

// Counts returns what was counted from Start to Stop, by name, and for each
// event that was not why; "task-clock" is in nanoseconds. Where the CPU has
// fewer counters than there are events, each counted only part of the time,
// and its count is scaled up to all of it.
func (p *PerfEvents) Counts() (counts map[string]float64, missing map[string]string) {
	counts, missing = map[string]float64{}, maps.Clone(p.missing)
	for _, e := range p.open {
		var raw [3 * 8]byte // value, time enabled, time running
		n, err := unix.Read(e.fd, raw[:])
		word := func(i int) float64 { return float64(binary.NativeEndian.Uint64(raw[8*i:])) }
		switch value, enabled, running := word(0), word(1), word(2); {
		case err != nil || n < len(raw):
			missing[e.name] = fmt.Sprintf("read the event: %v", err)
		case running == 0:
			missing[e.name] = "other events left it no counter of the CPU"
		default:
			counts[e.name] = value * enabled / running
		}
	}
	return counts, missing
}

// Close closes the events.
func (p *PerfEvents) Close() {
	for _, e := range p.open {
		unix.Close(e.fd)
	}
}
