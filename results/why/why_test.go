package why

import (
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
)

func waiting(way results.Way, cell results.Cell) results.Cell {
	cell.Waits = string(way)
	return cell
}

func onCPUs(producer, consumer int, cell results.Cell) results.Cell {
	cell.ProducerCPU, cell.ConsumerCPU = producer, consumer
	return cell
}

// cpu is an end that used so many milliseconds in user space and the kernel.
var cpu = resultstest.CPU

func TestWhy(t *testing.T) {
	apart := resultstest.Cell("pipe", "latency", 64, "same-llc")
	together := onCPUs(0, 0, resultstest.Cell("pipe", "latency", 64, "same-cpu"))
	free := onCPUs(-1, -1, resultstest.Cell("pipe", "latency", 64, "free"))
	stream := resultstest.Cell("pipe", "throughput", 64, "same-llc")
	moved := int64(7)
	migrated := cpu(1, 5).Switched(400, 600)
	migrated.Migrations = &moved
	for name, c := range map[string]struct {
		launch results.Launch
		want   string
	}{
		"blocking on two CPUs": {
			resultstest.Counted(apart, 37_000, cpu(2, 4).Switched(1000, 3), cpu(1, 5).Switched(998, 2)),
			"each round trip sleeps and wakes twice; the wake-up crosses CPUs; of 37.0 µs on average, 12.0 µs are CPU time: the rest waits for the wake-up",
		},
		"blocking on one CPU, where waking is also pushing off": {
			resultstest.Counted(together, 5_200, cpu(0, 3).Switched(400, 600), cpu(1, 1).Switched(650, 350)),
			"the ends take turns on one CPU: 2.00 context switches a round trip, and no idle CPU to wake",
		},
		"the share of the kernel once there are ticks enough": {
			resultstest.Counted(together, 200_000, cpu(10, 90).Switched(400, 600), cpu(10, 90).Switched(650, 350)),
			"the ends take turns on one CPU: 2.00 context switches a round trip, and no idle CPU to wake; 90 % of the CPU time is in the kernel",
		},
		"spinning": {
			resultstest.Counted(waiting(results.Spins, apart), 120_000, cpu(118, 2).Switched(0, 3), cpu(119, 1).Switched(1, 2)),
			"neither end sleeps: waiting included, a round trip takes 120 µs of each CPU",
		},
		"spinning, and flushing to the disk": {
			resultstest.Counted(waiting(results.Spins, apart), 200_000, cpu(20, 20).Switched(2100, 0), cpu(20, 60).Switched(2100, 0)),
			"an end spins while it waits for the other, and yet sleeps come 4.20 to a round trip: in its system calls; " +
				"of 200 µs on average, 120 µs are CPU time: the rest is waiting; 67 % of the CPU time is in the kernel",
		},
		"sleeping now and then": {
			resultstest.Counted(apart, 9_000, cpu(5, 3).Switched(400, 0), cpu(5, 3).Switched(500, 0)),
			"the ends sleep 0.900 times in a round trip; the wake-up crosses CPUs",
		},
		"through the Go runtime": {
			resultstest.Counted(waiting(results.Parks, apart), 55_000, cpu(10, 15).Switched(1700, 500), cpu(5, 20).Switched(1700, 500)),
			"each round trip sleeps and wakes 3.40 times, threads of the Go runtime included; the wake-up crosses CPUs",
		},
		"wherever the scheduler puts it": {
			resultstest.Counted(free, 9_000, migrated, cpu(1, 3).Switched(600, 400)),
			"the ends sleep 1.00 times in a round trip; the scheduler keeps both ends on one CPU for a part of the time; the scheduler moved an end 7.00 times a launch",
		},
		"a stream in batches": {
			resultstest.Counted(stream, 500, cpu(0, 1), cpu(0, 1).Switched(27, 0)),
			"the consumer sleeps once in 37.0 messages, so it moves in batches: the producer is the slower end",
		},
		"a stream of messages larger than the pipe": {
			resultstest.Counted(stream, 60_000, cpu(0, 30).Switched(700, 10), cpu(0, 20).Switched(600, 10)),
			"the ends sleep 1.30 times a message",
		},
		"a stream on one CPU": {
			resultstest.Counted(onCPUs(1, 1, stream), 900, cpu(0, 1).Switched(5, 0), cpu(0, 1).Switched(0, 5)),
			"the ends take turns on one CPU: one context switch in 100 messages, so it moves in batches",
		},
		"a stream that never sleeps": {
			resultstest.Counted(waiting(results.Spins, stream), 2_000, cpu(2, 0), cpu(2, 0)),
			"neither end sleeps: waiting included, a message takes 2.00 µs of each CPU",
		},
		"a file that is looked at again and again": {
			countedFile(apart), "neither end sleeps: waiting included, a round trip takes 120 µs of each CPU",
		},
		"page faults, some of them from the disk": {
			resultstest.Counted(waiting(results.Spins, stream), 50_000, cpu(50, 0).Faulted(16_000, 0), cpu(50, 0).Faulted(0, 20)),
			"neither end sleeps: waiting included, a message takes 50.0 µs of each CPU; each message takes 16.0 page faults, 0.020 of which wait for the disk",
		},
	} {
		t.Run(name, func(t *testing.T) {
			launches := []results.Launch{c.launch}
			got := Of(summary.Of(launches), nil)
			if len(got) != 1 || got[0].Sentence != c.want {
				t.Errorf("got  %+v\nwant %s", got, c.want)
			}
		})
	}
}

// countedFile has the option wait=poll, which with files is no poll(2).
func countedFile(cell results.Cell) results.Launch {
	cell.Transport, cell.Kind, cell.Wait = "file", "file", "poll"
	return resultstest.Counted(waiting(results.Spins, cell), 120_000, cpu(118, 2).Switched(0, 3), cpu(119, 1).Switched(1, 2))
}

func TestWhyTellsWhatOthersTook(t *testing.T) {
	l := resultstest.Counted(waiting(results.Spins, resultstest.Cell("mmap", "latency", 64, "same-llc")), 1_000, cpu(1, 0), cpu(1, 0))
	waited := int64(240_000)
	l.Jitter = &results.Jitter{StealNS: 200_000, CPUs: 2, WatchedNS: l.ElapsedNS, WaitNS: &waited}
	l.Workers[0].WaitNS, l.Workers[1].WaitNS = new(int64), new(int64)
	sentence := Of(summary.Of([]results.Launch{l}), nil)[0].Sentence
	for _, want := range []string{"the ends were ready and waited 12 % of the time", "the hypervisor gave 10 % of the CPUs' time to others"} {
		if !strings.Contains(sentence, want) {
			t.Errorf("%q does not say %q", sentence, want)
		}
	}
}

func TestWhyTellsWhatPerfEventsCountedInLaunchesOfTheirOwn(t *testing.T) {
	cell := resultstest.Cell("pipe", "latency", 64, "same-llc")
	measured := resultstest.Counted(cell, 37_000, cpu(2, 4).Switched(1000, 3), cpu(1, 5).Switched(998, 2))
	diagnosed := resultstest.Counted(cell, 50_000, cpu(9, 9).Switched(5000, 3), cpu(9, 9).Switched(5000, 2))
	diagnosed.Workers[0].Perf = map[string]float64{"cycles": 30e6, "instructions": 15e6, "cache-misses": 40e3}
	diagnosed.Workers[1].Perf = map[string]float64{"cycles:u": 10e6, "instructions:u": 5e6, "cache-misses:u": 2e3}
	got := Of(summary.Of([]results.Launch{measured}), []results.Launch{diagnosed})
	if len(got) != 1 || !strings.HasSuffix(got[0].Sentence, "; 0.500 instructions per cycle and 42.0 cache misses a round trip") ||
		!strings.HasPrefix(got[0].Sentence, "each round trip sleeps and wakes twice") {
		t.Errorf("%+v", got)
	}
}

// TestWhyPoolsLaunches has two launches of which neither alone has ticks of the
// timer enough for the share of the kernel, and one that failed.
func TestWhyPoolsLaunches(t *testing.T) {
	cell := waiting(results.Spins, resultstest.Cell("mmap", "latency", 64, "same-llc"))
	a := resultstest.Counted(cell, 30_000, cpu(30, 0), cpu(30, 0))
	b := resultstest.Counted(cell, 30_000, cpu(0, 30), cpu(0, 30))
	failed := resultstest.Counted(cell, 1, cpu(0, 9000).Faulted(9000, 0), cpu(0, 9000))
	failed.Status = results.Failed
	launches := []results.Launch{a, b, failed}
	got := Of(summary.Of(launches), nil)[0]
	if want := "neither end sleeps: waiting included, a round trip takes 30.0 µs of each CPU; 50 % of the CPU time is in the kernel"; got.Sentence != want {
		t.Errorf("got  %s\nwant %s", got.Sentence, want)
	}
	if p := got.Sides[0]; p.Side != "producer" || p.CPUNS != 30_000 || p.UserNS != 15_000 || p.SystemNS != 15_000 || p.Minor != 0 {
		t.Errorf("%+v", p)
	}
}

// TestWhyOfTheKeptRun is what a reader of results/sample sees.
func TestWhyOfTheKeptRun(t *testing.T) {
	_, launches, _, err := results.Open("../sample")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, e := range Of(summary.Of(launches), nil) {
		said[strings.Join([]string{e.Transport, e.Workload, results.FormatSize(e.SizeBytes), e.Placement}, " ")] = e.Sentence
		if len(e.Table().Rows) != 2 {
			t.Errorf("%s: %+v", e.Transport, e.Table())
		}
	}
	for cell, want := range map[string]string{
		"pipe latency 64 B same-cpu":      "the ends take turns on one CPU: 2.00 context switches a round trip, and no idle CPU to wake; 87 % of the CPU time is in the kernel",
		"pipe latency 4 KiB same-llc":     "each round trip sleeps and wakes twice; the wake-up crosses CPUs; of 73.2 µs on average, 45.9 µs are CPU time: the rest waits for the wake-up; 85 % of the CPU time is in the kernel",
		"pipe throughput 64 B same-cpu":   "the ends take turns on one CPU: one context switch in 72.8 messages, so it moves in batches; 74 % of the CPU time is in the kernel",
		"unix latency 64 KiB same-llc":    "each round trip sleeps and wakes 2.86 times; the wake-up crosses CPUs; 95 % of the CPU time is in the kernel",
		"unix throughput 64 KiB same-cpu": "the ends take turns on one CPU: 0.863 context switches a message; 93 % of the CPU time is in the kernel",
	} {
		if said[cell] != want {
			t.Errorf("%s\ngot  %s\nwant %s", cell, said[cell], want)
		}
	}
}
