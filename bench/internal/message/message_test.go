package message

import "testing"

var messageSizes = []int{1, 2, 7, 8, 9, 15, 16, 17, 23, 24, 31, 64, 100, 4096}

func TestMessageSaysWhatItIs(t *testing.T) {
	for _, size := range messageSizes {
		for _, number := range []uint64{0, 1, 63, 64, 1 << 40} {
			for _, p := range []Phase{Warming, Marking, Measured} {
				m := make(message, size)
				m.fill(number)
				m.stamp(number, p)
				if err := m.check(size, number); err != nil {
					t.Errorf("%d bytes, number %d: %v", size, number, err)
				}
				if err := m.checkMiddle(number); err != nil {
					t.Errorf("%d bytes, number %d: %v", size, number, err)
				}
				if m.phase() != p {
					t.Errorf("%d bytes, number %d: phase %d reads %d", size, number, p, m.phase())
				}
			}
		}
	}
}

// TestEveryByteIsVerified changes each byte in turn: none may go unnoticed.
func TestEveryByteIsVerified(t *testing.T) {
	for _, size := range messageSizes {
		for at := range size {
			m := make(message, size)
			m.fill(5)
			m.stamp(5, Warming)
			m[at] ^= 0x10
			if m.check(size, 5) == nil && m.checkMiddle(5) == nil {
				t.Errorf("%d bytes: a change of byte %d goes unnoticed", size, at)
			}
		}
	}
}

// TestMessageOutOfOrder offers neighbours and a message of another length.
func TestMessageOutOfOrder(t *testing.T) {
	for _, size := range messageSizes {
		m := make(message, size)
		m.stamp(5, Measured)
		for _, due := range []uint64{4, 6, 7} {
			if m.check(size, due) == nil {
				t.Errorf("%d bytes: message 5 passes for %d", size, due)
			}
		}
		if size > 1 && m[:size-1].check(size, 5) == nil {
			t.Errorf("%d bytes: a message cut by one passes", size)
		}
	}
}
