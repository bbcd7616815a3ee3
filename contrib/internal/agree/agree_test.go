package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ipcbench/bench"
)

func TestMain(m *testing.M) {
	bench.Worker()
	loopEnd()
	os.Exit(m.Run())
}

// What the programs say, as they said it once.
const (
	saidRedis = `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
"blpop l 0","12919.90","0.069","0.008","0.063","0.151","0.223","22.895"
`
	saidSub = `#RunID,ClientID,MsgCount,MsgBytes,MsgsPerSec,BytesPerSec,DurationSecs
uRWJDekN4LklPaAgQuBQSP,S0,200000,12800000,251223,16078289.956994,0.796105
`
	saidRequest = `#RunID,ClientID,MsgCount,MsgBytes,MsgsPerSec,BytesPerSec,DurationSecs,MinLatencyMicroSecs,AvgLatencyMicroSecs,MaxLatencyMicroSecs,P50LatencyMicroSecs,P90LatencyMicroSecs,P99LatencyMicroSecs,P99.9LatencyMicroSecs,StdDevLatencyMicroSecs
ZCzXjmuPv28kZbck6ot6ka,P0,10000,320000,2699,172753.533404,1.852350,85.740000,369.987877,117642.311000,223.988000,392.923000,2875.213000,21825.570000,2239.993026
`
	saidGRPC = "qps: 5063.5\nLatency: (50/90/99 %ile): 185.3µs/242.1µs/401.7µs\nClient CPU utilization: 2.1s\n"
)

func TestWhatTheySay(t *testing.T) {
	told := func(text, column string) func() (float64, error) {
		return func() (float64, error) {
			file := filepath.Join(t.TempDir(), "csv")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return natsTold(file, column)
		}
	}
	for name, c := range map[string]struct {
		read func() (float64, error)
		want float64 // 0: an error
	}{
		"redis-benchmark":         {func() (float64, error) { return redisRate(saidRedis) }, 12919.90},
		"redis-benchmark, failed": {func() (float64, error) { return redisRate("Could not connect to Redis\n") }, 0},
		"nats bench sub":          {told(saidSub, "MsgsPerSec"), 251223},
		"nats bench request":      {told(saidRequest, "P50LatencyMicroSecs"), 223.988},
		"nats bench, another":     {told(saidSub, "P50LatencyMicroSecs"), 0},
		"grpc-go's client":        {func() (float64, error) { return grpcMedian([]byte(saidGRPC)) }, 185300},
		"grpc-go's, failed":       {func() (float64, error) { return grpcMedian([]byte("RPC failed")) }, 0},
	} {
		if got, err := c.read(); got != c.want || (err != nil) != (c.want == 0) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, c.want)
		}
	}
}

// TestLoops has the two processes of each library's loop measure something.
func TestLoops(t *testing.T) {
	for _, r := range rows {
		if clients[r.transport()] == nil {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			got, err := loop(t.Context(), task{r, 20 * time.Millisecond, t.TempDir()})
			if errors.Is(err, errors.ErrUnsupported) {
				t.Skip(err)
			}
			if err != nil || got <= 0 {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}
