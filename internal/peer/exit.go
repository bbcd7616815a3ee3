package peer

import (
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
)

// An Exit is how a worker ended.
type Exit struct {
	Side        transports.Side
	Status      string   // "exit status 0", "signal: killed"
	OK          bool     // it exited with 0
	Signal      string   // that ended it, "SIGSEGV", also where the Go runtime caught it and gave up; "": none
	Killed      bool     // it was Kill's
	OutOfMemory bool     // it was the kernel's, for want of memory
	Forbidden   string   // the system call for which a sandbox killed it; "": none, or it is not known, see [Options.Trace]
	Threads     []Thread // what it was at when Kill killed it; none: it did not, or /proc does not say
	PeerGone    bool     // it gave up because the other end was gone
	At          time.Time
	LastWords   string // the start and the end of its standard error
}

// exitOf says how a worker of that status and those last words ended.
func exitOf(side transports.Side, status syscall.WaitStatus, words string) Exit {
	e := Exit{
		Side: side, Status: statusText(status), LastWords: words,
		OK:       status.Exited() && status.ExitStatus() == 0,
		PeerGone: status.Exited() && status.ExitStatus() == exitPeerGone,
	}
	if status.Signaled() {
		e.Signal = unix.SignalName(status.Signal())
	} else if !e.OK {
		e.Signal = e.caughtSignal()
	}
	return e
}

func statusText(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "signal: " + status.Signal().String()
	}
	return fmt.Sprintf("exit status %d", status.ExitStatus())
}

// String says in one line which end it was, how it ended, and why as far as it
// said so.
func (e Exit) String() string { return fmt.Sprintf("%s: %s", e.Side, e.Why()) }

// Error is String: it is why a pair failed, see [Cause].
func (e Exit) Error() string { return e.String() }

// IsRefused says whether a sandbox killed it for a system call that is not known,
// and would be of one that is traced.
func (e Exit) IsRefused() bool { return e.Signal == "SIGSYS" && e.Forbidden == "" }

// Why is String without the side.
func (e Exit) Why() string {
	line := e.headline()
	crashed := startsDump(line)
	switch {
	case e.Signal != "":
		return e.fate(line)
	case line == "":
		return e.Status
	case crashed:
		return e.Status + ": " + line + meaningOf(line)
	}
	return line
}

// fate is what a signal did, what is known of that signal, and the line that the
// worker left, unless that says no more than the signal's name.
func (e Exit) fate(line string) string {
	parts := []string{"killed by " + e.Signal}
	switch means := signalMeans[e.Signal]; {
	case e.OutOfMemory:
		parts = append(parts, "the kernel, or this control group, was out of memory: free some, raise the limit, or measure smaller messages")
	case e.Forbidden != "":
		parts = append(parts, "a sandbox (seccomp) forbids "+e.Forbidden)
	case means != "":
		parts = append(parts, means)
	}
	if line != "" && !strings.HasPrefix(line, e.Signal+":") {
		parts = append(parts, line)
	}
	return strings.Join(parts, ": ")
}

// signalMeans is what a signal says of its cause; see signal(7).
var signalMeans = map[string]string{
	"SIGSYS":  "a sandbox (seccomp) forbids a system call that it made",
	"SIGSEGV": "it touched memory that it has not",
	"SIGBUS":  "memory that it had mapped is gone: a file was truncated, or a filesystem or a pool of huge pages is full",
}

// dumps is how the Go runtime begins the dump of a process that it gives up, and
// what to do about it where that does not say.
var dumps = []struct{ begins, means string }{
	{"runtime: failed to create new OS thread", moreThreads},
	{"runtime/cgo: pthread_create failed", moreThreads},
	{"runtime: ", ""},
	{"panic:", ""},
	{"unexpected fault address", ""},
	{"fatal error:", ""},
	{"SIG", ""},
}

const moreThreads = ": raise the limit of processes (ulimit -u, pids.max)"

func startsDump(line string) bool {
	for _, d := range dumps {
		if strings.HasPrefix(line, d.begins) {
			return true
		}
	}
	return false
}

func meaningOf(line string) string {
	for _, d := range dumps {
		if strings.HasPrefix(line, d.begins) {
			return d.means
		}
	}
	return ""
}

// headline is the line of the last words that says most: the first of a dump,
// and otherwise the last, which is an error.
func (e Exit) headline() string {
	lines := strings.Split(strings.TrimSpace(e.LastWords), "\n")
	for _, line := range lines {
		if startsDump(line) {
			return line
		}
	}
	return lines[len(lines)-1]
}

// caught is how a dump names the signal that it is about: at its start, or below
// the fatal error that it was.
var caught = regexp.MustCompile(`(?m)^(?:\[signal )?(SIG[A-Z]+\d*): `)

// caughtSignal is the signal that the runtime gave up for. A panic of Go code, or
// of the runtime for want of something, is no signal's doing.
func (e Exit) caughtSignal() string {
	line := e.headline()
	for _, begins := range []string{"SIG", "fatal error:", "unexpected fault address"} {
		if found := caught.FindStringSubmatch(e.LastWords); found != nil && strings.HasPrefix(line, begins) {
			return found[1]
		}
	}
	return ""
}
