// Package resultstest makes records to test with, as a measuring program would.
// It is for tests alone.
//
// It must not know how anything is summarized or shown.
package resultstest

import (
	"encoding/csv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ipcbench/results"
)

// Run is a run as a small virtual machine gives it.
var Run = results.Run{
	Schema:  results.Schema,
	Name:    "20261123T101500Z-1a2b",
	Version: "v0.1.0",
	Host: map[string]string{
		"goos": "linux", "goarch": "amd64", "cpu": "Example 9000", "kernel": "6.18.0",
		"loadavg": "0.10 0.20 0.30",
	},
	Labels:  map[string]string{"kernel-config": "voluntary"},
	Started: time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC),
	Status:  results.RunDone,
}

// Cell is one of two ends on CPUs 0 and 1.
func Cell(transport, workload string, size int, placement string) results.Cell {
	return results.Cell{
		Transport: transport, Family: transport, Workload: workload, SizeBytes: size,
		Placement: placement, ProducerCPU: 0, ConsumerCPU: 1, Pairs: 1,
	}
}

// OK is a launch with one metric.
func OK(cell results.Cell, number int, metric string, value float64) results.Launch {
	return results.Launch{Cell: cell, Launch: number, Status: results.OK, Messages: 1000, Metrics: map[string]float64{metric: value}}
}

// Of is one such launch for each value.
func Of(cell results.Cell, metric string, values ...float64) []results.Launch {
	var launches []results.Launch
	for i, value := range values {
		launches = append(launches, OK(cell, i+1, metric, value))
	}
	return launches
}

// Latency is a launch with these round trips.
func Latency(t testing.TB, cell results.Cell, number int, roundTrips []int64) results.Launch {
	t.Helper()
	h := Histogram(roundTrips...)
	var total int64
	for _, ns := range roundTrips {
		total += ns
	}
	encoded, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	n := int64(len(roundTrips))
	l := results.Launch{
		Run: Run.Name, Cell: cell, Launch: number, Order: number, Status: results.OK,
		Messages: n, Bytes: n * int64(cell.SizeBytes), ElapsedNS: total, Verified: 2 * n,
		Histograms: map[string]string{results.RoundTrips: encoded},
		Metrics: map[string]float64{
			results.RTTMin: float64(h.Min()), results.RTTMax: float64(h.Max()), results.RTTMean: float64(total) / float64(n),
			results.CPUPerMsg: 2 * float64(total) / float64(n), results.CtxswPer: 0.002,
		},
	}
	for _, metric := range results.Metrics() {
		if ns, told := h.Quantile(metric.Q); told && metric.Of == results.RoundTrips {
			l.Metrics[metric.Name] = ns
		}
	}
	return l
}

// Throughput is a launch of so many messages per second.
func Throughput(cell results.Cell, number int, perS float64) results.Launch {
	const messages = 100_000
	return results.Launch{
		Run: Run.Name, Cell: cell, Launch: number, Order: number, Status: results.OK,
		Messages: messages, Bytes: messages * int64(cell.SizeBytes), ElapsedNS: int64(messages / perS * 1e9), Verified: messages,
		Metrics: map[string]float64{
			results.MsgsPerS: perS, results.BytesPerS: perS * float64(cell.SizeBytes),
			results.CPUPerMsg: 2e9 / perS, results.CtxswPer: 0.01, results.FaultsPer: 0,
		},
	}
}

// Histogram has these times in it.
func Histogram(times ...int64) *results.Histogram {
	h := results.NewHistogram()
	for _, ns := range times {
		h.Record(ns)
	}
	return h
}

// Repeat is n times the same.
func Repeat(ns int64, n int) []int64 { return slices.Repeat([]int64{ns}, n) }

// Around is n times that spread around typical, with a tail.
func Around(rng *rand.Rand, typical float64, n int) []int64 {
	times := make([]int64, n)
	for i := range times {
		times[i] = int64(typical * (0.95 + 0.1*rng.Float64()) * (1 + 5*max(0, rng.ExpFloat64()-4)))
	}
	return times
}

// Launches are what a default run records, in miniature, in shuffled order:
// transports, sizes, placements, directories, and bad days.
func Launches(t testing.TB) []results.Launch {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	onFS := func(c results.Cell, dir, fstype string) results.Cell { c.Dir, c.FSType = dir, fstype; return c }
	var launches []results.Launch
	for _, size := range []int{64, 65536} {
		slow := 1 + float64(size)/10000
		for factor, placement := range map[float64]string{1: "same-cpu", 10: "same-llc"} {
			for number := 1; number <= 10; number++ {
				for ns, transport := range map[float64]string{5000: "pipe", 9000: "unix", 5800: "mmap:wait=futex"} {
					cell := Cell(transport, "latency", size, placement)
					stream := Cell(transport, "throughput", size, placement)
					if transport == "mmap:wait=futex" {
						cell, stream = onFS(cell, "/tmp", "ext4"), onFS(stream, "/tmp", "ext4")
					}
					launches = append(launches,
						Latency(t, cell, number, Around(rng, ns*slow*factor*(1+0.05*rng.Float64()), 2000)),
						Throughput(stream, number, 1e9/ns/slow*(8+0.3*rng.Float64())))
				}
			}
		}
		spin := onFS(Cell("mmap:wait=spin", "latency", size, "same-llc"), "/dev/shm", "tmpfs")
		for number := 1; number <= 10; number++ {
			launches = append(launches, Latency(t, spin, number, Around(rng, 118*slow, 20_000)))
		}
		spin.Placement, spin.ConsumerCPU = "same-cpu", 0
		launches = append(launches, results.Launch{
			Run: Run.Name, Cell: spin, Launch: 1, Status: results.Skipped,
			Reason: "two spinning ends need two CPUs: each would burn the other's time slice; choose wait=futex or another --placement",
		})
	}
	rng.Shuffle(len(launches), func(i, j int) { launches[i], launches[j] = launches[j], launches[i] })
	i := slices.IndexFunc(launches, func(l results.Launch) bool { return l.Transport == "unix" && l.Workload == "latency" })
	launches[i].Status, launches[i].Reason = results.Failed, "consumer: signal: killed"
	launches[i].Metrics, launches[i].Histograms = nil, nil
	return launches
}

// Few are launches that are few enough to write their table down.
func Few(t testing.TB) []results.Launch {
	t.Helper()
	pipe := Cell("pipe", "latency", 64, "same-cpu")
	var launches []results.Launch
	for number := 1; number <= 6; number++ {
		launches = append(launches, Latency(t, pipe, number, slices.Concat(Repeat(4000+100*int64(number), 1900), Repeat(20_000, 100))))
	}
	mmap := Cell("mmap:wait=futex", "latency", 4096, "same-cpu")
	mmap.Dir, mmap.FSType = "/tmp", "ext4"
	launches = append(launches, Latency(t, mmap, 1, Repeat(900, 100)), Latency(t, mmap, 2, Repeat(1100, 100)))
	spin := mmap
	spin.Transport = "mmap:wait=spin"
	return append(launches,
		results.Launch{Cell: spin, Launch: 1, Status: results.Failed, Reason: "consumer: signal: killed"},
		results.Launch{Cell: pipe, Launch: 7, Status: results.Failed, Reason: "timeout"},
		Throughput(Cell("pipe", "throughput", 64, "same-cpu"), 1, 1.5e6))
}

// A Worker is one end, for Counted.
type Worker results.Worker

// CPU is an end that used so many milliseconds in user space and the kernel.
func CPU(user, system int64) Worker {
	return Worker{CPUNS: (user + system) * 1e6, UserNS: user * 1e6, SystemNS: system * 1e6}
}

// Switched is the end with these context switches.
func (w Worker) Switched(voluntary, involuntary int64) Worker {
	w.Voluntary, w.Preempted = voluntary, involuntary
	return w
}

// Faulted is the end with these page faults.
func (w Worker) Faulted(minor, major int64) Worker {
	w.Minor, w.Major = minor, major
	return w
}

// Counted is a launch of 1000 messages of wall nanoseconds each, whose two
// workers say the rest.
func Counted(cell results.Cell, wall int64, producer, consumer Worker) results.Launch {
	const messages = 1000
	producer.Side, consumer.Side = "producer", "consumer"
	return results.Launch{
		Cell: cell, Launch: 1, Status: results.OK, Messages: messages, ElapsedNS: messages * wall,
		Metrics: map[string]float64{results.CPUPerMsg: float64(producer.CPUNS+consumer.CPUNS) / messages},
		Workers: []results.Worker{results.Worker(producer), results.Worker(consumer)},
	}
}

// ReadCSV returns the header as written and the rows by the names in it.
func ReadCSV(t testing.TB, written string) (header string, rows []map[string]string) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(written)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return strings.Join(records[0], ","), rows
}
