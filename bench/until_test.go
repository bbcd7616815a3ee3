package bench_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"ipcbench/bench"
	"ipcbench/results"
)

// untilPlan measures rates, no two of which are equal: an interval that is to
// be within a billionth never is.
func untilPlan(t *testing.T, specs ...string) bench.Plan {
	p := smallPlan(t, specs...)
	p.Workloads, p.Launches = []string{"throughput"}, 6
	p.Until, p.Budget = 1e-9, time.Hour
	return p
}

// launchNumbers returns the cells' launch numbers, sorted.
func launchNumbers(launches []results.Launch) map[string][]int {
	of := map[string][]int{}
	for _, l := range launches {
		of[l.Transport] = append(of[l.Transport], l.Launch)
	}
	for _, numbers := range of {
		slices.Sort(numbers)
	}
	return of
}

// upTo is 1, 2, ... n.
func upTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i + 1
	}
	return numbers
}

func TestUntilStopsWhenNarrow(t *testing.T) {
	p := untilPlan(t, "pipe", "unix")
	p.Until = 1e6
	for transport, numbers := range launchNumbers(measure(t, p)) {
		if !slices.Equal(numbers, upTo(6)) {
			t.Errorf("%s is narrow at once and has launches %v", transport, numbers)
		}
	}
}

// TestUntilGoesOnWhileWide ends it in the third further round.
func TestUntilGoesOnWhileWide(t *testing.T) {
	p := untilPlan(t, "pipe", "unix")
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	launches, err := p.Run(ctx, cells, func(l results.Launch) error {
		if l.Launch == 9 {
			cancel()
		}
		return nil
	})
	if err != context.Canceled {
		t.Fatal(err)
	}
	of := launchNumbers(launches)
	for transport, numbers := range of {
		if n := len(numbers); n < 8 || n > 9 || !slices.Equal(numbers, upTo(n)) {
			t.Errorf("%s has launches %v", transport, numbers)
		}
	}
	for i, l := range launches {
		if l.Order != i+1 {
			t.Errorf("record %d has place %d in the order", i+1, l.Order)
		}
	}
	if len(of) != 2 || len(launches) != 17 {
		t.Errorf("%d launches of %d cells", len(launches), len(of))
	}
}

// TestBudgetEndsWhatDoesNotNarrow has less than the plan's own launches take,
// which are made all the same.
func TestBudgetEndsWhatDoesNotNarrow(t *testing.T) {
	p := untilPlan(t, "pipe")
	p.Budget = time.Nanosecond
	if numbers := launchNumbers(measure(t, p))["pipe"]; !slices.Equal(numbers, upTo(6)) {
		t.Errorf("without budget for more, there are launches %v", numbers)
	}
	p.Budget = 500 * time.Millisecond // that it ends at all is the budget's doing
	launches := measure(t, p)
	if spent := time.Since(launches[0].Started); spent < p.Budget {
		t.Errorf("it ended after %v of %v, and the interval cannot be narrow", spent, p.Budget)
	}
}

// TestUntilLeavesAloneWhatFails would go on for an hour if it did not.
func TestUntilLeavesAloneWhatFails(t *testing.T) {
	p := untilPlan(t, "killed", "mmap:wait=spin")
	p.Placements = []string{"same-cpu"} // which the second cannot run at
	for transport, numbers := range launchNumbers(measure(t, p)) {
		if want := map[string]int{"killed": 6, "mmap:wait=spin": 1, "mmap": 1}[transport]; len(numbers) != want {
			t.Errorf("%s has %d records instead of %d", transport, len(numbers), want)
		}
	}
}

func TestUntilNeedsAnInterval(t *testing.T) {
	p := untilPlan(t, "pipe")
	p.Launches = 5
	if _, err := p.Cells(t.Context()); err == nil || !strings.Contains(err.Error(), "-n 6") {
		t.Errorf("5 launches have no interval, and the error is %v", err)
	}
}
