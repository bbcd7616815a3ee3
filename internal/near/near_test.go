package near

import (
	"strings"
	"testing"
)

var known = []Word{
	{"fifo", []string{"named-pipe"}}, {"latency", []string{"rtt"}}, {"mq", []string{"posix-mq", "message-queue"}}, {"pipe", nil},
	{"run", []string{"bench"}}, {"sysvmsg", []string{"message-queue"}}, {"tcp", nil}, {"udp", nil}, {"unix", []string{"uds"}},
	{"rtt_p50_ns", nil}, {"rtt_p99_ns", nil}, {"oneway_p50_ns", nil},
}

func TestAWordIsFoundByWhatItResembles(t *testing.T) {
	for word, want := range map[string]string{
		"rnu":           "run", // two letters in the wrong order are one slip
		"pip":           "pipe",
		"Pipe":          "pipe",
		"PIPE ":         "pipe",
		"fifos":         "fifo",
		"named_pipe":    "fifo",
		"namedpipe":     "fifo",
		"messagequeue":  "mq sysvmsg",
		"uds":           "unix", // and not udp, which is a letter away
		"tcp4":          "tcp",
		"lat":           "latency",
		"benhc":         "run",
		"p50":           "rtt_p50_ns oneway_p50_ns",
		"http":          "",
		"xyzzy":         "",
		"p":             "",
		"":              "",
		"-":             "",
		"a\x1b[31m":     "",
		"ééé":           "",
		"shared-memory": "",
	} {
		if got := strings.Join(To(word, known), " "); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

// What is most likely meant is read first, and the list after it.
func TestTheHintStandsBeforeTheList(t *testing.T) {
	words := Words("mmap", "pipe")
	if got, want := Hint("pip", "there are", words), "did you mean pipe? there are mmap, pipe"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Hint("x", "there are", words), "there are mmap, pipe"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
