package results

import "testing"

func TestWaysOfWaiting(t *testing.T) {
	for _, c := range []struct {
		kind, wait string
		want       Way
	}{
		{"memory", "spin", SpinsOn},
		{"memory", "eventfd", SleepsInCall},
		{"memory", "hybrid", SpinsFirst},
		{"memory", "", UnknownWay}, // of an older version
		{"stream", "block", SleepsInCall},
		{"stream", "poll", PollsFirst},
		{"stream", "go", ParksInGo},
		{"file", "poll", SpinsOn},
		{"file", "inotify", SleepsInCall},
		{"queue", "", SleepsInCall},
		{"notification", "sigwait", SleepsInCall},
		{"queue", "new", "wait=new"},
		{"floor", "", UnknownWay},
	} {
		if got := (Cell{Kind: c.kind, Wait: c.wait}).Waits(); got != c.want {
			t.Errorf("%s wait=%s: %q, want %q", c.kind, c.wait, got, c.want)
		}
	}
}

func TestGroups(t *testing.T) {
	for _, c := range []struct{ family, kind, want string }{
		{"mmap", "memory", "Shared memory"},
		{"fifo", "stream", "Pipes"},
		{"udp", "datagram", "Sockets"},
		{"uring", "stream", "io_uring"},
		{"mine", "stream", "Other streams"}, // of another module
		{"mine", "queue", "Message queues"},
		{"mine", "", "Others"},
	} {
		if got := (Cell{Family: c.family, Kind: c.kind}).Group(); got != c.want {
			t.Errorf("%s of kind %s: %q, want %q", c.family, c.kind, got, c.want)
		}
	}
}
