package shm

import "testing"

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
