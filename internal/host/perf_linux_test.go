package host

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestEveryPerfEventIsCountedOrMissingWithItsReason sleeps while it is counted:
// each sleep is a context switch.
func TestEveryPerfEventIsCountedOrMissingWithItsReason(t *testing.T) {
	onThread(func() {
		p := OpenPerfEvents()
		defer p.Close()
		p.Start()
		sleepOften()
		p.Stop()
		sleepOften()
		counts, missing := p.Counts()
		for _, e := range perfEvents {
			_, counted := counts[e.name]
			_, inUser := counts[e.name+":u"]
			if reason := missing[e.name]; !counted && !inUser && reason == "" {
				t.Errorf("%s is neither counted nor missing with a reason", e.name)
			}
		}
		if n, counted := counts["context-switches"]; counted && (n < sleeps || n >= 2*sleeps) {
			t.Errorf("%v context switches in %d sleeps, and as many after the end", n, sleeps)
		}
	})
}

func TestMissingPerfEventsTellTheRemedy(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{unix.ENOENT, "virtual"},
		{unix.EACCES, "not allowed"},
		{unix.ENOSYS, "built without"},
		{unix.EINVAL, "invalid argument"},
	} {
		if text := WhyNoEvent(errors.Join(c.err)); !strings.Contains(text, c.want) {
			t.Errorf("%v: %q does not say %q", c.err, text, c.want)
		}
	}
}
