package bench_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ipcbench/bench"
	"ipcbench/results"
	"ipcbench/transports"
)

// shared is a plan of a stream between one end and several, with every byte of every
// message checked.
func shared(t *testing.T, specs ...string) bench.Plan {
	p := smallPlan(t, specs...)
	p.Workloads, p.Launches, p.Verify = []string{"throughput"}, 1, bench.VerifyAll
	return p
}

// sharers are the transports that several ends can share, by how they do.
var sharers = map[string]string{
	"mq": results.OneQueue, "mq:wait=poll": results.OneQueue, "mq:wait=go": results.OneQueue, "sysvmsg": results.OneQueue,
	"unix:type=dgram": results.OneQueue, "unix:type=seqpacket": results.OneQueue,
	"mmap": results.RingEach, "mmap:wait=yield": results.RingEach, "memfd": results.RingEach, "sysv": results.RingEach,
}

// checkShared holds a launch against what a crowd of n must have come to.
func checkShared(t *testing.T, l results.Launch, n int, sharing string) {
	t.Helper()
	if l.Status == results.Skipped {
		t.Logf("%s: %s", l.Transport, l.Reason)
		return
	}
	if l.Status != results.OK || len(l.Workers) != n+1 || l.Sharing != sharing || l.Verified <= l.Messages {
		t.Errorf("%s of %d through %s: %s %s, %d workers, %d verified of %d", l.Transport, n, l.Sharing, l.Status, l.Reason, len(l.Workers), l.Verified, l.Messages)
		return
	}
	var sum int64
	for _, p := range l.Parts {
		sum += p.Messages
	}
	fair, has := l.Metrics[results.PairFairness]
	if len(l.Parts) != n || sum != l.Messages || !has || fair < 0 || fair > 1 {
		t.Errorf("%s: parts %v of %d messages, the slowest %v of the fastest", l.Transport, l.Parts, l.Messages, fair)
	}
}

// TestEightProducersLoseAndReorderNothing: a launch of which a message was missing,
// out of order or damaged is no OK one.
func TestEightProducersLoseAndReorderNothing(t *testing.T) {
	p := shared(t, slices.Sorted(maps.Keys(sharers))...)
	p.FanIn, p.Messages = []int{8}, 4000
	for _, l := range measure(t, p) {
		checkShared(t, l, 8, sharers[l.Transport])
		if l.Status == results.OK && l.Messages != 4000 {
			t.Errorf("%s: %d messages of 4000", l.Transport, l.Messages)
		}
	}
}

// TestEightConsumersHaveEachMessageOnce, all of them together.
func TestEightConsumersHaveEachMessageOnce(t *testing.T) {
	specs := append(slices.Sorted(maps.Keys(sharers)), "pipe", "unix", "mmap:wait=futex")
	p := shared(t, specs...)
	p.FanOut, p.Messages, p.Time = []int{8}, 0, 10*time.Millisecond
	for _, l := range measure(t, p) {
		sharing := sharers[l.Transport]
		if sharing == "" {
			sharing = results.RingEach
		}
		checkShared(t, l, 8, sharing)
	}
}

// TestAProducerOfManyThatIsKilledEndsTheLaunch: the others would go on for ever.
func TestAProducerOfManyThatIsKilledEndsTheLaunch(t *testing.T) {
	for _, spec := range []string{"onekilled", "oneringkilled"} {
		p := shared(t, spec)
		p.FanIn, p.Messages, p.Time = []int{8}, 0, 10*time.Second
		l := measure(t, p)[0]
		if l.Status != results.Failed || !strings.Contains(l.Reason, "producer") || !strings.Contains(l.Reason, "killed") || len(l.Workers) != 9 {
			t.Errorf("%s: %s with %d workers: %s", l.Transport, l.Status, len(l.Workers), l.Reason)
		}
		for _, w := range l.Workers {
			if w.Exit == "" {
				t.Errorf("%s: nothing is known of the end of %s %d", l.Transport, w.Side, w.Pair)
			}
		}
		os.Remove(oneOf(os.Getpid()))
	}
}

// oneOf is the file that the one worker makes that something happens to.
func oneOf(driver int) string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("ipcbench-test-one-of-%d", driver))
}

// oneProducer has a signal end one producer, whichever sends its 500th message first.
func oneProducer(side transports.Side, n int, _ []byte) {
	if side != transports.Producer || n != 500 {
		return
	}
	if f, err := os.OpenFile(oneOf(os.Getppid()), os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		f.Close()
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
}

// TestSmallMessagesHaveNoRoomForTheirSender, and say so.
func TestSmallMessagesHaveNoRoomForTheirSender(t *testing.T) {
	p := shared(t, "mq")
	p.FanIn, p.Sizes = []int{2}, []int{4}
	if l := measure(t, p)[0]; l.Status != results.Skipped || !strings.Contains(l.Reason, "at least 8 bytes") {
		t.Errorf("%s: %s", l.Status, l.Reason)
	}
}
