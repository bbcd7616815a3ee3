package charts

import (
	"cmp"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// A synthetic run resembles what a small virtual machine gives, launch by
// launch, without measuring anything: the same seed gives the same launches.
type synthetic struct {
	specs      []string
	sizes      []int
	placements []string
	dirs       []string
	launches   int
	messages   int // of a latency launch
	seed       uint64
}

// likeDefault is shaped as a run without any flags.
var likeDefault = synthetic{
	specs:      []string{"mmap:wait=spin", "mmap:wait=futex", "pipe", "unix", "file"},
	sizes:      []int{64, 4096, 65536},
	placements: []string{"same-cpu", "same-llc"},
	dirs:       []string{"/tmp", "/dev/shm"},
	launches:   6,
	messages:   2000,
	seed:       1,
}

var fstypes = map[string]string{"/tmp": "ext4", "/dev/shm": "tmpfs", "/mnt/xfs": "xfs", "/mnt/btrfs": "btrfs"}

func (s synthetic) run() results.Run {
	return results.Run{
		Schema: results.Schema, Name: "20261123T101500Z-1a2b", Version: "0.1.0", Status: "done",
		Args:    []string{"run", "--seed", "7"},
		Host:    map[string]string{"cpu": "Example 9000 8-Core Processor", "kernel": "6.18.0", "goos": "linux", "loadavg": "0.10 0.20 0.30"},
		Plan:    results.Plan{Specs: s.specs, Workloads: []string{"latency", "throughput"}, Sizes: s.sizes, Placements: s.placements, Dirs: s.dirs, Launches: s.launches, Seed: 7},
		Started: time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC),
		Ended:   time.Date(2026, 11, 23, 10, 15, 48, 0, time.UTC),
		Floors: []results.Floor{
			{Name: "clock", NS: 24, Doc: "two clock readings"},
			{Name: "copy", SizeBytes: 65536, NS: 2100, Doc: "one copy of a message"},
		},
	}
}

// charts are those of its run.
func (s synthetic) charts(t testing.TB) []Chart { return chartsOf(s.run(), s.all(t)) }

func chartsOf(run results.Run, launches []results.Launch) []Chart {
	return All(summary.Analyze(run, launches, nil))
}

// drawn has the launches of those that were asked for, which are tests by the dozen.
var drawn sync.Map

// all are its launches, the caller's own.
func (s synthetic) all(t testing.TB) []results.Launch {
	t.Helper()
	key := fmt.Sprintf("%+v", s)
	made, has := drawn.Load(key)
	if !has {
		made, _ = drawn.LoadOrStore(key, s.draw(t))
	}
	all := slices.Clone(made.([]results.Launch))
	for i := range all {
		all[i].Metrics, all[i].Histograms = maps.Clone(all[i].Metrics), maps.Clone(all[i].Histograms)
	}
	return all
}

func (s synthetic) draw(t testing.TB) []results.Launch {
	t.Helper()
	rng := rand.New(rand.NewPCG(s.seed, 2))
	var all []results.Launch
	for _, cell := range s.cells() {
		for n := range s.launches {
			l := results.Launch{Run: "20261123T101500Z-1a2b", Cell: cell, Launch: n + 1, Order: len(all) + 1, Status: results.OK}
			if spins(cell.Transport) && cell.Placement == "same-cpu" {
				l.Status, l.Reason = results.Skipped, "two spinning ends need two CPUs: choose another placement"
				all = append(all, l)
				break
			}
			if cell.Workload == "latency" {
				s.latency(t, rng, &l)
			} else {
				s.throughput(rng, &l)
			}
			all = append(all, l)
		}
	}
	return all
}

func (s synthetic) cells() []results.Cell {
	var cells []results.Cell
	for _, workload := range []string{"latency", "throughput"} {
		for _, placement := range s.placements {
			for _, size := range s.sizes {
				for _, spec := range s.specs {
					dirs := []string{""}
					if family := familyOf(spec); family == "mmap" || family == "file" {
						dirs = s.dirs
					}
					for _, dir := range dirs {
						cell := results.Cell{
							Transport: spec, Family: familyOf(spec), Group: groupNameOf(spec), Wait: waitOf(spec), Waits: string(wayOf(spec)), Workload: workload, SizeBytes: size, Placement: placement,
							ProducerCPU: 0, ConsumerCPU: 1, Pairs: 1, Dir: dir, FSType: fstypes[dir],
						}
						switch placement {
						case "same-cpu":
							cell.ConsumerCPU = 0
						case "free":
							cell.ProducerCPU, cell.ConsumerCPU = -1, -1
						}
						if dir != "" {
							cell.Mount = "rw,relatime"
						}
						cells = append(cells, cell)
					}
				}
			}
		}
	}
	return cells
}

// typicalNS is the round trip of a cell without its spread.
func typicalNS(c results.Cell) float64 {
	copying := float64(c.SizeBytes) * 0.06
	switch {
	case spins(c.Transport):
		return 180 + copying
	case c.Family == "file":
		ns := 2600 + 3*copying
		if c.FSType != "tmpfs" {
			ns *= 1.5
		}
		if c.Placement == "same-cpu" {
			return ns * 1.4
		}
		return ns
	}
	ns := map[string]float64{"mmap": 4200, "pipe": 5100, "unix": 6300}[c.Family]
	if ns == 0 {
		ns = everyNS(c)
	}
	if c.Placement != "same-cpu" {
		ns *= 9
	}
	return ns + 2*copying
}

func (s synthetic) latency(t testing.TB, rng *rand.Rand, l *results.Launch) {
	t.Helper()
	typical := typicalNS(l.Cell) * (1 + 0.03*rng.NormFloat64())
	if l.Placement == "free" && rng.IntN(3) == 0 {
		typical /= 8 // the scheduler put both ends on one CPU
	}
	h := results.NewHistogram()
	for range s.messages {
		ns := typical * (0.97 + 0.05*rng.ExpFloat64())
		if rng.IntN(700) == 0 {
			ns += 3000 + 9000*rng.ExpFloat64()
		}
		h.Record(int64(ns))
	}
	encoded, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	l.Histograms = map[string]string{results.RoundTrips: encoded}
	l.Messages, l.ElapsedNS = int64(s.messages), int64(typical*float64(s.messages))
	l.Metrics = map[string]float64{results.RTTMean: h.Mean(), results.CPUPerMsg: 1.8 * typical, results.CtxswPer: 2}
	for metric, q := range map[string]float64{results.RTTP50: 0.5, results.RTTP90: 0.9, results.RTTP99: 0.99, results.RTTP999: 0.999} {
		if ns, ok := h.Quantile(q); ok {
			l.Metrics[metric] = ns
		}
	}
}

func (s synthetic) throughput(rng *rand.Rand, l *results.Launch) {
	perMessage := (typicalNS(l.Cell)/12 + float64(l.SizeBytes)*0.09) * math.Exp(0.04*rng.NormFloat64())
	l.Messages, l.ElapsedNS = int64(5e7/perMessage), 50e6
	l.Metrics = map[string]float64{
		results.MsgsPerS: 1e9 / perMessage, results.BytesPerS: 1e9 / perMessage * float64(l.SizeBytes), results.CPUPerMsg: 2 * perMessage,
	}
}

// everyTransport is shaped as a run of all transports.
var everyTransport = synthetic{
	specs: []string{
		"mmap", "mmap:wait=yield", "mmap:wait=futex", "mmap:wait=hybrid", "mmap:wait=eventfd",
		"memfd", "memfd:wait=futex", "shm", "shm:wait=futex", "sysv", "sysv:wait=futex",
		"pipe", "pipe:wait=poll", "pipe:wait=epoll", "pipe:wait=spin", "pipe:wait=go", "fifo", "vmsplice",
		"unix", "unix:type=seqpacket", "unix:type=dgram", "unix:wait=epoll", "unix:wait=go", "tcp", "tcp:wait=epoll", "udp", "vsock", "sockmap",
		"mq", "sysvmsg", "eventfd", "signal", "futex", "cma", "memfdpass", "uring", "uring:over=unix", "msgring",
		"file", "file:wait=inotify", "log", "null",
	},
	sizes:      []int{64, 4096, 65536},
	placements: []string{"same-cpu", "same-llc"},
	dirs:       []string{"/tmp", "/dev/shm"},
	launches:   10,
	messages:   400,
	seed:       4,
}

var groupNames = map[string]string{
	"mmap": "Shared memory", "memfd": "Shared memory", "shm": "Shared memory", "sysv": "Shared memory", "memfdpass": "Shared memory",
	"pipe": "Pipes", "fifo": "Pipes", "vmsplice": "Pipes",
	"unix": "Sockets", "tcp": "Sockets", "udp": "Sockets", "vsock": "Sockets", "sockmap": "Sockets",
	"mq": "Message queues", "sysvmsg": "Message queues", "eventfd": "Notification", "signal": "Notification", "futex": "Notification",
	"cma": "Copied by the kernel", "uring": "io_uring", "msgring": "io_uring", "file": "Files", "log": "Files", "null": "Floors",
}

func groupNameOf(spec string) string { return cmp.Or(groupNames[familyOf(spec)], "Other streams") }

var ways = map[string]results.Way{
	"spin": results.Spins, "yield": results.Yields, "hybrid": results.SpinSleeps, "poll": results.Polls, "epoll": results.Epolls, "go": results.Parks,
}

func wayOf(spec string) results.Way {
	group, wait := groupNameOf(spec), waitOf(spec)
	switch {
	case group == "Floors":
		return results.UnknownWay
	case group == "Files" && wait == "poll":
		return results.Spins
	}
	return cmp.Or(ways[wait], results.Sleeps)
}

func waitOf(spec string) string {
	_, wait, named := strings.Cut(spec, "wait=")
	switch family := familyOf(spec); {
	case named:
		return wait
	case groupNameOf(spec) == "Shared memory":
		return "spin"
	case family == "file" || family == "log":
		return "poll"
	case slices.Contains([]string{"pipe", "fifo", "vmsplice", "unix", "tcp", "udp", "vsock", "sockmap"}, family):
		return "block"
	}
	return ""
}

// everyNS spreads what is not typed by hand, by its name alone.
func everyNS(c results.Cell) float64 {
	if c.Family == "null" {
		return 40
	}
	sum := crc32.ChecksumIEEE([]byte(c.Transport))
	return 3000 + float64(sum%9000)
}

func spins(spec string) bool { return spec == "mmap:wait=spin" || waitOf(spec) == "spin" }

func familyOf(spec string) string {
	for i, r := range spec {
		if r == ':' {
			return spec[:i]
		}
	}
	return spec
}

// manySpecs is more transports than a chart has room for.
func manySpecs(n int) []string {
	var specs []string
	for i := range n {
		specs = append(specs, fmt.Sprintf("transport%02d:api=inplace,wait=hybrid", i))
	}
	return specs
}
