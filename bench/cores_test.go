package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ipcbench/internal/host"
	"ipcbench/results"
)

// server is two sockets of 16 cores with two threads each, numbered as the kernel
// does it, n and n+32, and four last-level caches a socket.
var server = build(64, func(id int) host.CPU {
	core := id % 32
	return host.CPU{ID: id, Package: core / 16, Core: core % 16, Siblings: []int{core, core + 32}, Node: core / 16, LLC: core / 4 * 4}
})

func TestNearCPUsLieTogether(t *testing.T) {
	for name, c := range map[string]struct {
		machine
		want string
	}{
		"2-CPU VM":    {vm, "[0 1]"},
		"SMT desktop": {smtDesktop, "[0 8 1 9 2 10 3 11 4 12 5 13 6 14 7 15]"},
		"two sockets": {build(4, func(id int) host.CPU {
			return host.CPU{ID: id, Package: id % 2, Siblings: []int{id}, Node: id % 2, LLC: id % 2}
		}), "[0 2 1 3]"},
		"hybrid": {hybrid, "[0 1 2 3 4 5 6 7 8 9]"},
	} {
		var order []int
		for _, core := range c.machine.cores() {
			order = append(order, core.CPU)
		}
		if got := fmt.Sprint(order); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestEveryPairHasItsRelation(t *testing.T) {
	for name, c := range map[string]struct {
		machine
		want map[string]int
	}{
		"2-CPU VM": {vm, map[string]int{results.SameLLC: 1}},
		"server": {server, map[string]int{
			results.SMT: 32, results.SameLLC: 8 * (28 - 4), results.CrossLLC: 2 * 6 * 64, results.CrossNode: 32 * 32,
		}},
		"hybrid":   {hybrid, map[string]int{results.SMT: 2, results.SameLLC: 4 + 6 + 1, results.Unlike: 4*4 + 4*2 + 4*2}},
		"no sysfs": {noSysfs, map[string]int{unknown: 1}},
	} {
		got := map[string]int{}
		for _, p := range c.machine.corePairs() {
			got[p.Relation]++
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestKindsOfCoreAreNamedWhereThereAreSeveral(t *testing.T) {
	for name, c := range map[string]struct {
		machine
		want []string
	}{
		"2-CPU VM":   {vm, []string{""}},
		"hybrid":     {hybrid, []string{"P", "E", "LP-E"}},
		"big.LITTLE": {bigLITTLE, []string{"capacity 446", "capacity 1024"}},
	} {
		var kinds []string
		for _, core := range c.machine.cores() {
			kinds = append(kinds, core.Kind)
		}
		if got := slices.Compact(kinds); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAPlanFitsIntoItsTime(t *testing.T) {
	for cpus, limit := range map[int]time.Duration{2: 10 * time.Second, 64: time.Minute} {
		p := CoresPlan{Passes: 9, machine: server[:cpus]}
		p.Time = p.usualTime()
		if p.limit() > limit {
			t.Errorf("%d CPUs take up to %v, %v a pair", cpus, p.limit(), p.Time)
		}
	}
}

func TestEachPassHasAnotherOrder(t *testing.T) {
	p := CoresPlan{Seed: 1, machine: server}
	pairs := p.machine.corePairs()
	first, second := p.walk(pairs, 0), p.walk(pairs, 1)
	if slices.Equal(first.order, second.order) {
		t.Error("two passes have one order")
	}
	if again := p.walk(pairs, 0); !slices.Equal(first.order, again.order) {
		t.Error("a seed has two orders")
	}
}

func TestPairsOfThisMachineAreMeasured(t *testing.T) {
	allowed, err := host.Affinity()
	if err != nil || len(allowed) < 2 {
		t.Skipf("a pair needs two CPUs: %v, %v", allowed, err)
	}
	p, err := PlanCores(allowed[:2], 2, 5*time.Millisecond, 1)
	if err != nil {
		t.Fatal(err)
	}
	var told []int
	c, err := p.Carry(t.Context(), func(passes int) { told = append(told, passes) })
	if err != nil {
		t.Fatal(err)
	}
	if c.Passes < 2 {
		t.Skip("the machine is too busy for two passes")
	}
	if !slices.Equal(told, []int{1, 2}) || len(c.CPUs) != 2 || len(c.Pairs) != 1 {
		t.Errorf("told of passes %v: %+v", told, c)
	}
	pair := c.Pairs[0]
	if len(pair.RTT) == 0 {
		t.Skip(pair.Reason) // something else had the CPUs
	}
	if len(pair.RTT) > 2 || len(pair.AB) != len(pair.RTT) || len(pair.BA) != len(pair.RTT) || !(pair.RTT.Median() > 0) {
		t.Errorf("%+v", pair)
	}
	after, err := host.Affinity()
	if err != nil || !slices.Equal(after, allowed) {
		t.Errorf("CPUs %v may be used afterwards, %v", after, err)
	}
}

func TestCoresEndAtOnce(t *testing.T) {
	p, err := PlanCores(nil, 2, time.Hour, 1)
	if err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if c, err := p.Carry(ctx, func(int) {}); !errors.Is(err, context.Canceled) || c.Passes != 0 {
		t.Errorf("%d passes, %v", c.Passes, err)
	}
}

func TestAPairIsOfCPUsThatThereAre(t *testing.T) {
	allowed, err := host.Affinity()
	if err != nil {
		t.Skip(err)
	}
	for name, cpus := range map[string][]int{"one": allowed[:1], "no such": {allowed[0], 60000}} {
		if _, err := PlanCores(cpus, 1, 0, 1); err == nil {
			t.Errorf("%s: CPUs %v are accepted", name, cpus)
		}
	}
}
