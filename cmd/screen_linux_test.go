package cmd

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestAScreenObeysNobodyButUs(t *testing.T) {
	const text = "\x1b[31mours\x1b[0m \r\x1b[K µs — \x1b[2J\x1b]0;t\a\u009b1m\u202e\r\n"
	for terminal, want := range map[bool]string{
		true:  "\x1b[31mours\x1b[0m \r\x1b[K µs — \\u001b[2J\\u001b]0;t\\u0007\\u009b1m\\u202e\\r\n",
		false: "\\u001b[31mours\\u001b[0m \\r\\u001b[K µs — \\u001b[2J\\u001b]0;t\\u0007\\u009b1m\\u202e\\r\n",
	} {
		var out bytes.Buffer
		s := screen{to: &out, terminal: terminal, lost: func() {}}
		s.Write([]byte(text))
		if err := s.close(); err != nil || out.String() != want {
			t.Errorf("terminal %v: %q, %v, and not %q", terminal, out.String(), err, want)
		}
	}
}

// TestACharacterMayComeInPieces, as a buffer that is full cuts it.
func TestACharacterMayComeInPieces(t *testing.T) {
	var out bytes.Buffer
	s := screen{to: &out, lost: func() {}}
	for _, piece := range []byte("µ—👩 \xff") {
		s.Write([]byte{piece})
	}
	s.Write([]byte("\xe2\x80"))
	s.close()
	if want := "µ—👩 \uFFFD\uFFFD"; strings.TrimRight(out.String(), "\uFFFD") != strings.TrimRight(want, "\uFFFD") {
		t.Errorf("%q and not %q", out.String(), want)
	}
}

func TestTheFirstLostWriteIsKept(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	told := 0
	out, finish := newConsole(full, &bytes.Buffer{}, environment(), func() { told++ })
	for range 3 {
		if _, err := out.stdout.Write([]byte("x")); err != nil {
			t.Errorf("a command has to look: %v", err)
		}
	}
	if err := finish(nil); !errors.Is(err, syscall.ENOSPC) || told != 1 || exitStatus(err) != statusFailed {
		t.Errorf("%v, told %d times, exit status %d", err, told, exitStatus(err))
	}
	if err := finish(errInterrupted); errors.Is(err, errInterrupted) {
		t.Error("it is said to have been interrupted")
	}
	if err := finish(usage(errors.New("wrong"))); exitStatus(err) != statusUsage {
		t.Errorf("a wrong command line has exit status %d", exitStatus(err))
	}
}
