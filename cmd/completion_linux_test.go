package cmd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// What a flag takes that is no file must not be completed to one: the directive, which
// is the last line, would leave it to the shell.
func TestOnlyWhatTakesFilesOffersThem(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, command := range Commands().Commands() {
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			placeholder, _ := pflag.UnquoteUsage(flag)
			if placeholder == "" || placeholder == "file" {
				return
			}
			var stdout, stderr strings.Builder
			status := run(context.Background(), []string{"__complete", command.Name(), "--" + flag.Name, ""}, &stdout, &stderr, environment())
			if status != 0 || strings.HasSuffix("\n"+stdout.String(), "\n:0\n") {
				t.Errorf("%s --%s %s: files are offered, or status %d: %q", command.Name(), flag.Name, placeholder, status, stdout.String())
			}
		})
	}
}

// TestBashCompletesWords types into a bash, which breaks words at colons, at = and at @.
func TestBashCompletesWords(t *testing.T) {
	const library = "/usr/share/bash-completion/bash_completion"
	if _, err := os.Stat(library); err != nil {
		t.Skip("no bash-completion here: apt-get install bash-completion")
	}
	bin, work := t.TempDir(), t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "ipcbench")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "one-file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	// Ctrl-G tells what stands in the line.
	startup := filepath.Join(work, "startup")
	if err := os.WriteFile(startup, []byte(`
		source `+library+`
		source <(ipcbench completion bash)
		bind -x '"\C-g": echo "LINE<$READLINE_LINE>"'
		PS1='typed: '
		echo READY`), 0o644); err != nil {
		t.Fatal(err)
	}
	person, terminal := openTerminal(t, 200)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	bash := exec.CommandContext(ctx, "bash", "--noprofile", "--rcfile", startup, "-i")
	bash.Dir = work
	bash.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "TERM=dumb", "HOME=" + work, commandEnv + "=1"}
	bash.Stdin, bash.Stdout, bash.Stderr = terminal, terminal, terminal
	bash.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := bash.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); bash.Wait() }()

	var seen strings.Builder
	read := func(want *regexp.Regexp) string {
		for {
			if found := want.FindStringSubmatch(seen.String()); found != nil {
				seen.Reset()
				return found[len(found)-1]
			}
			buffer := make([]byte, 4096)
			n, err := person.Read(buffer)
			if err != nil || ctx.Err() != nil {
				t.Fatalf("bash has said %q and then nothing: %v", seen.String(), err)
			}
			seen.Write(buffer[:n])
		}
	}
	context.AfterFunc(ctx, func() { terminal.Close() }) // with which the reading ends
	read(regexp.MustCompile(`READY`))
	for typed, want := range map[string]string{
		"run mma":                        "run mmap ",
		"run mmap:wa":                    "run mmap:wait=",
		"run mmap:wait=fu":               "run mmap:wait=futex ",
		"run mmap:wait=futex,sy":         "run mmap:wait=futex,sync=",
		"run -w latency,thr":             "run -w latency,throughput ",
		"run --workload=latency,thr":     "run --workload=latency,throughput ",
		"run -s @one":                    "run -s @one-file",
		"run --export-csv=one":           "run --export-csv=one-file ",
		"run --seed one":                 "run --seed one", // which is no number, and a file
		"report --like-for-like=ma":      "report --like-for-like=markdown ",
		"compare --metric rtt_p50_ns,ms": "compare --metric rtt_p50_ns,msgs_per_s ",
	} {
		fmt.Fprintf(person, "ipcbench %s\t\x07", typed)
		if got := read(regexp.MustCompile(`LINE<([^>]*)>\r?\n`)); got != "ipcbench "+want {
			t.Errorf("%q and TAB: %q, want %q", typed, got, "ipcbench "+want)
		}
		fmt.Fprint(person, "\x15") // Ctrl-U takes the line away
	}
}
