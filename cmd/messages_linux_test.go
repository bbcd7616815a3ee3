package cmd

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"ipcbench/results"
	"ipcbench/results/compare"
)

// openTerminal returns both sides of a pseudo-terminal of so many columns; see
// pts(4).
func openTerminal(t *testing.T, columns uint16) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminal here: %v: mount devpts", err)
	}
	t.Cleanup(func() { person.Close() })
	fd := int(person.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
	return person, program
}

func environment(pairs ...string) lookupEnv {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func TestColourIsForTerminalsThatTakeIt(t *testing.T) {
	_, terminal := openTerminal(t, 80)
	for _, c := range []struct {
		name   string
		stderr io.Writer
		env    lookupEnv
		want   bool
	}{
		{"terminal", terminal, environment("TERM", "xterm"), true},
		{"NO_COLOR", terminal, environment("TERM", "xterm", "NO_COLOR", "1"), false},
		{"empty NO_COLOR", terminal, environment("NO_COLOR", ""), true},
		{"dumb terminal", terminal, environment("TERM", "dumb"), false},
		{"pipe", io.Discard, environment("TERM", "xterm"), false},
		{"CLICOLOR=0", terminal, environment("TERM", "xterm", "CLICOLOR", "0"), false},
		{"CLICOLOR in a pipe", io.Discard, environment("CLICOLOR", "1"), false},
		{"CLICOLOR_FORCE in a pipe", io.Discard, environment("CLICOLOR_FORCE", "1"), true},
		{"CLICOLOR_FORCE=0 in a pipe", io.Discard, environment("CLICOLOR_FORCE", "0"), false},
		{"NO_COLOR before CLICOLOR_FORCE", terminal, environment("NO_COLOR", "1", "CLICOLOR_FORCE", "1"), false},
	} {
		out := &console{stderr: c.stderr, env: c.env}
		if got := out.paint(red, "x") != "x"; got != c.want {
			t.Errorf("%s: colour is %v, want %v", c.name, got, c.want)
		}
	}
}

// Each stream is painted by what it is itself: a table in a pipe has no colour
// because errors go to a terminal.
func TestVerdictsAreColouredOnATerminalOnly(t *testing.T) {
	_, terminal := openTerminal(t, 80)
	for _, c := range []struct {
		stdout, stderr io.Writer
		want           string
	}{{terminal, io.Discard, "\x1b[31mslower\x1b[0m"}, {io.Discard, terminal, "slower"}} {
		out := &console{stdout: c.stdout, stderr: c.stderr, env: environment("TERM", "xterm")}
		if got := out.paintVerdictOn(out.stdout)(compare.Slower, "slower"); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// A line longer than the terminal is wide would wrap, and could then not be
// rewritten.
func TestProgressFitsTheTerminal(t *testing.T) {
	const columns = 60
	person, terminal := openTerminal(t, columns)
	cell := results.Cell{Transport: "mmap:api=inplace,sync=sync,wait=futex", Workload: "latency", SizeBytes: 64, Placement: "same-llc", Dir: "/a/rather/long/directory"}
	out := &console{stderr: terminal, env: environment("NO_COLOR", "1")}
	p := newProgress(out, false, results.Plan{}, map[results.Cell]int{cell: 3})
	p.say(strings.Repeat("before the first launch ", 10))
	for n := range 3 {
		p.launch(results.Launch{Cell: cell, Launch: n + 1, Status: results.OK, Started: time.Now(), Metrics: map[string]float64{results.RTTP50: 12345}})
	}
	p.end()
	fmt.Fprint(terminal, "END\n")

	var seen strings.Builder
	for !strings.Contains(seen.String(), "END") {
		buffer := make([]byte, 4096)
		n, err := person.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		seen.Write(buffer[:n])
	}
	lines := strings.Split(seen.String(), "\r\x1b[K")
	if len(lines) != 6 {
		t.Errorf("%d lines were written over each other, want 6: %q", len(lines), lines)
	}
	for _, line := range lines {
		if n := utf8.RuneCountInString(line); n >= columns {
			t.Errorf("%d columns of %d: %q", n, columns, line)
		}
	}
	if !strings.Contains(lines[4], "3/3") {
		t.Errorf("the last line does not say 3/3: %q", lines[4])
	}
}

// TestProgressWithUntilSaysWhenACellIsNarrow and not when the plan's launches of
// it are over.
func TestProgressWithUntilSaysWhenACellIsNarrow(t *testing.T) {
	var stderr strings.Builder
	cell := results.Cell{Transport: "pipe", Workload: "latency", SizeBytes: 64, Placement: "free"}
	out := &console{stderr: &stderr, env: environment()}
	p := newProgress(out, false, results.Plan{Until: 0.02}, map[results.Cell]int{cell: 6})
	launch := func(ns float64) {
		p.launch(results.Launch{Cell: cell, Status: results.OK, Metrics: map[string]float64{results.RTTP50: ns}})
	}
	for _, ns := range []float64{100, 110, 120, 130, 140, 150} {
		launch(ns)
	}
	if stderr.String() != "" {
		t.Errorf("the interval is wide, and it says %q", stderr.String())
	}
	for range 10 {
		launch(125)
	}
	if got := stderr.String(); !strings.HasPrefix(got, "[1/1] p50 125 ns  pipe ") {
		t.Errorf("the interval is narrow, and it says %q", got)
	}
}

func TestWarningIsOneLine(t *testing.T) {
	var stderr strings.Builder
	out := &console{stderr: &stderr, env: environment()}
	out.warn("first\nsecond\n")
	out.fail(fmt.Errorf("third\nfourth"))
	want := "ipcbench: warning: first; second\nipcbench: third; fourth\n"
	if stderr.String() != want {
		t.Errorf("got %q, want %q", stderr.String(), want)
	}
}
