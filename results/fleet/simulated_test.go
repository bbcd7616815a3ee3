package fleet

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"ipcbench/results/compare"
	"ipcbench/results/fleet/synthetic"
)

// compared compares the two kernels of a made-up fleet.
func compared(t testing.TB, f synthetic.Fleet, o Options) Comparison {
	t.Helper()
	old, err := ParseSelection("kernel=6.12")
	if err != nil {
		t.Fatal(err)
	}
	new, err := ParseSelection("kernel=6.18")
	if err != nil {
		t.Fatal(err)
	}
	x, _, err := Read(context.Background(), []Source{synthetic.Source{Fleet: f}}, Sides(old, new), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compare(x, old, new, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// names are the hosts that are said to stand alone, in any row of the class.
func names(c Class) []string {
	var list []string
	for _, l := range c.loners() {
		list = append(list, l.Host)
	}
	slices.Sort(list)
	return list
}

// TestAFleetOfFifty has what such a fleet is judged by: hosts differ by 10 %, runs of one by
// 3 %; all became 3 % slower, and two 20 %. Both are found, and told apart, in nine of ten.
func TestAFleetOfFifty(t *testing.T) {
	const trials = 20
	for _, shape := range []struct{ cells, runs int }{{1, 3}, {10, 4}} {
		found := 0
		for trial := range trials {
			c := compared(t, synthetic.Fleet{Seed: uint64(trial), Hosts: 50, Runs: shape.runs, Cells: shape.cells, Between: 0.10, Within: 0.03, Change: func(host, _ int) float64 {
				if host == 6 || host == 30 {
					return 0.20
				}
				return 0.03
			}}, Options{})
			class := c.Classes[0]
			all := !slices.ContainsFunc(class.Rows, func(r Row) bool { return r.Verdict != compare.Slower || r.Change > 0.05 })
			if all && slices.Equal(names(class), []string{"h07", "h31"}) {
				found++
			}
		}
		t.Logf("%d cells, %d runs a side: all of it found in %d of %d fleets", shape.cells, shape.runs, found, trials)
		if found < trials*9/10 {
			t.Errorf("%+v: found in %d of %d", shape, found, trials)
		}
	}
}

// TestAFleetThatDidNotChange is called changed, anywhere in all that is said, in one of twenty
// at most.
func TestAFleetThatDidNotChange(t *testing.T) {
	const trials = 60
	r := rand.New(rand.NewPCG(3, 3))
	for _, f := range []synthetic.Fleet{
		{Hosts: 50, Runs: 2, Cells: 5, Between: 0.10, Within: 0.03},
		{Hosts: 12, Runs: 3, Cells: 5, Between: 0.10, Within: 0.03, Effects: 0.02},
		{Hosts: 30, Runs: 1, Cells: 5, Between: 0.10, Within: 0.03},
	} {
		wrong := 0
		for range trials {
			f.Seed = r.Uint64()
			class := compared(t, f, Options{}).Classes[0]
			if len(class.with(compare.Faster, compare.Slower)) > 0 || len(class.loners()) > 0 {
				wrong++
			}
		}
		t.Logf("%d hosts, %d runs a side: called changed in %d of %d", f.Hosts, f.Runs, wrong, trials)
		if wrong > trials/8 { // more, where one in twenty is allowed, comes in one of 100
			t.Errorf("%d hosts, %d runs a side: called changed in %d of %d", f.Hosts, f.Runs, wrong, trials)
		}
	}
}

// TestWhatHostsDoNotShare is told as such: on average, and not on each.
func TestWhatHostsDoNotShare(t *testing.T) {
	c := compared(t, synthetic.Fleet{Seed: 5, Hosts: 40, Runs: 3, Cells: 1, Within: 0.01, Effects: 0.10, Change: func(int, int) float64 { return 0.08 }}, Options{})
	row := c.Classes[0].Rows[0]
	if row.Verdict != compare.Slower || row.IsEverywhere() || row.Tau < 0.05 || row.I2 < 0.8 {
		t.Errorf("hosts that differ by 10 %%: %s, everywhere %v, tau %.3f, I² %.2f", row.Verdict, row.IsEverywhere(), row.Tau, row.I2)
	}
}
