package charts

import (
	"context"
	"testing"

	"ipcbench/results/fleet"
	madeup "ipcbench/results/fleet/synthetic"
)

// ofHosts is a fleet of two classes, on which three cells changed and two hosts stand alone.
func ofHosts(t testing.TB) Chart {
	t.Helper()
	f := madeup.Fleet{
		Name: "night", Seed: 12, Hosts: 30, Runs: 3, Cells: 12, Between: 0.10, Within: 0.03, CPUs: []string{"Example 9000", "Example 9000", "Example 7000"},
		Change: func(host, cell int) float64 {
			switch {
			case host == 6 && cell < 6, host == 18 && cell == 2:
				return 0.20
			case cell == 0 || cell == 10:
				return 0.03
			case cell == 7:
				return -0.08
			}
			return 0
		},
		Skips: func(host, side, _ int) bool { return host == 28 && side == 1 },
	}
	old, _ := fleet.ParseSelection("kernel=" + madeup.OldKernel)
	new, _ := fleet.ParseSelection("kernel=" + madeup.NewKernel)
	x, _, err := fleet.Read(context.Background(), []fleet.Source{madeup.Source{Fleet: f}}, fleet.Sides(old, new), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := fleet.Compare(x, old, new, fleet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return Fleet(c)
}

// TestTheMapOfHostsHasEachRow of each class in its table, and says who stands alone.
func TestTheMapOfHostsHasEachRow(t *testing.T) {
	chart := ofHosts(t)
	if len(chart.Rows) != 24 {
		t.Fatalf("%d rows", len(chart.Rows))
	}
	alone := 0
	for _, row := range chart.Rows {
		if row[4] != "" {
			alone++
		}
	}
	if alone != 6 {
		t.Errorf("in %d rows a host stands alone", alone)
	}
}
