package peer

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Thread is what a thread of a worker was at when it was looked at, as far as /proc
// says. See proc_pid_stat(5), proc_pid_syscall(5) and proc_pid_wchan(5).
type Thread struct {
	State   string // "R": it runs, or could; "S": asleep; "D": asleep, and no signal wakes it; ...
	CPU     int    // where it runs, or ran last
	Call    string // the system call that it is in; "": none, or it is not said
	ForUs   bool   // it waits for what the driver tells
	Channel string // the function of the kernel in which it sleeps; "": none, or it is not said
}

// endName is what the thread of a worker that exchanges messages is called, by
// which it is found among those of the Go runtime.
const endName = "ipcbench-end"

// nameThread gives the calling thread that name (PR_SET_NAME in prctl(2)). Where a
// sandbox forbids it, nothing is lost but what Doing would say.
func nameThread() {
	name := append([]byte(endName), 0)
	unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0)
}

// mostThreads is how many of a process are looked at: it has hung, and may have them
// without end. That of its messages is among its first.
const mostThreads = 64

// doing is what the worker is at: of the thread that exchanges messages, or of all
// where none does so alone, or else of the programs that it has started to do so. It
// is empty where /proc does not say.
func doing(pid int) []Thread {
	if programs := childrenOf(pid); len(programs) > 0 {
		var all []Thread
		for _, program := range programs {
			all = append(all, threadsOf(program)...)
		}
		return all
	}
	return threadsOf(pid)
}

func threadsOf(pid int) []Thread {
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	var all []Thread
	for _, task := range tasks[:min(len(tasks), mostThreads)] {
		dir := fmt.Sprintf("/proc/%d/task/%s/", pid, task.Name())
		thread, ok := threadIn(dir)
		if !ok {
			continue
		}
		if line(dir+"comm") == endName {
			return []Thread{thread}
		}
		all = append(all, thread)
	}
	return all
}

// Threads are those of the worker that exchange messages: the one that is named for it,
// or all there are.
func (w *Worker) Threads() []int {
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", w.Pid()))
	var all []int
	for _, task := range tasks {
		thread, err := strconv.Atoi(task.Name())
		if err != nil {
			continue
		}
		if line(fmt.Sprintf("/proc/%d/task/%d/comm", w.Pid(), thread)) == endName {
			return []int{thread}
		}
		all = append(all, thread)
	}
	return all
}

func threadIn(dir string) (t Thread, ok bool) {
	stat := line(dir + "stat")
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:]) // a name may have spaces
	const state, processor = 0, 36                                  // fields 3 and 39 of proc_pid_stat(5)
	if len(fields) <= processor {
		return t, false
	}
	t.State = fields[state]
	t.CPU, _ = strconv.Atoi(fields[processor])
	if t.State == "R" {
		return t, true // and what it was in is over by now
	}
	if call := strings.Fields(line(dir + "syscall")); len(call) > 1 {
		number, err := strconv.Atoi(call[0])
		if err == nil && number >= 0 {
			t.Call = callName(number)
			t.ForUs = (number == unix.SYS_READ || number == unix.SYS_RECVFROM) && call[1] == fmt.Sprintf("%#x", controlFD)
		}
	}
	if channel := line(dir + "wchan"); channel != "0" {
		t.Channel = channel
	}
	return t, true
}

func line(path string) string {
	text, _ := os.ReadFile(path)
	return strings.TrimSpace(string(text))
}

// states are what a thread was at, by its state.
var states = map[string]string{
	"R": "running", "S": "asleep", "D": "asleep and not to be woken", "I": "idle", "T": "stopped", "t": "stopped by a tracer", "Z": "dead", "X": "dead",
}

// String says it in words: "asleep in futex (futex_do_wait)".
func (t Thread) String() string {
	state, known := states[t.State]
	switch {
	case t.ForUs:
		return "waiting for the driver"
	case !known:
		state = "in state " + t.State
	case t.State == "R":
		return fmt.Sprintf("running on CPU %d", t.CPU)
	}
	if t.Call != "" {
		state += " in " + t.Call
	}
	if t.Channel != "" {
		state += " (" + t.Channel + ")"
	}
	return state
}

// Doing says what the worker was at when Kill killed it, in words: "asleep in read
// (pipe_read)". It is empty where /proc did not say.
func (e Exit) Doing() string {
	var each []string
	for _, t := range e.Threads {
		if words := t.String(); !slices.Contains(each, words) {
			each = append(each, words)
		}
	}
	return strings.Join(each, " and ")
}

// IsRunning says whether it was at work when Kill killed it.
func (e Exit) IsRunning() bool {
	return slices.ContainsFunc(e.Threads, func(t Thread) bool { return t.State == "R" })
}

// Doing is what each of those was at that were killed: "the producer was asleep in
// read (pipe_read), the consumer was running on CPU 1". Ends at the same are told of
// once.
func Doing(exits []Exit) string {
	var said []string
	for _, e := range exits {
		words := fmt.Sprintf("the %s was %s", e.Side, e.Doing())
		if len(e.Threads) > 0 && !slices.Contains(said, words) {
			said = append(said, words)
		}
	}
	return strings.Join(said, ", ")
}
