//go:build !race

// The race detector makes x/sys keep buffers on the heap.

package host

import "testing"

func TestReadingTheRunQueueDoesNotAllocate(t *testing.T) {
	onThread(func() {
		q := OpenRunQueue()
		defer q.Close()
		if n := testing.AllocsPerRun(100, func() { q.WaitNS() }); n > 0 {
			t.Errorf("%v allocations a reading", n)
		}
	})
}
