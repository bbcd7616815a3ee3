package report

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"ipcbench/results/fleet"
	"ipcbench/results/fleet/synthetic"
)

// twoClasses is a fleet of two classes, in which two cells changed and one host stands alone.
var twoClasses = synthetic.Fleet{
	Name: "night", Seed: 3, Hosts: 24, Runs: 3, Cells: 12, Between: 0.1, Within: 0.02, CPUs: []string{"Example 9000", "Example 9000", "Example 7000"},
	Change: func(host, cell int) float64 {
		switch {
		case host == 6 && cell < 4:
			return 0.4
		case cell == 5:
			return 0.07
		case cell == 8:
			return -0.06
		}
		return 0
	},
	Skips: func(host, side, _ int) bool { return host == 22 && side == 0 },
	Fails: func(host, side, cell int) bool { return host == 4 && side == 1 && cell == 11 },
}

func compareFleet(t testing.TB, f synthetic.Fleet) fleet.Comparison {
	t.Helper()
	old, _ := fleet.ParseSelection("kernel=6.12")
	new, _ := fleet.ParseSelection("kernel=6.18")
	x, _, err := fleet.Read(context.Background(), []fleet.Source{synthetic.Source{Fleet: f}}, fleet.Sides(old, new), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := fleet.Compare(x, old, new, fleet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func fleetOf(t testing.TB) fleet.Comparison { return compareFleet(t, twoClasses) }

func fleetPageOf(t testing.TB, c fleet.Comparison) string {
	t.Helper()
	var page bytes.Buffer
	if err := WriteFleet(&page, c); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

func TestThePageOfAFleet(t *testing.T) {
	page := fleetPageOf(t, fleetOf(t))
	parse(t, page)
	for _, want := range []string{
		"<dt>All hosts</dt>", "Example 9000 (15 hosts)", "Example 7000 (8 hosts)", "is the largest of 2 changes in 12 cells", "h07, ", "1 host with runs of one side alone (h23)",
		"fails on the new side alone, on 1 of 15 hosts: h05", `>▼</a>`, "slower than the others", "6.12.9", "made-up:night/h01/old-0", "Paule-Mandel",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	// Each square leads to somewhere.
	for rest := page; ; {
		_, after, has := strings.Cut(rest, `<a href="#`)
		if !has {
			break
		}
		anchor, _, _ := strings.Cut(after, `"`)
		if !strings.Contains(page, `id="`+anchor+`"`) {
			t.Errorf("nothing is at #%s", anchor)
		}
		rest = after
	}
}

func TestHostileTextsOfAFleet(t *testing.T) {
	const hostile = `"><script>alert(1)</script><img src=x onerror='alert(1)'>&`
	c := fleetOf(t)
	before := parse(t, fleetPageOf(t, c))
	c.Old, c.Classes[0].Name, c.Classes[0].Hosts[0].Name, c.Classes[0].Hosts[0].Old[0].Place, c.Warnings = hostile, hostile, hostile, hostile, []string{hostile}
	after := parse(t, fleetPageOf(t, c))
	for _, element := range []string{"script", "img"} {
		if after[element] != before[element] {
			t.Errorf("a text became a %s", element)
		}
	}
}

// TestALargeFleetHasAPage that a browser can open: what changed is in it, and of the rest as
// much as there is room for.
func TestALargeFleetHasAPage(t *testing.T) {
	f := synthetic.Fleet{Seed: 4, Hosts: 200, Runs: 1, Cells: 150, Within: 0.01, Change: func(_, cell int) float64 { return []float64{0, 0.05}[cell/149] }}
	page := fleetPageOf(t, compareFleet(t, f))
	if n := len(page); n > 8_000_000 {
		t.Errorf("it has %d bytes", n)
	}
	for _, want := range []string{"There is no room for 50 cells", "file 1 MiB same-cpu: "} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// TestASquareLeadsToItsComparison, which is unfolded then.
func TestASquareLeadsToItsComparison(t *testing.T) {
	o := open(t, fleetPageOf(t, fleetOf(t)))
	eval[any](o, `document.querySelector('td.alone a').click(), null`)
	if !eval[bool](o, `(r => r.closest('details').open && r.textContent.includes('slower than the others') && r.getBoundingClientRect().height > 0)(document.querySelector(':target'))`) {
		t.Error("a click on the square of a host that stands alone does not show what it comes from")
	}
}
