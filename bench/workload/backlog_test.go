package workload

import "testing"

// streamed is a pair whose producer was done with n messages at n*step, and whose
// consumer received its first at began.
func streamed(n, step, began int64) Group {
	var s sent
	for i := int64(0); i < n; {
		i += min(n-i, s.step(i))
		s.stamp(i, i*step)
	}
	return Group{[]*Report{{Sent: n, SentBy: s.moments[:s.n]}}, []*Report{{Received: n, Counted: n - 1, Began: began}}}
}

func TestWhatMayHaveWaitedWhenTheWindowOpened(t *testing.T) {
	for _, c := range []struct {
		n, began, least, most int64
	}{
		{101, 1, 0, 0},                 // the first alone was sent
		{101, 1000, 99, 100},           // all of it was
		{101, 5000, 100, 100},          // long ago
		{101, 500, 49, 62},             // half, and up to a quarter more
		{1_000_000, 100, 9, 12},        // a few of many
		{1_000_000, 9e6, 9e5 - 1, 1e6}, // most of them
	} {
		if got := streamed(c.n, 10, c.began).waiting(); got < c.least || got > c.most {
			t.Errorf("of %d messages, one each 10 ns, %d may have waited at %d ns, want %d to %d", c.n, got, c.began, c.least, c.most)
		}
	}
	if got := (Group{[]*Report{{Sent: 9}}, []*Report{{Counted: 8, Began: 5}}}).waiting(); got != 0 {
		t.Errorf("of a workload that is no stream, %d waited", got)
	}
}

// The moments of the longest stream have room.
func TestMomentsAreFew(t *testing.T) {
	moments := streamed(1e11, 1, 0).Producers[0].SentBy
	if last := moments[len(moments)-1]; last.Messages < 8e10 {
		t.Errorf("the last of %d moments is %+v", len(moments), last)
	}
}
