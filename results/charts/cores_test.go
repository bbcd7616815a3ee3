package charts

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ipcbench/results"
)

// The machines of the tests, as the CPUs of a [results.Cores].
var (
	twoCPUs = cpusOf(2, func(i int) results.Core { return results.Core{CPU: i, Core: i} })
	// smtDesktop has 8 cores of two threads, n and n+8, and two last-level caches.
	smtDesktop = cpusOf(16, func(i int) results.Core {
		return results.Core{CPU: i/2 + i%2*8, Core: i / 2, LLC: i / 8 * 4}
	})
	// server has two nodes of 16 cores with two threads each, and four caches a node.
	server = cpusOf(64, func(i int) results.Core {
		return results.Core{CPU: i/2 + i%2*32, Core: i / 2, LLC: i / 8 * 4, Node: i / 32, Package: i / 32}
	})
	// smallServer is a server of 2 nodes of 2 cores of 2 threads.
	smallServer = cpusOf(8, func(i int) results.Core {
		return results.Core{CPU: i/2 + i%2*4, Core: i / 2, LLC: i / 4 * 2, Node: i / 4, Package: i / 4}
	})
	// hybrid has 6 P cores of two threads, 8 E cores and 2 beside the cache.
	hybrid = cpusOf(22, func(i int) results.Core {
		switch {
		case i < 12:
			return results.Core{CPU: i, Core: i / 2 * 2, Kind: "P"}
		case i < 20:
			return results.Core{CPU: i, Core: i, Kind: "E"}
		}
		return results.Core{CPU: i, Core: i, LLC: 20, Kind: "LP-E"}
	})
)

func cpusOf(n int, cpu func(i int) results.Core) []results.Core {
	var all []results.Core
	for i := range n {
		all = append(all, cpu(i))
	}
	return all
}

// someCores are made up: CPUs that share less are further from each other.
func someCores(cpus []results.Core) results.Cores {
	rng := rand.New(rand.NewPCG(1, uint64(len(cpus))))
	c := results.Cores{
		Version: "0.2.0", Host: map[string]string{"cpu": "Example 9000 Processor", "kernel": "6.18.0"},
		Started: time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC), Passes: 9, Planned: 9, ClockNS: 25.1, TickNS: 1, CPUs: cpus,
	}
	for i, a := range cpus {
		for _, b := range cpus[i+1:] {
			p := results.CorePair{A: a.CPU, B: b.CPU, PageNodes: []int{a.Node}}
			ns := 0.0
			switch {
			case a.Core == b.Core:
				p.Relation, ns = results.SMT, 24
			case a.Kind != b.Kind:
				p.Relation, ns = results.Unlike, 150
			case a.Node != b.Node:
				p.Relation, ns = results.CrossNode, 420
			case a.LLC != b.LLC:
				p.Relation, ns = results.CrossLLC, 190
			default:
				p.Relation, ns = results.SameLLC, 85
			}
			ns *= 0.95 + 0.1*rng.Float64()
			wander := 1.1
			if rng.IntN(50) == 0 {
				wander = 2
			}
			for range c.Passes {
				this := ns * (1 + (wander-1)*rng.Float64())
				p.RTT, p.AB, p.BA = append(p.RTT, this), append(p.AB, this*0.6), append(p.BA, this*0.55)
			}
			c.Pairs = append(c.Pairs, p)
		}
	}
	return c
}

func TestCoresAreDrawn(t *testing.T) {
	for name, cpus := range map[string][]results.Core{"2": twoCPUs, "8": smallServer, "16": smtDesktop, "22": hybrid, "64": server} {
		chart := Cores(someCores(cpus))
		checkLayout(t, chart)
		if len(chart.Rows) != len(cpus)*(len(cpus)-1)/2 {
			t.Errorf("%s CPUs: the table has %d rows", name, len(chart.Rows))
		}
		if dir := os.Getenv("CORES_PICTURES"); dir != "" {
			os.WriteFile(filepath.Join(dir, name+".png"), written(t, chart.WritePNG), 0o644)
			os.WriteFile(filepath.Join(dir, name+".svg"), svgText(t, chart), 0o644)
		}
	}
}

func TestGroupsOfCPUsAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		cpus []results.Core
		has  []string
		not  []string
	}{
		"2 CPUs":  {twoCPUs, []string{"There and back", "One way"}, []string{"node 0", ">LLC<", "SMT", "Brackets"}},
		"desktop": {smtDesktop, []string{">LLC<", "SMT"}, []string{"node 0"}},
		"server":  {server, []string{"node 0", "node 1", ">LLC<", "SMT"}, nil},
		"hybrid":  {hybrid, []string{">P<", ">E<", "SMT"}, []string{"node 0"}},
	} {
		svg := string(svgText(t, Cores(someCores(c.cpus))))
		for _, word := range c.has {
			if !strings.Contains(svg, word) {
				t.Errorf("%s: no %q", name, word)
			}
		}
		for _, word := range c.not {
			if strings.Contains(svg, word) {
				t.Errorf("%s: %q", name, word)
			}
		}
	}
}

// Whatever was measured is drawn, and what was not is no number.
func TestOddCoresAreDrawn(t *testing.T) {
	c := someCores(smtDesktop)
	c.Pairs[0].RTT, c.Pairs[0].AB, c.Pairs[0].BA = nil, nil, nil
	c.Pairs[1].AB = results.Passes{-3, -2} // a clock that is ahead
	c.Pairs[2].RTT = results.Passes{2e6}
	checkLayout(t, Cores(c))
	if svg := string(svgText(t, Cores(c))); !strings.Contains(svg, ">—<") || !strings.Contains(svg, ">-2.5<") || !strings.Contains(svg, ">2000k<") {
		t.Error("a value is missing")
	}
	c.Passes, c.Pairs = 1, c.Pairs[:1]
	checkLayout(t, Cores(c))
}
