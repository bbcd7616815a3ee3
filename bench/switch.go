package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A switcher runs the command of a variant before launches of it that follow
// those of another. Nothing puts back what the last one did: the command of
// whoever knows what was before does.
type switcher struct {
	plan Plan
	at   string // the name of the variant that the machine was switched to; "": to none
}

// to switches to the variant of a cell. It returns ctx's error where that ended
// the command.
func (s *switcher) to(ctx context.Context, c Cell) error {
	command := s.plan.variant(c.Cell).Switch
	if command == "" || s.at == c.Variant {
		return nil
	}
	s.at = ""
	if err := runShell(ctx, command); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("variant %s: --switch %q: %w", c.Variant, command, err)
	}
	s.at = c.Variant
	return nil
}

// switchLimit is how long a command may take to switch.
const switchLimit = 30 * time.Second

// runShell runs a command in a process group of its own: a Ctrl-C at the
// terminal is the driver's, who ends all of the group. What the command leaves
// running in the background goes on.
func runShell(ctx context.Context, command string) error {
	words, err := newWords()
	if err != nil {
		return err
	}
	defer words.Close()
	ctx, cancel := context.WithTimeout(ctx, switchLimit)
	defer cancel()
	sh := exec.CommandContext(ctx, "sh", "-c", command)
	sh.Stdout, sh.Stderr = words, words // a file: nobody waits until all that hold it are gone
	sh.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	sh.Cancel = func() error { return unix.Kill(-sh.Process.Pid, unix.SIGKILL) }
	err = sh.Run()
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("it was ended after %v: a command that switches returns at once", switchLimit)
	}
	if last := lastLine(words); last != "" {
		return fmt.Errorf("%w: %s", err, last)
	}
	return err
}

// newWords makes a file in memory for what a command says.
func newWords() (*os.File, error) {
	fd, err := unix.MemfdCreate("ipcbench-switch", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	return os.NewFile(uintptr(fd), "what the command says"), nil
}

// mostWords is how much of what a command said last is looked at, in bytes.
const mostWords = 2048

func lastLine(said *os.File) string {
	end, err := said.Seek(0, io.SeekEnd)
	if err != nil {
		return ""
	}
	text := make([]byte, min(end, mostWords))
	n, _ := said.ReadAt(text, end-int64(len(text)))
	lines := strings.Split(strings.TrimSpace(string(text[:n])), "\n")
	return lines[len(lines)-1]
}
