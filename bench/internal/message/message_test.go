package message

import (
	"testing"

	"ipcbench/transports"
)

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

// TestWhatIsOnTheWire: a message is the same bytes on every processor, whichever
// words it is made of.
func TestWhatIsOnTheWire(t *testing.T) {
	const number, p = 0x0102030405060708, Measured
	for size := 1; size <= 300; size++ {
		m := make(message, size)
		m.fill(number)
		m.stamp(number, p)
		var head, pattern uint64 = number*phases + uint64(p), patternStart(number)
		for at, got := range m {
			var want byte
			switch {
			case at < wordBytes:
				want = byte(head >> (8 * at))
			case at >= size-wordBytes:
				want = byte(tail(head, size) >> (8 * (at - (size - wordBytes))))
			default:
				word, i := (at-wordBytes)/wordBytes, at%wordBytes
				want = byte((pattern + uint64(word)*patternStep) >> (8 * i))
			}
			if got != want {
				t.Fatalf("byte %d of %d is %#x instead of %#x", at, size, got, want)
			}
		}
	}
}

// TestEveryByteIsVerified changes each byte of each message in turn: none may go
// unnoticed where it is checked whole, and none of its ends where it is not.
func TestEveryByteIsVerified(t *testing.T) {
	for size := 1; size <= 300; size++ {
		for _, c := range []struct {
			spec transports.Spec
			p    Phase
			full bool
			ends int // how many bytes there are at either end
		}{
			{ways[0], Warming, false, size},
			{ways[0], Measured, true, size},
			{ways[0], Measured, false, wordBytes},
			{ways[1], Warming, false, size},
			{ways[1], Measured, false, size},
		} {
			l := newLoop()
			x := Over(l, c.spec, size, nil, c.full)
			if b, ok := x.(*byCopy); ok {
				b.whole = wholeEvery // that is another one
			}
			for at := range size {
				l.damage = func(m []byte) { m[at] ^= 1 << (at % 8) }
				if err := x.Send(5, c.p); err != nil {
					t.Fatal(err)
				}
				p, err := x.Receive(5)
				told := err != nil || size <= wordBytes && p != c.p
				if !told && (at < c.ends || at >= size-c.ends) {
					t.Errorf("%v, full %v, phase %d, %d bytes: a change of byte %d goes unnoticed", c.spec.Options, c.full, c.p, size, at)
				}
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

// Every byte between the ends is compared, whether by pieces or by words.
func TestEveryDamagedByteOfAPatternIsSeen(t *testing.T) {
	for _, size := range []int{16, 17, 24, 100, 2*wordBytes + pieceBytes, 2*wordBytes + 3*pieceBytes + 5, 1000} {
		m := make(message, size)
		m.fill(7)
		if err := m.checkMiddle(7); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
		for at := wordBytes; at < size-wordBytes; at++ {
			m[at] ^= 1 << (at % 8)
			if m.checkMiddle(7) == nil {
				t.Errorf("%d bytes: byte %d is wrong, and nothing was said", size, at)
			}
			words := m.middle()[:len(m.middle())/pieceBytes*pieceBytes]
			if got, want := progresses(words, patternStart(7)), progressesInGo(words, patternStart(7)); got != want {
				t.Errorf("%d bytes, byte %d wrong: %v by instruction and %v in Go", size, at, got, want)
			}
			m[at] ^= 1 << (at % 8)
		}
	}
}
