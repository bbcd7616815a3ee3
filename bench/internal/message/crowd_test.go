package message

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// A line is an endpoint that has what was sent wait until it is received.
type line struct{ messages [][]byte }

func (l *line) Send(msg []byte) error { l.messages = append(l.messages, bytes.Clone(msg)); return nil }
func (l *line) Close() error          { return nil }
func (l *line) Recv(buf []byte) (int, error) {
	if len(l.messages) == 0 {
		return 0, io.EOF
	}
	n := copy(buf, l.messages[0])
	l.messages = l.messages[1:]
	return n, nil
}

// sent is what three producers sent, in turn: a message of the warm-up, and three.
func sent(t *testing.T, size int, full bool) *line {
	t.Helper()
	l := &line{}
	var all []*Crowd
	for i := range 3 {
		all = append(all, NewCrowd(l, size, i, 3, false, full))
	}
	for _, p := range []Phase{Warming, Measured, Measured, Last} {
		for _, x := range all {
			if err := x.Give(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	return l
}

// took is what becomes of who receives all.
func took(l *line, size int, gaps, full bool) (taken int64, err error) {
	x := NewCrowd(l, size, 0, 3, gaps, full)
	for err == nil {
		_, _, err = x.Take()
	}
	return x.Taken(), err
}

func TestACrowdSeesWhatIsWrongWithTheMessagesOfEach(t *testing.T) {
	for name, c := range map[string]struct {
		wrong func(l *line)
		want  string
	}{
		"nothing":   {func(*line) {}, "EOF"},
		"lost":      {func(l *line) { l.messages = append(l.messages[:4], l.messages[5:]...) }, "message 2 of producer 1 arrived where 1 was due"},
		"reordered": {func(l *line) { m := l.messages; m[4], m[7] = m[7], m[4] }, "message 2 of producer 1 arrived where 1 was due"},
		"mixed":     {func(l *line) { m := l.messages; m[3], m[4], m[5] = m[5], m[3], m[4] }, "EOF"}, // of different ones: no order is promised
		"twice":     {func(l *line) { l.messages = append(l.messages, l.messages[11]) }, "message 3 of producer 2 arrived where 4 was due"},
		"damaged":   {func(l *line) { l.messages[4][7] ^= 0x40 }, "a message of producer"},
		"cut":       {func(l *line) { l.messages[4] = l.messages[4][:7] }, "7 bytes instead of"},
	} {
		for _, size := range []int{8, 64} {
			for _, full := range []bool{false, true} {
				l := sent(t, size, full)
				c.wrong(l)
				if _, err := took(l, size, false, full); !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s, %d bytes, full %v: %v, want %q", name, size, full, err, c.want)
				}
			}
		}
	}
}

// A byte between the ends is seen while warming up, and always in full.
func TestACrowdChecksEveryByteInFull(t *testing.T) {
	l := sent(t, 64, true)
	l.messages[4][30] ^= 1
	if _, err := took(l, 64, false, true); !strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
}

// Where others receive as well, one sees gaps, and all together by the sum what is
// missing or came twice.
func TestTheSumTellsWhatSeveralReceivedTogether(t *testing.T) {
	for name, c := range map[string]struct {
		first, second []int // of the messages sent
		whole         bool
	}{
		"shared":          {[]int{0, 2, 5}, []int{1, 3, 4}, true},
		"all to one":      {[]int{0, 1, 2, 3, 4, 5}, nil, true},
		"one is missing":  {[]int{0, 2}, []int{1, 3, 4}, false},
		"one came twice":  {[]int{0, 2, 5}, []int{1, 3, 4, 5}, false},
		"one for another": {[]int{0, 3, 4}, []int{1, 2, 3}, false},
	} {
		l := &line{}
		from := NewCrowd(l, 16, 0, 1, false, false)
		for range 6 {
			from.Give(Measured)
		}
		sum := from.Sum()
		for _, mine := range [][]int{c.first, c.second} {
			own := &line{}
			for _, i := range mine {
				own.messages = append(own.messages, l.messages[i])
			}
			x := NewCrowd(own, 16, 0, 1, true, false)
			for range mine {
				if _, _, err := x.Take(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			sum -= x.Sum()
		}
		if whole := sum == 0; whole != c.whole {
			t.Errorf("%s: whole is %v", name, whole)
		}
	}
}
