package bench_test

import (
	"encoding/json"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"ipcbench/results"
	"ipcbench/transports"
)

// A served transport is a sound one of which each link says that a process serves it. It
// is nobody's but this test's: brokers are in another module.
type served struct{ transports.Transport }

// servant is the process number, in the driver.
var servant int

func init() { transports.Register(served{}) }

func (s served) sound() transports.Transport {
	t, err := transports.Lookup("foreign")
	if err != nil {
		panic(err)
	}
	return t
}

func (s served) Info() transports.Info {
	return transports.Info{
		Name: "served", Doc: "foreign, with a process that serves it", Kind: transports.Stream, MaxSize: 1 << 20,
		Caps:  transports.SeesPeerDeath | transports.Allocates | transports.NeedsCollector | transports.OwnThreads,
		Waits: transports.Parks,
	}
}

func (s served) Probe(spec transports.Spec) error { return transports.ProbeSize(spec) }

func (s served) Create(spec transports.Spec) (transports.Link, error) {
	link, err := s.sound().Create(spec)
	return servedLink{link}, err
}

type servedLink struct{ transports.Link }

// A told handover is that of the sound transport, and who serves.
type told struct {
	Bytes   []byte
	Serving []int
}

func (l servedLink) For(side transports.Side) transports.Handover {
	h := l.Link.For(side)
	t := told{Bytes: h.Bytes}
	if servant > 0 {
		t.Serving = []int{servant}
	}
	h.Bytes, _ = json.Marshal(t)
	return h
}

func (s served) Open(spec transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	var t told
	if err := json.Unmarshal(h.Bytes, &t); err != nil {
		return nil, err
	}
	h.Bytes = t.Bytes
	end, err := s.sound().Open(spec, side, h)
	return servedEnd{end, t.Serving}, err
}

type servedEnd struct {
	transports.Endpoint
	serving []int
}

func (e servedEnd) Serving() []int { return e.serving }

// TestWhatServesALinkCountsWithItsEnds measures a transport beside which a process runs
// without a pause, and finds its CPU time in the launch's, and in a row of its own.
func TestWhatServesALinkCountsWithItsEnds(t *testing.T) {
	burner := exec.Command("sh", "-c", "while :; do :; done")
	burner.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := burner.Start(); err != nil {
		t.Fatal(err)
	}
	servant = burner.Process.Pid
	defer func() {
		servant = 0
		burner.Process.Kill()
		burner.Wait()
	}()

	p := smallPlan(t, "served")
	p.Workloads, p.Messages, p.Time = []string{"latency", "throughput"}, 0, 200*time.Millisecond
	for _, l := range measure(t, p) {
		if l.Status != results.OK || len(l.Workers) != 3 {
			t.Errorf("%s is %s with %d workers: %s", l.Workload, l.Status, len(l.Workers), l.Reason)
			continue
		}
		var ends int64
		for _, w := range l.Workers {
			if w.IsEnd() {
				ends += w.CPUNS
			}
		}
		server := l.Workers[2]
		if server.Side != results.Server || server.CPUNS <= 0 {
			t.Errorf("%s: beside its ends is a %q that used %d ns", l.Workload, server.Side, server.CPUNS)
		}
		if per := l.Metrics[results.CPUPerMsg]; per*float64(l.Messages) <= float64(ends) {
			t.Errorf("%s: %v ns per message of %d are no more than the ends used, %d ns", l.Workload, per, l.Messages, ends)
		}
	}
}
