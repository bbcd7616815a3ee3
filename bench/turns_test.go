package bench

import (
	"math/rand/v2"
	"testing"

	"ipcbench/results"
)

// TestEveryOrderOfTurnsIsAsLikely draws the six orders of two launches each of two
// cells again and again. Each launch has its number, and a cell that cannot run has
// none.
func TestEveryOrderOfTurnsIsAsLikely(t *testing.T) {
	cells := []Cell{{Cell: results.Cell{Transport: "a"}}, {Skip: "not here"}, {Cell: results.Cell{Transport: "b"}}}
	random := rand.New(rand.NewPCG(1, 2))
	const draws = 6000
	seen := map[string]int{}
	for range draws {
		turns := newTurns(cells, 2)
		order := ""
		made := map[string]int{}
		for {
			turn, ok := turns.next(random)
			if !ok {
				break
			}
			order += turn.Transport
			if made[turn.Transport]++; turn.number != made[turn.Transport] {
				t.Fatalf("launch %d of %s has number %d", made[turn.Transport], turn.Transport, turn.number)
			}
		}
		seen[order]++
	}
	for order, n := range seen {
		if n < draws/6-150 || n > draws/6+150 { // five standard deviations
			t.Errorf("%s came %d times of %d", order, n, draws)
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d orders of 6: %v", len(seen), seen)
	}
}
