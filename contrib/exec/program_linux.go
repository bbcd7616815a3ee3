package exec

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"ipcbench/bench/workload"
	"ipcbench/transports"
)

// version is that of the lines. A program that needs another says so and ends.
const version = 1

// A program is one end: a process that is talked to by lines.
type program struct {
	name   string
	cmd    *osexec.Cmd
	to     *os.File
	out    *os.File
	from   *bufio.Scanner // lines of out
	words  lastLine
	exited error // how it ended, once it has
	ended  bool
}

// start starts a program. It runs where this process may, and not longer than it.
func start(command []string) (*program, error) {
	p := &program{name: filepath.Base(command[0]), cmd: osexec.Command(command[0], command[1:]...)}
	theirs, to, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("exec: start %s: %w", p.name, err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("exec: start %s: %w", p.name, err), theirs.Close(), to.Close())
	}
	defer theirs.Close()
	defer theirOut.Close()
	p.to, p.out, p.from = to, out, bufio.NewScanner(out)
	p.from.Buffer(nil, longestLine)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = theirs, theirOut, io.MultiWriter(os.Stderr, &p.words)
	p.cmd.Env = withoutOurs(os.Environ())
	p.cmd.WaitDelay = time.Second // for what it has started and left, which may hold its standard error open
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread() // and never free again: the signal comes when the thread that starts it ends
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("exec: start %s: %w", p.name, err), to.Close(), out.Close())
	}
	return p, nil
}

// longestLine is what a line of a program has at most, in bytes.
const longestLine = 4096

// withoutOurs leaves out what makes this binary a worker: the program may be of it.
func withoutOurs(env []string) []string {
	var kept []string
	for _, variable := range env {
		if !strings.HasPrefix(variable, "IPCBENCH_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// Pid is the program's process.
func (p *program) Pid() int { return p.cmd.Process.Pid }

func (p *program) open(s transports.Spec, side transports.Side, dir string) error {
	p.say("ipcbench %d", version)
	p.say("side %s", side)
	p.say("size %d", s.Size)
	p.say("dir %s", dir)
	p.say("wait %s", s.Option("wait"))
	p.say("open")
	return p.expect("ready")
}

// WarmUp has it begin.
func (p *program) WarmUp(o workload.Order) (w workload.Warm, err error) {
	p.say("workload %s", o.Workload)
	p.say("warmup %d %d", o.Warmup.Time.Nanoseconds(), max(1, o.Warmup.Messages))
	if o.Messages > 0 {
		p.say("messages %d", o.Messages)
	} else {
		p.say("time %d", o.Time.Nanoseconds())
	}
	if o.Full {
		p.say("verify full")
	} else {
		p.say("verify ends")
	}
	if o.Key != 0 {
		p.say("key %d", o.Key)
	}
	p.say("go")
	return w, p.expect("warm", &w.Messages, &w.NS, &w.ClockNS, &w.StampNS)
}

// Measure has it measure.
func (p *program) Measure(every int64) error {
	p.say("measure %d", every)
	return p.expect("done")
}

// Account asks what it has found out.
func (p *program) Account() (a workload.Account, err error) {
	p.say("report")
	a.Times, a.Batches = map[int64]int64{}, map[int64]int64{}
	for range mostLines {
		line, err := p.hear("end")
		if err != nil {
			return a, err
		}
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "end":
			return a, nil
		case "sent":
			err = p.read(line, rest, &a.Sent)
		case "received":
			err = p.read(line, rest, &a.Received)
		case "began":
			err = p.read(line, rest, &a.Began)
		case "ended":
			err = p.read(line, rest, &a.Ended)
		case "digest":
			err = p.read(line, rest, &a.Digest)
		case "rtt":
			err = p.count(line, rest, a.Times)
		case "batch":
			err = p.count(line, rest, a.Batches)
		default:
			err = p.unexpected(line, "a line of its report, or end")
		}
		if err != nil {
			return a, err
		}
	}
	return a, p.failed(fmt.Sprintf("its report has more than %d lines", mostLines))
}

// mostLines is of a report: distinct times, rounded as README.md says.
const mostLines = 1 << 20

func (p *program) count(line, rest string, times map[int64]int64) error {
	var ns, n int64
	if err := p.read(line, rest, &ns, &n); err != nil {
		return err
	}
	times[ns] += n
	return nil
}

// say writes a line. A program that does not read it has ended, which is heard next.
func (p *program) say(format string, values ...any) { fmt.Fprintf(p.to, format+"\n", values...) }

// hear returns the next line, which should be of that word.
func (p *program) hear(word string) (string, error) {
	if !p.from.Scan() {
		if err := p.from.Err(); err != nil {
			return "", p.failed(fmt.Sprintf("where %q was due: %v", word, err))
		}
		return "", p.death(word)
	}
	return p.from.Text(), nil
}

// expect hears a line of that word with those numbers.
func (p *program) expect(word string, numbers ...any) error {
	line, err := p.hear(word)
	if err != nil {
		return err
	}
	said, rest, _ := strings.Cut(line, " ")
	if said != word {
		return p.unexpected(line, word)
	}
	return p.read(line, rest, numbers...)
}

func (p *program) read(line, rest string, numbers ...any) error {
	n, err := fmt.Sscan(rest, numbers...)
	if len(numbers) == 0 && strings.TrimSpace(rest) == "" {
		return nil
	}
	if err != nil || n != len(numbers) || len(strings.Fields(rest)) != n {
		return p.unexpected(line, fmt.Sprintf("the word and %d numbers", len(numbers)))
	}
	return nil
}

func (p *program) unexpected(line, due string) error {
	if len(line) > 80 {
		line = line[:80] + "..."
	}
	return p.failed(fmt.Sprintf("it says %q where %s was due", line, due))
}

// failed is that it broke the rules, and ends it.
func (p *program) failed(how string) error {
	p.cmd.Process.Kill()
	p.wait()
	return fmt.Errorf("%s: %s", p.name, how)
}

// death is that it ended where it should not have.
func (p *program) death(word string) error {
	p.wait()
	var exit *osexec.ExitError
	errors.As(p.exited, &exit)
	how := "it hung up"
	switch words := p.words.String(); {
	case exit != nil && exit.ExitCode() == peerGone:
		return fmt.Errorf("%s: %w: %s", p.name, io.ErrUnexpectedEOF, words)
	case words != "" && exit != nil:
		how = fmt.Sprintf("it ended (%v) where %q was due: %s", exit, word, words)
	case exit != nil:
		how = fmt.Sprintf("it ended (%v) where %q was due", exit, word)
	default:
		how = fmt.Sprintf("it ended where %q was due", word)
	}
	return fmt.Errorf("%s: %s", p.name, how)
}

// peerGone is the status that a program ends with where the other is gone, which
// knows more about why.
const peerGone = 3

func (p *program) wait() {
	if !p.ended {
		p.ended = true
		p.to.Close()
		p.exited = p.cmd.Wait()
		p.out.Close()
	}
}

// Close waits until it has ended, as it does after its report, or where its standard
// input does.
func (p *program) Close() error {
	if p.ended {
		return nil
	}
	if p.wait(); p.exited != nil {
		return fmt.Errorf("%s: after all was said: %v: %s", p.name, p.exited, p.words.String())
	}
	return nil
}

// errOwnLoop is of an end that is used as if it were this process's.
var errOwnLoop = errors.New("exec: the programs exchange messages themselves")

// Send is refused.
func (p *program) Send([]byte) error { return errOwnLoop }

// Recv is refused.
func (p *program) Recv([]byte) (int, error) { return 0, errOwnLoop }
