package workload

import (
	"testing"
	"time"
)

// TestBusyTakesItsTime: what one call has too much, the next has less, and all of
// them together have what was asked for. A machine that is slow only adds to it.
func TestBusyTakesItsTime(t *testing.T) {
	e := End{Clock: 25, Tick: 1}
	for _, each := range []time.Duration{100, 1000, 33_333} {
		b := e.newBusy(each)
		const calls = 300
		began := Now()
		for range calls {
			b.spin()
		}
		took := float64(Now() - began)
		least := float64(calls * (int64(each) - b.cost))
		if took < least-float64(b.slack) {
			t.Errorf("%d times %v took %v ns, want %v at least", calls, each, took, least)
		}
		if told := b.since(busy{cost: b.cost}); told > took+float64(calls*b.cost) || told < least {
			t.Errorf("%d times %v took %v ns and are said to have taken %v", calls, each, took, told)
		}
	}
}

// TestIdleEndsAreNotBusy: of an end that is asked for no work, nothing is done.
func TestIdleEndsAreNotBusy(t *testing.T) {
	var e End
	e.work()
	e.think()
	if e.working.calls+e.thinking.calls > 0 {
		t.Error("an end that was asked for no work has worked")
	}
}

// TestBusyDoesNotAllocate, nor does it at no time at all.
func TestBusyDoesNotAllocate(t *testing.T) {
	e := End{Clock: 25, Tick: 1}
	e.working = e.newBusy(200)
	if n := testing.AllocsPerRun(100, func() { e.work(); e.think() }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
