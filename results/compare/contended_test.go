package compare

import (
	"strings"
	"testing"

	"ipcbench/results"
)

// crowd makes the last n launches of a run ones whose ends had half of their CPU.
func (r *Run) crowd(n int) {
	waited := int64(500e6)
	for i := range r.Launches {
		l := &r.Launches[i]
		l.ElapsedNS = 1e9
		l.Workers = []results.Worker{{CPUNS: 490e6, WaitNS: new(int64)}, {CPUNS: 490e6, WaitNS: new(int64)}}
		if i >= len(r.Launches)-n {
			l.Workers = []results.Worker{{CPUNS: 200e6, WaitNS: &waited}, {CPUNS: 200e6, WaitNS: &waited}}
		}
	}
}

// Two runs at once, compared with a quiet one: 2.5 times slower was called the
// only change.
func TestLaunchesWithoutTheirCPUsAreNoEvidence(t *testing.T) {
	cell := onOneCPU(latencyOf("pipe", 64))
	for _, c := range []struct {
		name    string
		crowded int // of 10 new launches
		factor  float64
		want    Verdict
	}{
		{"all of them", 10, 2.5, MachineChanged},
		{"all but one", 9, 2.5, MachineChanged},
		{"none", 0, 2.5, Slower},
		{"few, and the others show it too", 2, 2.5, Slower},
		{"all, and nothing changed", 10, 1, Same},
	} {
		random := seeded()
		old, new := newRun("A"), newRun("B")
		old.measure(random, cell, 10, 5e3, 0.005)
		new.measure(random, cell, 10, 5e3*c.factor, 0.005)
		old.crowd(0)
		new.crowd(c.crowded)
		comparison := compareRuns(t, []Run{old}, []Run{new})
		row := comparison.Rows[0]
		if row.Verdict != c.want {
			t.Errorf("%s: %s, %s", c.name, row.Verdict, row.Because)
		}
		if c.want == MachineChanged && !strings.Contains(comparison.Headline, "other work had the CPUs in ") {
			t.Errorf("%s: the headline does not say what is in the way: %s", c.name, comparison.Headline)
		}
		if said := strings.Contains(strings.Join(comparison.Warnings, "\n"), " launches of B, which are no evidence"); said != (c.crowded > 0) {
			t.Errorf("%s: warnings are %q", c.name, comparison.Warnings)
		}
	}
}
