package why

import (
	"strings"
	"testing"
)

// countedLaunch is one of 1000 messages of wall nanoseconds each, whose two
// workers say the rest.
func countedLaunch(cell results.Cell, wall int64, producer, consumer results.Worker) results.Launch {
	const messages = 1000
	producer.Side, consumer.Side = "producer", "consumer"
	return results.Launch{
		Cell: cell, Launch: 1, Status: results.OK, Messages: messages, ElapsedNS: messages * wall,
		Metrics: map[string]float64{CPUPerMsg: float64(producer.CPUNS+consumer.CPUNS) / messages},
		Workers: []results.Worker{producer, consumer},
	}
}

// cpu is a worker that used so many milliseconds in user space and the kernel.
func cpu(user, system int64) results.Worker {
	return results.Worker{CPUNS: (user + system) * 1e6, UserNS: user * 1e6, SystemNS: system * 1e6}
}

func (w results.Worker) switched(voluntary, involuntary int64) results.Worker {
	w.Voluntary, w.Preempted = voluntary, involuntary
	return w
}

func (w results.Worker) faulted(minor, major int64) results.Worker {
	w.Minor, w.Major = minor, major
	return w
}

func waiting(wait string, cell results.Cell) results.Cell {
	cell.Wait = wait
	return cell
}

func onCPUs(producer, consumer int, cell results.Cell) results.Cell {
	cell.ProducerCPU, cell.ConsumerCPU = producer, consumer
	return cell
}

func TestWhy(t *testing.T) {
	apart := cellOf("pipe", "latency", 64, "same-llc")
	together := onCPUs(0, 0, cellOf("pipe", "latency", 64, "same-cpu"))
	free := onCPUs(-1, -1, cellOf("pipe", "latency", 64, "free"))
	stream := cellOf("pipe", "throughput", 64, "same-llc")
	moved := int64(7)
	migrated := cpu(1, 5).switched(400, 600)
	migrated.Migrations = &moved
	for name, c := range map[string]struct {
		launch results.Launch
		want   string
	}{
		"blocking on two CPUs": {
			countedLaunch(apart, 37_000, cpu(2, 4).switched(1000, 3), cpu(1, 5).switched(998, 2)),
			"each round trip sleeps and wakes twice; the wake-up crosses CPUs; of 37.0 µs on average, 12.0 µs are CPU time: the rest waits for the wake-up",
		},
		"blocking on one CPU, where waking is also pushing off": {
			countedLaunch(together, 5_200, cpu(0, 3).switched(400, 600), cpu(1, 1).switched(650, 350)),
			"the ends take turns on one CPU: 2.00 context switches a round trip, and no idle CPU to wake",
		},
		"the share of the kernel once there are ticks enough": {
			countedLaunch(together, 200_000, cpu(10, 90).switched(400, 600), cpu(10, 90).switched(650, 350)),
			"the ends take turns on one CPU: 2.00 context switches a round trip, and no idle CPU to wake; 90 % of the CPU time is in the kernel",
		},
		"spinning": {
			countedLaunch(waiting("spin", apart), 120_000, cpu(118, 2).switched(0, 3), cpu(119, 1).switched(1, 2)),
			"neither end sleeps: waiting included, a round trip takes 120 µs of each CPU",
		},
		"spinning, and flushing to the disk": {
			countedLaunch(waiting("spin", apart), 200_000, cpu(20, 20).switched(2100, 0), cpu(20, 60).switched(2100, 0)),
			"an end spins while it waits for the other, and yet sleeps come 4.20 to a round trip: in its calls, as in a flush to the disk; " +
				"of 200 µs on average, 120 µs are CPU time: the rest is waiting; 67 % of the CPU time is in the kernel",
		},
		"sleeping now and then": {
			countedLaunch(apart, 9_000, cpu(5, 3).switched(400, 0), cpu(5, 3).switched(500, 0)),
			"the ends sleep 0.900 times in a round trip; the wake-up crosses CPUs",
		},
		"through the Go runtime": {
			countedLaunch(waiting("go", apart), 55_000, cpu(10, 15).switched(1700, 500), cpu(5, 20).switched(1700, 500)),
			"each round trip sleeps and wakes 3.40 times, threads of the Go runtime included; the wake-up crosses CPUs",
		},
		"wherever the scheduler puts it": {
			countedLaunch(free, 9_000, migrated, cpu(1, 3).switched(600, 400)),
			"the ends sleep 1.00 times in a round trip; the scheduler keeps both ends on one CPU for a part of the time; the scheduler moved an end 7.00 times a launch",
		},
		"a stream in batches": {
			countedLaunch(stream, 500, cpu(0, 1), cpu(0, 1).switched(27, 0)),
			"the consumer sleeps once in 37.0 messages, so it moves in batches: the producer is the slower end",
		},
		"a stream of messages larger than the pipe": {
			countedLaunch(stream, 60_000, cpu(0, 30).switched(700, 10), cpu(0, 20).switched(600, 10)),
			"the ends sleep 1.30 times a message",
		},
		"a stream on one CPU": {
			countedLaunch(onCPUs(1, 1, stream), 900, cpu(0, 1).switched(5, 0), cpu(0, 1).switched(0, 5)),
			"the ends take turns on one CPU: one context switch in 100 messages, so it moves in batches",
		},
		"a stream that never sleeps": {
			countedLaunch(waiting("spin", stream), 2_000, cpu(2, 0), cpu(2, 0)),
			"neither end sleeps: waiting included, a message takes 2.00 µs of each CPU",
		},
		"page faults, some of them from the disk": {
			countedLaunch(waiting("spin", stream), 50_000, cpu(50, 0).faulted(16_000, 0), cpu(50, 0).faulted(0, 20)),
			"neither end sleeps: waiting included, a message takes 50.0 µs of each CPU; each message takes 16.0 page faults, 0.020 of which wait for the disk",
		},
	} {
		t.Run(name, func(t *testing.T) {
			launches := []results.Launch{c.launch}
			got := Why(Summarize(launches), launches, nil)
			if len(got) != 1 || got[0].Sentence != c.want {
				t.Errorf("got  %+v\nwant %s", got, c.want)
			}
		})
	}
}

func TestWhyTellsWhatOthersTook(t *testing.T) {
	l := countedLaunch(waiting("spin", cellOf("mmap", "latency", 64, "same-llc")), 1_000, cpu(1, 0), cpu(1, 0))
	l.Jitter = &results.Jitter{StealNS: 200_000, CPUs: 2, WatchedNS: l.ElapsedNS, WaitNS: waitOf(240_000)}
	l.Workers[0].WaitNS, l.Workers[1].WaitNS = new(int64), new(int64)
	sentence := Why(Summarize([]results.Launch{l}), []results.Launch{l}, nil)[0].Sentence
	for _, want := range []string{"the ends were ready and waited 12 % of the time", "the hypervisor gave 10 % of the CPUs' time to others"} {
		if !strings.Contains(sentence, want) {
			t.Errorf("%q does not say %q", sentence, want)
		}
	}
}

func TestWhyTellsWhatPerfEventsCountedInLaunchesOfTheirOwn(t *testing.T) {
	cell := cellOf("pipe", "latency", 64, "same-llc")
	measured := countedLaunch(cell, 37_000, cpu(2, 4).switched(1000, 3), cpu(1, 5).switched(998, 2))
	diagnosed := countedLaunch(cell, 50_000, cpu(9, 9).switched(5000, 3), cpu(9, 9).switched(5000, 2))
	diagnosed.Workers[0].Perf = map[string]float64{"cycles": 30e6, "instructions": 15e6, "cache-misses": 40e3}
	diagnosed.Workers[1].Perf = map[string]float64{"cycles:u": 10e6, "instructions:u": 5e6, "cache-misses:u": 2e3}
	got := Why(Summarize([]results.Launch{measured}), []results.Launch{measured}, []results.Launch{diagnosed})
	if len(got) != 1 || !strings.HasSuffix(got[0].Sentence, "; 0.500 instructions per cycle and 42.0 cache misses a round trip") ||
		!strings.HasPrefix(got[0].Sentence, "each round trip sleeps and wakes twice") {
		t.Errorf("%+v", got)
	}
}

// TestWhyPoolsLaunches has two launches of which neither alone has ticks of the
// timer enough for the share of the kernel, and one that failed.
func TestWhyPoolsLaunches(t *testing.T) {
	cell := waiting("spin", cellOf("mmap", "latency", 64, "same-llc"))
	a := countedLaunch(cell, 30_000, cpu(30, 0), cpu(30, 0))
	b := countedLaunch(cell, 30_000, cpu(0, 30), cpu(0, 30))
	failed := countedLaunch(cell, 1, cpu(0, 9000).faulted(9000, 0), cpu(0, 9000))
	failed.Status = results.Failed
	launches := []results.Launch{a, b, failed}
	got := Why(Summarize(launches), launches, nil)[0]
	if want := "neither end sleeps: waiting included, a round trip takes 30.0 µs of each CPU; 50 % of the CPU time is in the kernel"; got.Sentence != want {
		t.Errorf("got  %s\nwant %s", got.Sentence, want)
	}
	if p := got.Sides[0]; p.Side != "producer" || p.CPUNS != 30_000 || p.UserNS != 15_000 || p.SystemNS != 15_000 || p.Minor != 0 {
		t.Errorf("%+v", p)
	}
}

// TestWhyOfTheKeptRun is what a reader of results/sample sees.
func TestWhyOfTheKeptRun(t *testing.T) {
	_, launches, _, err := Open("sample")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, e := range Why(Summarize(launches), launches, nil) {
		said[strings.Join([]string{e.Transport, e.Workload, results.FormatSize(e.SizeBytes), e.Placement}, " ")] = e.Sentence
		if len(e.Table().Rows) != 2 {
			t.Errorf("%s: %+v", e.Transport, e.Table())
		}
	}
	for cell, want := range map[string]string{
		"pipe latency 64 B same-cpu":      "the ends take turns on one CPU: 2.00 context switches a round trip, and no idle CPU to wake; 86 % of the CPU time is in the kernel",
		"pipe latency 4 KiB same-llc":     "each round trip sleeps and wakes twice; the wake-up crosses CPUs; of 41.3 µs on average, 25.8 µs are CPU time: the rest waits for the wake-up; 98 % of the CPU time is in the kernel",
		"pipe throughput 64 B same-cpu":   "the ends take turns on one CPU: one context switch in 94.0 messages, so it moves in batches; 81 % of the CPU time is in the kernel",
		"unix latency 64 KiB same-llc":    "each round trip sleeps and wakes 3.04 times; the wake-up crosses CPUs; 92 % of the CPU time is in the kernel",
		"unix throughput 64 KiB same-cpu": "the ends take turns on one CPU: 0.861 context switches a message; 95 % of the CPU time is in the kernel",
	} {
		if said[cell] != want {
			t.Errorf("%s\ngot  %s\nwant %s", cell, said[cell], want)
		}
	}
}
