package shm

import (
	"fmt"
	"testing"
)

// BenchmarkSendRecv is what the code of the ring costs without a peer: both
// ends on one thread, so that no cache line moves.
func BenchmarkSendRecv(b *testing.B) {
	l := NewLayout(64, 64<<10)
	mem := make([]byte, l.Bytes())
	w, r := NewWriter(mem, l, Spin, Eventfds{}), NewReader(mem, l, Spin, Eventfds{})
	msg, buf := make([]byte, 64), make([]byte, 64)
	for b.Loop() {
		w.Send(msg)
		r.Recv(buf)
	}
}

// BenchmarkIndexSendRecv is the same of the ring with an index.
func BenchmarkIndexSendRecv(b *testing.B) {
	for _, n := range []int{8, 64} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := NewIndexLayout(n, 64<<10, true)
			mem := make([]byte, l.Bytes())
			w, r := NewIndexWriter(mem, l, Spin, Eventfds{}), NewIndexReader(mem, l, Spin, Eventfds{})
			msg, buf := make([]byte, n), make([]byte, n)
			for b.Loop() {
				w.Send(msg)
				r.Recv(buf)
			}
		})
	}
}
