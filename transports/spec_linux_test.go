package transports_test

import (
	"errors"
	"strings"
	"testing"

	"ipcbench/transports"
	_ "ipcbench/transports/all"
)

func TestSpecRoundTrip(t *testing.T) {
	for text, canonical := range map[string]string{
		"pipe":                        "pipe",
		"pipe:wait=block":             "pipe",
		"null":                        "null",
		"unix:wait=spin,type=dgram":   "unix:type=dgram,wait=spin",
		"unix:wait=go,type=stream":    "unix:wait=go",
		"file:wait=poll,sync=none":    "file",
		"file:wait=inotify":           "file:wait=inotify",
		"file:wait=poll,sync=dsync":   "file:sync=dsync",
		"file:wait=inotify,sync=sync": "file:sync=sync,wait=inotify",
	} {
		s, err := transports.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if s.String() != canonical {
			t.Errorf("%s is written %s, want %s", text, s, canonical)
		}
		if again, err := transports.Parse(s.String()); err != nil || again.String() != canonical {
			t.Errorf("%s, read again: %s, error %v", s, again, err)
		}
	}
}

func TestSpecErrorsSayWhatThereIs(t *testing.T) {
	for text, want := range map[string]string{
		"":                         `no transport is called ""`,
		"pip":                      `no transport is called "pip": did you mean pipe? there are `,
		"unix-socket":              `did you mean unix? there are `,
		"socket":                   `did you mean tcp or unix? there are `,
		"uds":                      `did you mean unix? there are `, // and not udp
		"posix_mq":                 `did you mean mq? `,
		"message-queue":            `did you mean mq or sysvmsg? `,
		"MMAP":                     `did you mean mmap? `,
		"mmap,pipe":                `write transports apart, as in mmap pipe`,
		"mmap:wait=spin,pipe":      `write transports apart, as in mmap:wait=spin pipe`,
		"mmap:wiat=futex":          `mmap has no option "wiat": did you mean wait? it takes `,
		"mmap:wait=futx":           `no value "futx": did you mean futex? it is one of `,
		"mmap:futex":               `option "futex" has no value: did you mean wait=futex?`,
		"pipe:":                    `option "" has no value`,
		"pipe:wait":                `option "wait" has no value: write it as wait=block or poll`,
		"pipe:type=stream":         `pipe has no option "type": it takes capacity, wait`,
		"null:wait=spin":           `null has no option "wait": it takes none`,
		"unix:type=raw":            `option type has no value "raw": it is one of stream, seqpacket, dgram`,
		"pipe:wait=spin,wait=spin": `option "wait" is given twice`,
	} {
		_, err := transports.Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with: %s", text, err, want)
		}
	}
}

// What else people call a transport is understood, and not accepted: the name in
// every table is one.
func TestOtherNamesAreAnsweredAndNotAccepted(t *testing.T) {
	for _, transport := range transports.All() {
		info := transport.Info()
		for _, other := range info.Also {
			_, err := transports.Parse(other)
			if err == nil || !strings.Contains(err.Error(), "did you mean ") {
				t.Errorf("%s, which %s is also called: error %v", other, info.Name, err)
				continue
			}
			if meant, _, _ := strings.Cut(err.Error(), "? "); !strings.Contains(meant, info.Name) {
				t.Errorf("%s, which %s is also called: %v", other, info.Name, err)
			}
		}
	}
}

func TestSpecKnowsWhatItsOptionsMean(t *testing.T) {
	for text, want := range map[string]struct {
		waits transports.Waiting
		caps  transports.Caps
	}{
		"pipe":                {transports.Sleeps, transports.SeesPeerDeath | transports.ManyLinks},
		"pipe:wait=epoll":     {transports.EpollsFirst, transports.SeesPeerDeath | transports.ManyLinks},
		"mmap:wait=hybrid":    {transports.SpinsFirst, transports.CanInPlace | transports.NeedsDir | transports.ManyLinks},
		"mmap:ring=index":     {transports.Spins, transports.CanInPlace | transports.NeedsDir | transports.ManyLinks | transports.CanTry},
		"signal":              {transports.Sleeps, transports.SeesPeerDeath},
		"signal:wait=sigwait": {transports.Sleeps, transports.SeesPeerDeath},
		"unix:wait=go":        {transports.Parks, transports.SeesPeerDeath | transports.OwnThreads | transports.ManyLinks},
		"unix:type=dgram":     {transports.Sleeps, transports.ManyEnds},
		"file":                {transports.Spins, transports.NeedsDir},
		"file:wait=inotify":   {transports.Sleeps, transports.NeedsDir},
		"null":                {transports.Waiting{}, transports.OneProcess},
	} {
		s, err := transports.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if s.Waits() != want.waits || s.Caps() != want.caps {
			t.Errorf("%s: waits %v, caps %b; want %v, %b", text, s.Waits(), s.Caps(), want.waits, want.caps)
		}
	}
}

type named struct {
	transports.Transport
	name string
}

func (n named) Info() transports.Info { return transports.Info{Name: n.name} }

func TestRegisterRefuses(t *testing.T) {
	for _, name := range []string{"null", "", "a:b", "a,b", "a=b", "a b"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was registered", name)
				}
			}()
			transports.Register(named{name: name})
		}()
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"mmap", "mmap:wait=futex", "unix:wait=spin,type=seqpacket", "pipe:", "mmap:wait", "pipe:wait=,", "tcp"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spec, err := transports.Parse(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error about %q is not one line: %q", text, err)
			}
			return
		}
		canonical := spec.String()
		if again, err := transports.Parse(canonical); err != nil || again.String() != canonical {
			t.Errorf("%q is %q, which is read as %q, %v", text, canonical, again, err)
		}
	})
}

func TestReasonDoesNotRepeatTheName(t *testing.T) {
	s, err := transports.Parse("memfd:huge=2MiB")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"memfd:huge=2MiB: no pages", "memfd: no pages", "no pages"} {
		if got := s.Reason(errors.New(text)); got != "no pages" {
			t.Errorf("of %q remains %q", text, got)
		}
	}
}
