package cmd

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

// onTerminal is what a command writes to a terminal of so many columns, in lines:
// those that are written over each other, too.
func onTerminal(t *testing.T, columns int, dir string, args ...string) []string {
	t.Helper()
	person, terminal := openTerminal(t, uint16(columns))
	c := exec.Command("/proc/self/exe", args...)
	c.Dir, c.Env = dir, append(c.Environ(), commandEnv+"=1", "TERM=xterm")
	c.Stdin, c.Stdout, c.Stderr = terminal, terminal, terminal
	var seen bytes.Buffer
	read := make(chan struct{})
	go func() {
		defer close(read)
		io.Copy(&seen, person) // ends with EIO when nobody has the terminal open
	}()
	err := c.Run()
	terminal.Close()
	<-read
	if status := exitCode(err); status != statusDone && status != statusFailed && status != statusInconclusive {
		t.Errorf("%q ends with %d: %s", args, status, seen.String())
	}
	return regexp.MustCompile("\r\n|\r\x1b\\[K").Split(seen.String(), -1)
}

// stored makes runs to be read: the sample, two that chance has made, one of them
// slower, and one with a long name.
func stored(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "sample"), os.DirFS("../results/sample")); err != nil {
		t.Fatal(err)
	}
	for name, launches := range map[string][]results.Launch{
		"few": resultstest.Few(t), "wide": resultstest.Wide(3), "slower": slower(resultstest.Wide(3)),
		"a-run-that-somebody-gave-a-name-by-which-all-that-there-is-to-know-of-it-is-known": resultstest.Launches(t),
	} {
		run := resultstest.Run
		run.Name = name
		run.Floors = []results.Floor{{Name: results.ClockFloor, NS: 24}, {Name: results.CacheLineFloor, NS: 81.3, CPUs: []int{0, 1}}}
		d, err := results.CreateDirectory(filepath.Join(dir, "results"), run)
		if err != nil {
			t.Fatal(err)
		}
		for _, launch := range launches {
			launch.Run = name
			if err := d.Append(launch); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Finish(run); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// slower is what takes longer by a third.
func slower(launches []results.Launch) []results.Launch {
	for _, l := range launches {
		for metric := range l.Metrics {
			l.Metrics[metric] *= 4. / 3
		}
	}
	return launches
}

// TestNoLineIsWiderThanTheTerminal of whatever a command writes: what a terminal
// breaks is no table any more.
func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	dir := stored(t)
	os.WriteFile(filepath.Join(dir, "knobs.toml"), []byte(knobs), 0o644)
	commands := [][]string{
		{"report", "sample", "--floors", "--why"},
		{"report", "results/few", "results/wide", "results/a-run-that-somebody-gave-a-name-by-which-all-that-there-is-to-know-of-it-is-known"},
		{"report", "sample", "--like-for-like"},
		{"report", "results/wide", "--like-for-like"},
		{"compare", "sample", "--by", "fstype"},
		{"compare", "results/wide", "results/slower"},
		{"compare", "sample", "--by", "transport", "--threshold", "5%"},
		{"history", "results"},
		{"list"},
		{"doctor"},
		{"cores", "--passes", "2", "--time", "1ms"},
		{"demo", "--count", "2", "--interval", "1ms"},
		{"experiment", "knobs.toml", "--dry-run"},
		{"run", "--dry-run", "-w", "latency,throughput,load", "mmap:sync=sync,wait=futex", "eventfd", "memfd:api=inplace,lock=yes,wait=futex"},
		{"run", "-n", "2", "--time", "1ms", "-w", "latency,throughput", "-s", "64,4KiB", "-p", "same-cpu,free", "-o", "made", "mmap:sync=sync,wait=futex", "eventfd", "pipe"},
	}
	for _, command := range newRoot(&console{stdout: io.Discard, stderr: io.Discard, env: environment()}).Commands() {
		commands = append(commands, []string{command.Name(), "--help"})
	}
	commands = append(commands, []string{"--help"})
	for _, command := range commands {
		t.Run(strings.Join(command, " "), func(t *testing.T) {
			for _, line := range onTerminal(t, 80, dir, command...) {
				if width := text.StringWidthWithoutEscSequences(line); width > 80 {
					t.Errorf("%d columns: %q", width, line)
				}
			}
		})
	}
}

// knobs is an experiment that nobody is to carry out.
const knobs = `
run = "mmap:wait=futex pipe unix:type=seqpacket -w latency,throughput -s 64,4KiB -p same-cpu -n 20 --time 100ms"
rounds = 3
[[variant]]
name = "as-it-is"
[[variant]]
name = "another"
cleanup = "echo this is a command that takes a long line of words to say what it is that it does"
`

// TestWhatGoesToNoTerminal is as wide as COLUMNS says, or 100 columns, and a message
// is one line.
func TestWhatGoesToNoTerminal(t *testing.T) {
	dir := stored(t)
	widest := func(environment ...string) int {
		c := exec.Command("/proc/self/exe", "report", "results/few")
		c.Dir, c.Env = dir, append(append(c.Environ(), commandEnv+"=1"), environment...)
		printed, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		most := 0
		for _, line := range strings.Split(string(printed), "\n") {
			most = max(most, text.StringWidthWithoutEscSequences(line))
		}
		return most
	}
	if got := widest("COLUMNS="); got > 100 || got <= 80 {
		t.Errorf("it takes %d columns", got)
	}
	if got := widest("COLUMNS=80"); got > 80 {
		t.Errorf("with COLUMNS=80 it takes %d columns", got)
	}
}
