package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// role is what tells a process of this program that it is a keeper: of a program, or of a
// server that was embedded by that name.
const (
	role    = "IPCBENCH_SERVER"
	program = "program"
)

// patience is how long a server may take until it serves: one on a busy machine that
// begins with a virtual machine of its own takes its time.
const patience = 2 * time.Minute

type order struct {
	Plan   Plan
	Secret string
}

type answer struct {
	Place Place
	Error string
}

// A question is whether anybody holds the link: the driver has it as it closes that. It is
// answered where somebody does; otherwise the keeper ends.
type (
	question struct{}
	held     struct{}
)

// A keeper is such a process before anything else of the program begins: what it does takes
// place on the first thread, with which the server would die (PR_SET_PDEATHSIG).
func init() {
	if os.Getenv(role) == program {
		keep(nil)
	}
}

// Embed makes known a server that is a library, which is run in a keeper. serve is told the
// server's directory and goes on as long as there is something to serve. Embed is called by
// an init function.
func Embed(name string, serve func(dir string) error) {
	if os.Getenv(role) == name {
		keep(serve)
	}
}

type keeper struct {
	talk, holders *os.File
	order
	run, data string
	asks      chan struct{} // the driver asks whether the link is held
	driver    chan struct{} // is closed when there is no driver any more
	unheld    chan struct{} // when nobody holds the link
	failed    chan error    // the server has ended
	child     int           // 0: it is embedded
}

// keep does all that a keeper does and does not return.
func keep(serve func(string) error) {
	os.Unsetenv(role)
	unix.CloseOnExec(3)
	unix.CloseOnExec(4)
	k := keeper{
		talk: os.NewFile(3, "driver"), holders: os.NewFile(4, "holders"),
		asks: make(chan struct{}), driver: make(chan struct{}), unheld: make(chan struct{}), failed: make(chan error, 1),
	}
	in := json.NewDecoder(k.talk)
	if in.Decode(&k.order) != nil {
		os.Exit(1) // it was killed
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, unix.SIGTERM) // whoever finds it an orphan asks before it kills
	go func() { <-asked; k.end(); os.Exit(0) }()
	go k.listen(in)
	go func() { io.Copy(io.Discard, k.holders); close(k.unheld) }()
	var said answer
	if err := k.start(serve); err != nil {
		said.Error = err.Error()
	} else {
		said.Place, err = k.await()
		if err != nil {
			said.Error = err.Error() + k.lastWords()
		}
	}
	if said.Error != "" {
		k.end() // nothing is left when the driver hears of it
	}
	if json.NewEncoder(k.talk).Encode(said) == nil && said.Error == "" {
		k.wait()
	}
	k.end()
	os.Exit(0)
}

// listen hears the driver out, whose every word is the question.
func (k *keeper) listen(in *json.Decoder) {
	defer close(k.driver)
	for word := new(question); in.Decode(word) == nil; {
		k.asks <- struct{}{}
	}
}

// wait waits until nobody holds the link, or the server has ended.
func (k *keeper) wait() {
	for {
		select {
		case <-k.unheld:
			return
		case <-k.failed:
			return
		case <-k.asks:
			if !k.isHeld() {
				return
			}
			json.NewEncoder(k.talk).Encode(held{})
		}
	}
}

// isHeld says whether somebody holds the link: what the driver had of it is closed before it
// asks.
func (k *keeper) isHeld() bool {
	ends := []unix.PollFd{{Fd: int32(k.holders.Fd())}}
	n, err := unix.Poll(ends, 0)
	return err != nil || n == 0
}

// start makes the directories and starts the server.
func (k *keeper) start(serve func(string) error) (err error) {
	unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) // whatever comes of the server is this process's
	allowFiles()
	if k.run, err = os.MkdirTemp("", "ipcbench-"); err != nil {
		return err
	}
	if k.data = k.run; k.Plan.DataIn != "" {
		if k.data, err = os.MkdirTemp(k.Plan.DataIn, "ipcbench-"); err != nil {
			return err
		}
	}
	fill := strings.NewReplacer("{run}", k.run, "{data}", k.data, "{secret}", k.Secret).Replace
	for name, text := range k.Plan.Files {
		if err := os.WriteFile(filepath.Join(k.run, name), []byte(fill(text)), 0o600); err != nil {
			return err
		}
	}
	k.Plan.Address = fill(k.Plan.Address)
	if serve != nil {
		go func() { k.failed <- serve(k.run) }()
		return nil
	}
	args, env := []string{k.Plan.Program}, os.Environ()
	for _, arg := range k.Plan.Args {
		args = append(args, fill(arg))
	}
	for _, e := range k.Plan.Env {
		env = append(env, fill(e))
	}
	log, err := os.Create(k.log())
	if err != nil {
		return err
	}
	defer log.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	k.child, err = syscall.ForkExec(k.Plan.Program, args, &syscall.ProcAttr{
		Dir: k.run, Env: env, Files: []uintptr{null.Fd(), log.Fd(), log.Fd()},
		Sys: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return fmt.Errorf("%s: %w", k.Plan.Program, err)
	}
	go k.reap()
	return nil
}

// manyFiles is as many descriptors as a server may have: some make a table of all that
// they could.
const manyFiles = 4096

// allowFiles undoes what the driver's user, or a test, may have set low.
func allowFiles() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = min(manyFiles, limit.Max)
		syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
}

// reap waits for every child, of which all but one are orphans.
func (k *keeper) reap() {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return
		case pid == k.child:
			k.failed <- fmt.Errorf("%s ended: exit status %d", k.Plan.Program, status.ExitStatus())
		}
	}
}

// await waits until the server serves.
func (k *keeper) await() (Place, error) {
	p := Place{Address: k.Plan.Address}
	for pause, end := time.Millisecond, time.Now().Add(patience); time.Now().Before(end); pause = min(2*pause, 50*time.Millisecond) {
		served := false
		if k.Plan.Tells != "" {
			p.Told, served = k.told()
		} else {
			served = answers(k.Plan.Address)
		}
		if served {
			if p.Pids = []int{os.Getpid()}; k.child != 0 {
				p.Pids = descendants(os.Getpid())
			}
			return p, nil
		}
		select {
		case err := <-k.failed:
			return p, err
		case <-k.driver:
			return p, errors.New("nobody waits for it")
		case <-time.After(pause):
		}
	}
	return p, fmt.Errorf("it does not serve within %v", patience)
}

// told is what is in the file in which the server tells that it serves.
func (k *keeper) told() (string, bool) {
	names, _ := filepath.Glob(filepath.Join(k.run, k.Plan.Tells))
	if len(names) == 0 {
		return "", false
	}
	text, err := os.ReadFile(names[0])
	return string(text), err == nil && strings.HasSuffix(strings.TrimSpace(string(text)), "}")
}

// answers says whether somebody listens at the address.
func answers(address string) bool {
	network := "tcp"
	if filepath.IsAbs(address) {
		network = "unix"
	}
	conn, err := net.Dial(network, address)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

func (k *keeper) log() string { return filepath.Join(k.run, "log") }

// lastWords is the end of what the server wrote.
func (k *keeper) lastWords() string {
	text, _ := os.ReadFile(k.log())
	words := strings.Join(strings.Fields(string(text[max(0, len(text)-400):])), " ")
	if words == "" {
		return ""
	}
	return ": " + words
}

// end ends the server with all that came of it, and removes its directories.
func (k *keeper) end() {
	if k.child != 0 {
		unix.Kill(-k.child, unix.SIGKILL) // the group, where the kernel tells of no children
	}
	for all := descendants(os.Getpid()); len(all) > 0; all = descendants(os.Getpid()) {
		for _, pid := range all {
			unix.Kill(pid, unix.SIGKILL)
		}
		time.Sleep(100 * time.Microsecond)
	}
	for _, dir := range []string{k.run, k.data} {
		if dir != "" {
			os.RemoveAll(dir)
		}
	}
}

// descendants are the processes that come of one, see proc_pid_task_tid_children(5).
func descendants(pid int) []int {
	var all []int
	tables, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, table := range tables {
		text, _ := os.ReadFile(table)
		for word := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				all = append(append(all, child), descendants(child)...)
			}
		}
	}
	return all
}
