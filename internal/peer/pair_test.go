package peer

import (
	"strings"
	"testing"
	"time"

	"ipcbench/transports"
)

// TestCauseIsTheEndThatExplains has each kind of bad end happen beside a
// consequence of it that was noticed first.
func TestCauseIsTheEndThatExplains(t *testing.T) {
	early, late := time.Unix(1, 0), time.Unix(2, 0)
	consequence := Exit{Side: transports.Producer, Status: "exit status 3", PeerGone: true, At: early, LastWords: "pipe: broken pipe"}
	for name, c := range map[string]struct {
		other Exit
		want  string
	}{
		"a signal": {Exit{Side: transports.Consumer, Status: "signal: killed", Signal: "SIGKILL", At: late}, "consumer: killed by SIGKILL"},
		"an error": {Exit{Side: transports.Consumer, Status: "exit status 1", At: late, LastWords: "message 3 was damaged"}, "consumer: message 3 was damaged"},
		"a crash":  {Exit{Side: transports.Consumer, Status: "exit status 2", At: late, LastWords: "panic: out of luck\n\ngoroutine 1 [running]:"}, "consumer: exit status 2: panic: out of luck"},
		"our kill": {Exit{Side: transports.Consumer, Status: "signal: killed", Signal: "SIGKILL", Killed: true, At: late}, "producer: pipe: broken pipe"},
		"no fault": {Exit{Side: transports.Consumer, Status: "exit status 0", OK: true, At: late}, "producer: pipe: broken pipe"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := Cause([]Exit{consequence, c.other}); err == nil || err.Error() != c.want {
				t.Errorf("the cause is %v, instead of %s", err, c.want)
			}
		})
	}
	if err := Cause([]Exit{{OK: true}, {OK: true}}); err != nil {
		t.Errorf("two good ends have the cause %v", err)
	}
}

// TestLastWordsKeepStartAndEnd floods standard error, as a crash with many
// goroutines does: the reason comes first and where it happened last.
func TestLastWordsKeepStartAndEnd(t *testing.T) {
	var l lastWords
	l.Write([]byte("panic: the reason\n"))
	for range 1000 {
		l.Write([]byte("goroutine 17 [select]:\n"))
	}
	l.Write([]byte("the end\n"))
	words := l.String()
	if !strings.HasPrefix(words, "panic: the reason\n") || !strings.HasSuffix(words, "\nthe end") || len(words) > 3*wordsKept {
		t.Errorf("%d bytes are kept: %.40q ... %q", len(words), words, words[len(words)-20:])
	}
}

// A program whose main does not call bench.Worker would start itself again and
// again, each time as a worker of the last.
func TestAWorkerThatDidNotBecomeOneIsTold(t *testing.T) {
	if err := Idle(); err != nil {
		t.Errorf("this is no worker: %v", err)
	}
	t.Setenv(roleEnv, "bench")
	if err := Idle(); err == nil || !strings.Contains(err.Error(), "bench.Worker") {
		t.Errorf("a worker that runs main goes on: %v", err)
	}
}
