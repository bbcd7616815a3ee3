package vm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/kballard/go-shellquote"
	"golang.org/x/sys/unix"
)

// Init makes this process the first one of a machine, and does not return, where it
// is that, in an image written by [Image]. It ends by powering off, whatever went wrong:
// nobody is there to be asked.
func Init() {
	if os.Getpid() != 1 {
		return
	}
	text, err := os.ReadFile("/" + planFile)
	if errors.Is(err, fs.ErrNotExist) {
		return // the first process of a container
	}
	var plan Plan
	if err == nil {
		err = json.Unmarshal(text, &plan)
	}
	if err == nil {
		err = plan.carryOut()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "ipcbench: init: %v\n", err)
	}
	drain(os.Stdout)
	unix.Sync()
	err = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	fmt.Fprintf(os.Stderr, "ipcbench: init: power off: %v\n", err)
	select {}
}

// carryOut does what the plan says.
func (p Plan) carryOut() error {
	if err := mountAll(); err != nil {
		return err
	}
	cmdline, err := os.ReadFile("/proc/cmdline")
	if err == nil {
		err = p.override(string(cmdline))
	}
	if err != nil {
		return fmt.Errorf("the kernel's command line: %w", err)
	}
	if err := raiseLoopback(); err != nil {
		return err
	}
	if err := loadModules(); err != nil {
		return err
	}
	if err := raiseNetwork(string(cmdline)); err != nil {
		return err
	}
	c, err := openChannel(p.Results)
	if err != nil {
		return fmt.Errorf("results=%s: %w", p.Results, err)
	}
	if p.Try {
		return c.send(0)
	}
	var f *follower
	if c.device != nil && !c.console { // a console is slow, and others write to it
		f = follow("/"+resultsDir, c.device)
	}
	status, err := p.command()
	f.end()
	if err != nil {
		return err
	}
	return c.send(status)
}

// mounts are what programs expect. Of those that a kernel may be without, none is
// missed.
var mounts = []struct {
	kind, at, options string
	optional          bool
}{
	{"proc", "/proc", "", false},
	{"sysfs", "/sys", "", false},
	{"devtmpfs", "/dev", "", false},
	{"tmpfs", "/dev/shm", "", false},
	{"tmpfs", "/tmp", "", false},
	{"tmpfs", "/run", "", false},
	{"mqueue", "/dev/mqueue", "", true},
	{"debugfs", "/sys/kernel/debug", "", true}, // it says how the kernel is preempted
	{"tracefs", "/sys/kernel/tracing", "", true},
	{"securityfs", "/sys/kernel/security", "", true},
}

func mountAll() error {
	for _, m := range mounts {
		os.MkdirAll(m.at, 0o755)
		if err := unix.Mount(m.kind, m.at, m.kind, 0, m.options); err != nil && !m.optional {
			return fmt.Errorf("mount %s at %s: %w", m.kind, m.at, err)
		}
	}
	// What devtmpfs leaves to udev.
	for name, target := range map[string]string{"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"} {
		os.Symlink(target, "/dev/"+name)
	}
	return os.MkdirAll("/"+resultsDir, 0o755)
}

// override takes what the kernel's command line has after "--", which is the first
// process's: the kernel allows 32 words there, and panics over more.
func (p *Plan) override(cmdline string) error {
	_, own, _ := strings.Cut(strings.TrimSpace(cmdline), " -- ")
	words, err := shellquote.Split(own)
	if err != nil {
		return fmt.Errorf("%s: %w", own, err)
	}
	if len(words) > 0 {
		if where, found := strings.CutPrefix(words[0], "results="); found {
			p.Results, words = where, words[1:]
		}
	}
	if len(words) > 0 && words[0] == "run" {
		words = words[1:]
	}
	if len(words) > 0 {
		p.Run = words
	}
	return nil
}

// raiseLoopback has the interface lo up, without which there is no 127.0.0.1; see
// netdevice(7).
func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil // a kernel without it: what needs it says so
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("raise the interface lo: %w", err)
	}
	return nil
}

// loadModules loads those of the image, in its order; see finit_module(2).
func loadModules() error {
	paths, err := filepath.Glob("/" + moduleDir + "/*")
	if err != nil {
		return err
	}
	slices.Sort(paths)
	for _, path := range paths {
		if err := loadModule(path); err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("load the module %s: %w: is it of this kernel?", filepath.Base(path), err)
		}
	}
	return nil
}

func loadModule(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	flags := 0
	if !strings.HasSuffix(path, ".ko") {
		flags = unix.MODULE_INIT_COMPRESSED_FILE
	}
	return unix.FinitModule(int(file.Fd()), "", flags)
}

// command runs "ipcbench run", which leaves its directory among the results, or the
// program, and returns how it exited. What it says goes to the console, and what a
// program says among the results as well.
func (p Plan) command() (status int, err error) {
	cmd, name := exec.Command("/init", append([]string{"run"}, p.Run...)...), "ipcbench run"
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if p.Program {
		// A machine of little memory allows few signals to be queued.
		unix.Setrlimit(unix.RLIMIT_SIGPENDING, &unix.Rlimit{Cur: 1 << 16, Max: 1 << 16})
		cmd, name = exec.Command("/"+program, p.Run...), "the program"
		said, err := os.Create(filepath.Join("/", resultsDir, Said))
		if err != nil {
			return 0, err
		}
		defer said.Close()
		both := io.MultiWriter(os.Stdout, said)
		cmd.Stdout, cmd.Stderr = both, both
	}
	cmd.Env = []string{"HOME=/", "PATH=/", "TERM=dumb", "IPCBENCH_OUT=/" + resultsDir}
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if exit.Sys().(syscall.WaitStatus).Signaled() {
			return 0, fmt.Errorf("%s: %w", name, exit)
		}
		return exit.ExitCode(), nil
	}
	return 0, err
}
