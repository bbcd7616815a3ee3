package rally

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func memory(t *testing.T) []byte {
	t.Helper()
	m, err := unix.Mmap(-1, 0, Size(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(m) })
	return m
}

func TestALineGoesToAndFro(t *testing.T) {
	r := In(memory(t))
	returned := make(chan bool)
	go func() {
		r.Return(time.Minute)
		close(returned)
	}()
	batches := r.Serve(time.Millisecond, time.Minute)
	<-returned
	if len(batches) < fewest {
		t.Errorf("%d batches", len(batches))
	}
	for _, ns := range batches {
		if !(ns > 0) {
			t.Errorf("a round trip takes %v ns", ns)
		}
	}
}

func TestALineIsTimedBothWays(t *testing.T) {
	r := In(memory(t))
	there := make(chan []float64)
	go func() { there <- r.ReturnTimed(time.Millisecond, time.Minute) }()
	back := r.ServeTimed(time.Millisecond, time.Minute)
	for way, batches := range map[string][]float64{"there": <-there, "back": back} {
		if len(batches) < fewest {
			t.Errorf("%s: %d batches", way, len(batches))
		}
		for _, ns := range batches {
			if !(ns > 0) { // there is a reading of the clock in it
				t.Errorf("%s takes %v ns", way, ns)
			}
		}
	}
}

// Neither side waits for ever for one that does not come.
func TestNobodyIsWaitedFor(t *testing.T) {
	if batches := In(memory(t)).Serve(time.Millisecond, 5*time.Millisecond); len(batches) > 0 {
		t.Errorf("%v with nobody on the other side", batches)
	}
	In(memory(t)).Return(5 * time.Millisecond)
	if batches := In(memory(t)).ServeTimed(time.Millisecond, 5*time.Millisecond); len(batches) > 0 {
		t.Errorf("timed: %v with nobody on the other side", batches)
	}
	if batches := In(memory(t)).ReturnTimed(time.Millisecond, 5*time.Millisecond); len(batches) > 0 {
		t.Errorf("timed: %v with nobody who serves", batches)
	}
	r := In(memory(t))
	r.End()
	r.Return(time.Hour)
	if batches := r.Serve(time.Hour, time.Hour); len(batches) > 0 {
		t.Errorf("%v after the end", batches)
	}
}
