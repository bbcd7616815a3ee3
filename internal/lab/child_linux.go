package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"ipcbench/internal/program"
)

// A Child is what a process is started with, and all that it starts in turn.
type Child struct {
	Policy   string `json:"policy,omitempty"`   // "fifo", one of the policies; "": as this process
	Priority int    `json:"priority,omitempty"` // of fifo and rr: 1 to 99
	// Nice is from -20 to 19; 0: as this process. With kernel.sched_autogroup_enabled it
	// counts only among the processes of one session; see sched(7).
	Nice int `json:"nice,omitempty"`
	// Speculation is what the processor may do ahead of time, by its name:
	// "store-bypass": "disable".
	Speculation map[string]string `json:"speculation,omitempty"`
	Groups      []string          `json:"groups,omitempty"` // directories of control groups to be in
}

// policies are those of sched(7) that a process can be started with, and the
// priorities that each takes.
var policies = []struct {
	name      string
	policy    uint32
	low, high int
}{
	{"other", unix.SCHED_NORMAL, 0, 0},
	{"batch", unix.SCHED_BATCH, 0, 0},
	{"idle", unix.SCHED_IDLE, 0, 0},
	{"fifo", unix.SCHED_FIFO, 1, 99},
	{"rr", unix.SCHED_RR, 1, 99},
}

// speculations and choices are what PR_SET_SPECULATION_CTRL(2const) is called with.
// What it calls disable-noexec would end as the program is executed.
var (
	speculations = map[string]uintptr{
		"store-bypass": unix.PR_SPEC_STORE_BYPASS, "indirect-branch": unix.PR_SPEC_INDIRECT_BRANCH, "l1d-flush": unix.PR_SPEC_L1D_FLUSH,
	}
	choices = map[string]uintptr{
		"enable": unix.PR_SPEC_ENABLE, "disable": unix.PR_SPEC_DISABLE, "force-disable": unix.PR_SPEC_FORCE_DISABLE,
	}
)

// Missing is why a process cannot be started so, with the remedy, or nil. One is,
// without the groups, which are not there yet, and ends at once.
func (c Child) Missing() error {
	if err := c.fits(); err != nil {
		return err
	}
	c.Groups = nil
	var said strings.Builder
	try := launcher(context.Background(), order{Child: &c, Try: true})
	try.Stderr = &said
	if err := Run(try); err != nil {
		if text := strings.TrimPrefix(strings.TrimSpace(said.String()), program.Name+": "); text != "" {
			return errors.New(text)
		}
		return fmt.Errorf("start a process with %s: %w", strings.Join(c.Steps(), ", "), err)
	}
	return nil
}

// Steps is what the process does before it executes the program, in words.
func (c Child) Steps() []string {
	var steps []string
	for _, dir := range c.Groups {
		steps = append(steps, "join the control group "+dir)
	}
	for _, name := range c.speculations() {
		steps = append(steps, fmt.Sprintf("%s speculation (%s) of the processor", c.Speculation[name], name))
	}
	if c.Nice != 0 {
		steps = append(steps, fmt.Sprintf("have the nice value %d", c.Nice))
	}
	if c.Policy != "" {
		steps = append(steps, strings.TrimSuffix(fmt.Sprintf("be scheduled by the policy %s, priority %d", c.Policy, c.Priority), ", priority 0"))
	}
	return steps
}

// Command is a command that runs a program, given by its path, so. It is to be started
// by [Run], and is killed with this process.
func (c Child) Command(ctx context.Context, path string, args ...string) *exec.Cmd {
	return launcher(ctx, order{Child: &c, Program: append([]string{path}, args...)})
}

// launcher is this binary, which becomes the program once it has set everything: what
// is set of a thread is inherited by what it executes and starts.
func launcher(ctx context.Context, o order) *exec.Cmd {
	o.Parent = os.Getpid()
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), o.String())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// become does what Steps says, and then executes the program.
func (c Child) become(o order) error {
	runtime.LockOSThread()
	if err := c.apply(); err != nil {
		return err
	}
	if o.Try {
		os.Exit(0)
	}
	// The signal is of a thread, and this need not be the first one.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("end with the parent: prctl: %w", err)
	}
	if os.Getppid() != o.Parent {
		return errors.New("the process that started this one has ended")
	}
	if err := syscall.Exec(o.Program[0], o.Program, os.Environ()); err != nil {
		return fmt.Errorf("execute %s: %w", o.Program[0], err)
	}
	return nil
}

// apply sets everything for this thread. The policy comes last: what is idle may wait
// for long.
func (c Child) apply() error {
	for _, dir := range c.Groups {
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte("0"), 0); err != nil {
			return fmt.Errorf("join the control group %s: %w%s", dir, cause(err), remedyOf(err))
		}
	}
	for _, name := range c.speculations() {
		if err := speculate(name, c.Speculation[name]); err != nil {
			return err
		}
	}
	if c.Nice != 0 {
		if err := unix.Setpriority(unix.PRIO_PROCESS, 0, c.Nice); err != nil {
			return fmt.Errorf("nice value %d: %w: be root, or raise the limit (ulimit -e)", c.Nice, err)
		}
	}
	return c.schedule()
}

func (c Child) schedule() error {
	for _, p := range policies {
		if p.name != c.Policy {
			continue
		}
		attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: p.policy, Priority: uint32(c.Priority), Nice: int32(c.Nice)}
		if c.Nice == 0 { // as it was
			if now, err := unix.SchedGetAttr(0, 0); err == nil {
				attr.Nice = now.Nice
			}
		}
		if err := unix.SchedSetAttr(0, &attr, 0); err != nil {
			return fmt.Errorf("policy %s, priority %d: sched_setattr: %w: be root, raise the limit (ulimit -r), or leave the control group without real-time budget", c.Policy, c.Priority, err)
		}
	}
	return nil
}

// speculate sets one, and asks for it: where the kernel chose for all processes it
// says so.
func speculate(name, choice string) error {
	const advice = "this kernel decides it for all processes, by its command line: see /sys/devices/system/cpu/vulnerabilities"
	if err := unix.Prctl(unix.PR_SET_SPECULATION_CTRL, speculations[name], choices[choice], 0, 0); err != nil {
		return fmt.Errorf("%s speculation (%s): prctl: %w: %s", choice, name, err, advice)
	}
	got, err := unix.PrctlRetInt(unix.PR_GET_SPECULATION_CTRL, speculations[name], 0, 0, 0)
	if err == nil && uintptr(got) != unix.PR_SPEC_PRCTL|choices[choice] {
		err = fmt.Errorf("it reads back as %#x", got)
	}
	if err != nil {
		return fmt.Errorf("%s speculation (%s): %w: %s", choice, name, err, advice)
	}
	return nil
}

func (c Child) speculations() []string {
	var names []string
	for name := range c.Speculation {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// fits says whether the words and numbers mean something.
func (c Child) fits() error {
	for name, choice := range c.Speculation {
		if _, known := speculations[name]; !known {
			return fmt.Errorf("speculation %q: choose among %s", name, names(speculations))
		}
		if _, known := choices[choice]; !known {
			return fmt.Errorf("speculation %s: %q: choose among %s", name, choice, names(choices))
		}
	}
	if c.Nice < -20 || c.Nice > 19 {
		return fmt.Errorf("nice value %d: give one from -20 to 19", c.Nice)
	}
	var all []string
	for _, p := range policies {
		if p.name != c.Policy {
			all = append(all, p.name)
			continue
		}
		if c.Priority < p.low || c.Priority > p.high {
			return fmt.Errorf("policy %s: a priority of %d: give one from %d to %d", c.Policy, c.Priority, p.low, p.high)
		}
		return nil
	}
	switch {
	case c.Policy != "":
		return fmt.Errorf("policy %q: choose among %s", c.Policy, strings.Join(all, ", "))
	case c.Priority != 0:
		return fmt.Errorf("priority %d: give the policy too, fifo or rr", c.Priority)
	}
	return nil
}

func names(table map[string]uintptr) string {
	var all []string
	for name := range table {
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
