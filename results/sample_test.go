package results

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// sampleRun is a run as a small virtual machine gives it.
var sampleRun = Run{
	Schema:  Schema,
	Name:    "20261123T101500Z-1a2b",
	Version: "v0.1.0",
	Host: map[string]string{
		"goos": "linux", "goarch": "amd64", "cpu": "Example 9000", "kernel": "6.18.0",
		"loadavg": "0.10 0.20 0.30",
	},
	Labels:  map[string]string{"kernel-config": "voluntary"},
	Started: time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC),
	Status:  "done",
}

// latencyLaunch makes the record of a launch from its round trips, as a
// measuring program does.
func latencyLaunch(t testing.TB, cell Cell, number int, roundTrips []int64) Launch {
	t.Helper()
	h := NewHistogram()
	var total int64
	for _, ns := range roundTrips {
		h.Record(ns)
		total += ns
	}
	encoded, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	n := int64(len(roundTrips))
	l := Launch{
		Run: sampleRun.Name, Cell: cell, Launch: number, Order: number, Status: OK,
		Messages: n, Bytes: n * int64(cell.SizeBytes), ElapsedNS: total, Verified: 2 * n,
		RTTHist: encoded,
		Metrics: map[string]float64{
			RTTMin: float64(h.Min()), RTTMax: float64(h.Max()), RTTMean: float64(total) / float64(n),
			CPUPerMsg: 2 * float64(total) / float64(n), CtxswPer: 0.002,
		},
	}
	for _, quantile := range roundTripQuantiles {
		if ns, ok := h.Quantile(quantile.q); ok {
			l.Metrics[quantile.metric] = ns
		}
	}
	return l
}

func throughputLaunch(cell Cell, number int, perS float64) Launch {
	const messages = 100_000
	return Launch{
		Run: sampleRun.Name, Cell: cell, Launch: number, Order: number, Status: OK,
		Messages: messages, Bytes: messages * int64(cell.SizeBytes), ElapsedNS: int64(messages / perS * 1e9), Verified: messages,
		Metrics: map[string]float64{MsgsPerS: perS, BytesPerS: perS * float64(cell.SizeBytes), CPUPerMsg: 2e9 / perS, CtxswPer: 0.01, FaultsPer: 0},
	}
}

func cellOf(transport, workload string, size int, placement string) Cell {
	return Cell{
		Transport: transport, Family: transport, Workload: workload, SizeBytes: size,
		Placement: placement, ProducerCPU: 0, ConsumerCPU: 1, Pairs: 1,
	}
}

// around returns n times that spread around typical, with a tail.
func around(rng *rand.Rand, typical float64, n int) []int64 {
	times := make([]int64, n)
	for i := range times {
		times[i] = int64(typical * (0.95 + 0.1*rng.Float64()) * (1 + 5*max(0, rng.ExpFloat64()-4)))
	}
	return times
}

// sampleLaunches is what a default run records, in miniature, in shuffled
// order: transports, sizes, placements, directories, and bad days.
func sampleLaunches(t testing.TB) []Launch {
	rng := rand.New(rand.NewPCG(1, 2))
	onFS := func(c Cell, dir, fstype string) Cell { c.Dir, c.FSType = dir, fstype; return c }
	var launches []Launch
	for _, size := range []int{64, 65536} {
		slow := 1 + float64(size)/10000
		for factor, placement := range map[float64]string{1: "same-cpu", 10: "same-llc"} {
			for number := 1; number <= 10; number++ {
				for ns, transport := range map[float64]string{5000: "pipe", 9000: "unix", 5800: "mmap:wait=futex"} {
					cell := cellOf(transport, "latency", size, placement)
					stream := cellOf(transport, "throughput", size, placement)
					if transport == "mmap:wait=futex" {
						cell, stream = onFS(cell, "/tmp", "ext4"), onFS(stream, "/tmp", "ext4")
					}
					launches = append(launches,
						latencyLaunch(t, cell, number, around(rng, ns*slow*factor*(1+0.05*rng.Float64()), 2000)),
						throughputLaunch(stream, number, 1e9/ns/slow*(8+0.3*rng.Float64())))
				}
			}
		}
		spin := onFS(cellOf("mmap:wait=spin", "latency", size, "same-llc"), "/dev/shm", "tmpfs")
		for number := 1; number <= 10; number++ {
			launches = append(launches, latencyLaunch(t, spin, number, around(rng, 118*slow, 20_000)))
		}
		spin.Placement, spin.ConsumerCPU = "same-cpu", 0
		launches = append(launches, Launch{
			Run: sampleRun.Name, Cell: spin, Launch: 1, Status: Skipped,
			Reason: "two spinning ends need two CPUs: each would burn the other's time slice; choose wait=futex or another --placement",
		})
	}
	rng.Shuffle(len(launches), func(i, j int) { launches[i], launches[j] = launches[j], launches[i] })
	i := slices.IndexFunc(launches, func(l Launch) bool { return l.Transport == "unix" && l.Workload == "latency" })
	launches[i].Status, launches[i].Reason, launches[i].Metrics, launches[i].RTTHist = Failed, "consumer: signal: killed", nil, ""
	return launches
}
