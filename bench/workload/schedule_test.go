package workload

import (
	"math"
	"slices"
	"testing"

	"ipcbench/results"
)

func gapsOf(arrivals string, n int) []float64 {
	e := End{Task: Task{Rate: 1e6, Arrivals: arrivals, Seed: [2]uint64{4, 2}}}
	s := e.schedule()
	var gaps []float64
	for last := int64(0); len(gaps) < n; {
		due := s.next()
		gaps = append(gaps, float64(due-last))
		last = due
	}
	return gaps
}

// TestPoissonArrivalsAreExponential holds the gaps against the exponential
// distribution by the Kolmogorov-Smirnov test, and each against the next: they are
// independent.
func TestPoissonArrivalsAreExponential(t *testing.T) {
	const n, mean = 100_000, 1000.0
	gaps := gapsOf(results.Poisson, n)
	var sum, products float64
	for i, gap := range gaps {
		sum += gap
		if i > 0 {
			products += (gap - mean) * (gaps[i-1] - mean)
		}
	}
	if got := sum / n; math.Abs(got-mean) > 4*mean/math.Sqrt(n) {
		t.Errorf("the mean gap is %.2f ns at a rate of 1 M/s", got)
	}
	if r := products / n / (mean * mean); math.Abs(r) > 4/math.Sqrt(n) {
		t.Errorf("the correlation of successive gaps is %.4f", r)
	}
	slices.Sort(gaps)
	worst := 0.0
	for i, gap := range gaps {
		p := 1 - math.Exp(-gap/mean)
		worst = max(worst, math.Abs(p-float64(i)/n), math.Abs(p-float64(i+1)/n))
	}
	if limit := 1.95 / math.Sqrt(n); worst > limit { // of 1 in 1000, and the seed is always the same
		t.Errorf("the distribution of gaps is up to %.4f from the exponential one, and more than %.4f is no chance", worst, limit)
	}
}

// An even schedule has no drift: the millionth message is due when it should be.
func TestConstantArrivalsAreEven(t *testing.T) {
	e := End{Task: Task{Rate: 3e6, Arrivals: results.Constant}}
	s := e.schedule()
	var due int64
	for range 3_000_000 {
		due = s.next()
	}
	if off := due - 1e9; off < -2 || off > 2 {
		t.Errorf("3 million messages at 3 M/s are due within a second and %d ns", off)
	}
	for i, gap := range gapsOf(results.Constant, 1000) {
		if gap != 1000 {
			t.Fatalf("gap %d of 1 M/s is %v ns", i, gap)
		}
	}
}

// A ledger has room for what a launch sends, however many that are, and no more
// than so much memory.
func TestALedgerHasRoom(t *testing.T) {
	for _, task := range []Task{
		{Rate: 1e3, Time: 10e6}, {Rate: 1e9, Time: 3600e9}, {Rate: 123_457, Time: 1e9}, {Rate: 5, Messages: 1}, {Rate: 5, Messages: 1 << 50}, {Time: 50e6},
	} {
		rows, every := task.rows()
		if rows < 1 || rows > mostRows || rows*every < task.planned() || task.ledgerBytes() > 16<<20 {
			t.Errorf("%+v: %d rows, of one message in %d each, for %d", task, rows, every, task.planned())
		}
	}
}
