package bench_test

import (
	"fmt"
	"os"
	"testing"

	"ipcbench/bench"
	"ipcbench/bench/benchtest"
	"ipcbench/internal/host"
	"ipcbench/internal/peer"
	"ipcbench/transports"
	_ "ipcbench/transports/all"
)

func TestMain(m *testing.M) {
	for _, f := range faults {
		transports.Register(f)
	}
	bench.Worker()
	peer.Serve(burnRole, burn)
	if spec := os.Getenv(driverEnv); spec != "" {
		if day := os.Getenv(dayEnv); day != "" {
			haveADay(day, spec)
		}
		drive(spec)
	}
	if names := os.Getenv(makerEnv); names != "" {
		makeLinks(names)
	}
	host.ClaimName = testClaims(os.Getpid()) // alone, whatever else is tested
	benchtest.Main(m)
}

// testClaims is how the CPUs that a test claims are called.
func testClaims(pid int) string { return fmt.Sprintf("bench-test-%d-", pid) }

var compared = []string{"mmap:wait=spin", "mmap:wait=futex", "pipe", "unix", "file"}

func BenchmarkLatency(b *testing.B) { benchtest.Run(b, benchtest.Plan(compared...)) }

func BenchmarkThroughput(b *testing.B) { benchtest.Run(b, benchtest.Plan(compared...)) }
