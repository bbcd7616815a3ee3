package direct

import (
	"testing"

	"ipcbench/transports/internal/pairtest"
)

// TestCMACopiesBetweenOddPlaces: buffers need no alignment, nor be whole pages,
// nor the same ones each time.
func TestCMACopiesBetweenOddPlaces(t *testing.T) {
	for _, text := range []string{"cma", "cma:copy=write"} {
		s := pairtest.Parse(t, text, 100_000)
		if err := (cma{}).Probe(s); err != nil {
			t.Skip(err)
		}
		e := pairtest.OpenWithEcho(t, s)
		room := make([]byte, s.Size+64)
		for _, n := range []int{1, 2, 4095, 4097, 65537, 100_000} {
			for shift := range 3 {
				m := append(make([]byte, shift), pairtest.Message(n)...)[shift:]
				pairtest.Send(t, e, m)
				pairtest.Receive(t, e, room[shift:], m)
			}
		}
	}
}
