package bench

import (
	"fmt"
	"testing"

	"ipcbench/internal/host"
	"ipcbench/results"
)

// TestPairsHaveCPUsOfTheirOwn while there are such of the placement's kind: first
// whole cores, then what is left of them. Then they share.
func TestPairsHaveCPUsOfTheirOwn(t *testing.T) {
	// neighbours has the two threads of a core next to each other.
	neighbours := build(8, func(id int) host.CPU { return host.CPU{ID: id, Core: id / 2, Siblings: []int{id / 2 * 2, id/2*2 + 1}} })
	for _, c := range []struct {
		name    string
		machine machine
		cell    results.Cell
		want    string
	}{
		{"all there are", vm, results.Cell{Placement: results.SameLLC, ProducerCPU: 0, ConsumerCPU: 1, Pairs: 4}, "[[0 1]]"},
		{"one pair", twoSockets, results.Cell{Placement: results.SameLLC, ProducerCPU: 0, ConsumerCPU: 1, Pairs: 1}, "[]"},
		{"each on one CPU", vm, results.Cell{Placement: results.SameCPU, Pairs: 4}, "[[0 0] [1 1]]"},
		{"two sockets", twoSockets, results.Cell{Placement: results.SameLLC, ProducerCPU: 0, ConsumerCPU: 1, Pairs: 3}, "[[0 1] [2 3] [4 5]]"},
		{"across", twoSockets, results.Cell{Placement: results.CrossNode, ProducerCPU: 0, ConsumerCPU: 4, Pairs: 9}, "[[0 4] [1 5] [2 6] [3 7]]"},
		{"whole cores first", neighbours, results.Cell{Placement: results.SameLLC, ProducerCPU: 0, ConsumerCPU: 2, Pairs: 4}, "[[0 2] [4 6] [1 3] [5 7]]"},
		{"threads", smtDesktop, results.Cell{Placement: results.SMT, ProducerCPU: 0, ConsumerCPU: 8, Pairs: 3}, "[[0 8] [1 9] [2 10]]"},
		{"not on slower cores", hybrid, results.Cell{Placement: results.SameLLC, ProducerCPU: 0, ConsumerCPU: 2, Pairs: 4}, "[[0 2] [1 3]]"},
		{"by number", twoSockets, results.Cell{Placement: "0-1", ProducerCPU: 0, ConsumerCPU: 1, Pairs: 4}, "[]"},
		{"not pinned", vm, results.Cell{Placement: results.Free, ProducerCPU: -1, ConsumerCPU: -1, Pairs: 4}, "[]"},
		{"fan-in", twoSockets, results.Cell{Placement: results.SameLLC, ProducerCPU: 0, ConsumerCPU: 1, Pairs: 1, FanIn: 8}, "[[0 1] [2 1] [3 1]]"},
		{"fan-out", twoSockets, results.Cell{Placement: results.CrossNode, ProducerCPU: 0, ConsumerCPU: 4, Pairs: 1, FanOut: 3}, "[[0 4] [0 5] [0 6]]"},
		{"fan-in on one CPU", vm, results.Cell{Placement: results.SameCPU, Pairs: 1, FanIn: 3}, "[[0 0]]"},
	} {
		cell := Cell{Cell: c.cell, Spec: parse(t, "pipe")}
		cell.spread(c.machine)
		if got := fmt.Sprint(cell.places); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
