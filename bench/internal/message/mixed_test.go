package message

import (
	"slices"
	"testing"

	"ipcbench/transports"
)

// A loop is both ends of a link of one message, by copy and in place.
type loop struct {
	lies   []byte
	damage func(m []byte)
}

func (l *loop) Send(msg []byte) error { l.lies = append(l.lies[:0], msg...); return nil }

func (l *loop) Recv(buf []byte) (int, error) {
	l.damage(l.lies)
	return copy(buf, l.lies), nil
}

func (l *loop) Loan(n int) ([]byte, error) { l.lies = l.lies[:n]; return l.lies, nil }
func (l *loop) Commit() error              { return nil }
func (l *loop) Peek() ([]byte, error)      { l.damage(l.lies); return l.lies, nil }
func (l *loop) Release() error             { return nil }
func (l *loop) Close() error               { return nil }

var (
	someLengths = []int{1, 7, 8, 15, 16, 17, 23, 24, 31, 64, 100, 4096, 64, 16}
	ways        = []transports.Spec{{}, {Options: map[string]string{"api": "inplace"}}}
)

func newLoop() *loop { return &loop{lies: make([]byte, 0, 4096), damage: func([]byte) {}} }

// exchange sends and receives messages up to a number over a new loop: some that
// warm up, and then such that count. It returns the first error and where it was.
func exchange(spec transports.Spec, full bool, n uint64, damage func(number uint64, m []byte)) (number uint64, err error) {
	l := newLoop()
	x := Over(l, spec, 4096, someLengths, full)
	for number = range n {
		p := Measured
		switch {
		case number < 20:
			p = Warming
		case number == 20:
			p = Marking
		}
		l.damage = func(m []byte) { damage(number, m) }
		if err := x.Send(number, p); err != nil {
			return number, err
		}
		if got, err := x.Receive(number); err != nil || got != p {
			return number, err
		}
	}
	return n, nil
}

// TestEachMessageHasItsLength, and all that they are checked for holds, though what
// a short one writes into the pattern lies in the middle of a longer one.
func TestEachMessageHasItsLength(t *testing.T) {
	const n = 3 * wholeEvery
	for _, spec := range ways {
		for _, full := range []bool{false, true} {
			reached, err := exchange(spec, full, n, func(number uint64, m []byte) {
				if want := someLengths[number%uint64(len(someLengths))]; len(m) != want {
					t.Fatalf("%v: message %d has %d bytes instead of %d", spec.Options, number, len(m), want)
				}
			})
			if err != nil || reached < n {
				t.Errorf("%v, full %v: message %d: %v", spec.Options, full, reached, err)
			}
		}
	}
}

// TestNoByteOfAMixGoesUnnoticed: while warming up, and with full or in place always.
func TestNoByteOfAMixGoesUnnoticed(t *testing.T) {
	for _, spec := range ways {
		for place, length := range someLengths {
			for _, first := range []int{0, 28} { // of those that warm up, and of those that count
				for at := 0; at < length; at += max(1, length/50) {
					full := first > 0 && spec.Options == nil
					_, err := exchange(spec, full, 60, func(number uint64, m []byte) {
						if number == uint64(first+place) {
							m[at] ^= 0x10
						}
					})
					if err == nil {
						t.Errorf("%v: a change of byte %d of message %d, of %d bytes, goes unnoticed", spec.Options, at, first+place, length)
					}
				}
			}
		}
	}
}

// TestEveryPlaceOfACycleIsCheckedWhole: of those in the middle of which every
// message is damaged, one is found, at whichever place of the cycle it is.
func TestEveryPlaceOfACycleIsCheckedWhole(t *testing.T) {
	long := uint64(slices.Index(someLengths, 4096))
	found, err := exchange(transports.Spec{}, false, wholeEvery*uint64(len(someLengths)+1), func(number uint64, m []byte) {
		if number > 20 && number%uint64(len(someLengths)) == long {
			m[len(m)/2] ^= 1
		}
	})
	if err == nil {
		t.Error("all long messages were damaged, and none was found")
	} else {
		t.Logf("message %d: %v", found, err)
	}
	for _, cycle := range []int{1, 2, 8, 4093, 4096, 10_000, 65_536} {
		if every := apart(cycle); divisor(int(every), cycle) != 1 || every > wholeEvery || every < wholeEvery-100 {
			t.Errorf("of a cycle of %d, one in %d is checked whole", cycle, every)
		}
	}
}

func TestMixesDoNotAllocate(t *testing.T) {
	for _, spec := range ways {
		x, number := Over(newLoop(), spec, 4096, someLengths, false), uint64(0)
		if n := testing.AllocsPerRun(1000, func() {
			if err := x.Send(number, Measured); err != nil {
				t.Fatal(err)
			}
			if _, err := x.Receive(number); err != nil {
				t.Fatal(err)
			}
			number++
		}); n > 0 {
			t.Errorf("%v: %v allocations a message", spec.Options, n)
		}
	}
}
