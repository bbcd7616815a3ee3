package bench_test

import (
	"os"
	"testing"

	"ipcbench/bench"
	"ipcbench/bench/benchtest"
	"ipcbench/transports"
	_ "ipcbench/transports/all"
)

func TestMain(m *testing.M) {
	for _, f := range faults {
		transports.Register(f)
	}
	bench.Worker()
	if spec := os.Getenv(driverEnv); spec != "" {
		drive(spec)
	}
	if names := os.Getenv(makerEnv); names != "" {
		makeLinks(names)
	}
	benchtest.Main(m)
}

var compared = []string{"mmap:wait=spin", "mmap:wait=futex", "pipe", "unix", "file"}

func BenchmarkLatency(b *testing.B) { benchtest.Run(b, benchtest.Plan(compared...)) }

func BenchmarkThroughput(b *testing.B) { benchtest.Run(b, benchtest.Plan(compared...)) }
