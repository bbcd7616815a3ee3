package experiment

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"ipcbench/internal/lab"
	"ipcbench/internal/program"
	"ipcbench/internal/vm"
	"ipcbench/results"
)

// turn makes a variant, measures it by a run of this program and puts everything back.
func (c *Carrier) turn(ctx context.Context, t Turn) (err error) {
	if t.Setup != "" && !c.setUp[t.Name] {
		c.setUp[t.Name] = true
		if err := shell(ctx, "setup", t.Setup); err != nil {
			return err
		}
	}
	if at := filepath.Join(c.dir, t.RunName()); isThere(at) {
		return fmt.Errorf("%s is there already, of a turn that was cut short: remove it", at)
	}
	words := slices.Concat(c.Run, t.Variant.Run, []string{
		"--quiet", "--label", results.VariantLabel + "=" + t.Name, "--label", fmt.Sprintf("%s=%d", results.RoundLabel, t.Round), "--name", t.RunName(),
	})
	if t.Kernel.isSet() {
		return c.boot(ctx, t, words)
	}
	defer func() { err = errors.Join(err, c.journal.Restore()) }()
	knobs, err := t.knobs()
	if err == nil {
		err = c.journal.Set(knobs...)
	}
	if err != nil {
		return err
	}
	where, unmount, err := c.place(ctx, t.Variant)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unmount()) }()
	return t.between(ctx, func() error {
		return c.run(ctx, t.Variant, slices.Concat([]string{"run"}, words, where, []string{"--out", c.dir}))
	})
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// between runs a function with the variant's commands before and after it.
func (v Variant) between(ctx context.Context, measure func() error) error {
	if v.Prepare != "" {
		if err := shell(ctx, "prepare", v.Prepare); err != nil {
			return err
		}
	}
	err := measure()
	if v.Cleanup != "" {
		err = errors.Join(err, shell(context.WithoutCancel(ctx), "cleanup", v.Cleanup))
	}
	return err
}

// boot measures in a machine that is booted for it.
func (c *Carrier) boot(ctx context.Context, t Turn, words []string) error {
	m, err := t.Kernel.machine()
	if err != nil {
		return err
	}
	return t.between(ctx, func() error { return vm.Boot(ctx, m, words, c.dir) })
}

// place makes the filesystem of a variant, and returns the words that have a run
// measure there, and what it should say of it.
func (c *Carrier) place(ctx context.Context, v Variant) (words []string, unmount func() error, err error) {
	nothing := func() error { return nil }
	switch {
	case v.Filesystem == "" && v.Dir == "":
		return nil, nothing, nil
	case v.Filesystem == "":
		return []string{"--dir", v.Dir}, nothing, nil
	}
	f, err := v.filesystem(c.Destroy)
	if err != nil {
		return nil, nothing, err
	}
	mounted, err := f.Mount(ctx, c.at)
	if err != nil {
		return nil, nothing, err
	}
	words = []string{"--dir", c.at}
	facts := f.Facts()
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		if facts[name] != "" {
			words = append(words, "--label", name+"="+strings.ReplaceAll(facts[name], ";", ","))
		}
	}
	return words, mounted.Close, nil
}

// run runs this program once more, to its end, as the variant has it.
func (c *Carrier) run(ctx context.Context, v Variant, words []string) error {
	child, group, err := v.child()
	if err != nil {
		return err
	}
	if group != (lab.Cgroup{}) {
		if child.Groups, err = c.journal.Group(group); err != nil {
			return err
		}
	}
	return carriedOut(child.Command(ctx, "/proc/self/exe", words...), program.Typed("run"))
}

// shellTime is how long a command of a variant may take.
const shellTime = 10 * time.Minute

func shell(ctx context.Context, what, command string) error {
	ctx, cancel := context.WithTimeout(ctx, shellTime)
	defer cancel()
	return carriedOut(exec.CommandContext(ctx, "/bin/sh", "-c", command), what)
}

// grace is how long what is told to end may still take.
const grace = 20 * time.Second

// carriedOut runs a command, which is interrupted as a user would do it. Its error has
// the last line of what that said.
func carriedOut(cmd *exec.Cmd, what string) error {
	var said strings.Builder
	cmd.Stderr = &said
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = grace
	err := lab.Run(cmd)
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return fmt.Errorf("%s: %w: %s", what, err, strings.TrimPrefix(last, program.Name+": "))
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Missing is why a variant cannot be made here, with the remedy, by its name. Nothing
// is touched.
func (c *Carrier) Missing() map[string]error {
	missing := map[string]error{}
	for _, v := range c.Variants {
		if err := v.missing(c.Destroy); err != nil {
			missing[v.Name] = err
		}
	}
	return missing
}

func (v Variant) missing(destroy bool) error {
	if err := v.Boot.isRunning(); err != nil {
		return err
	}
	if v.Filesystem != "" {
		f, err := v.filesystem(destroy)
		if err == nil {
			err = f.Missing()
		}
		if err != nil {
			return err
		}
	}
	if v.Dir != "" {
		if info, err := os.Stat(v.Dir); err != nil || !info.IsDir() {
			return fmt.Errorf("dir = %q is no directory here", v.Dir)
		}
	}
	if v.Kernel.isSet() {
		m, err := v.Kernel.machine()
		if err != nil {
			return err
		}
		return m.Missing()
	}
	knobs, err := v.knobs()
	if err != nil {
		return err
	}
	for _, k := range knobs {
		if err := k.Missing(); err != nil {
			return err
		}
	}
	child, group, err := v.child()
	if err == nil {
		err = child.Missing()
	}
	if err == nil && group != (lab.Cgroup{}) {
		err = group.Missing()
	}
	return err
}
