package lab

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// A superblock is a filesystem that is being configured (fsopen(2)): the kernel says
// which option it does not take, and nothing is mounted or written before create.
type superblock struct {
	fd         int
	name       string
	attributes int // of the mount
}

// configure hands the options to the kernel, those that are of the mount left out.
func configure(name string, options []string) (*superblock, error) {
	fd, err := unix.Fsopen(name, unix.FSOPEN_CLOEXEC)
	switch {
	case errors.Is(err, unix.ENODEV):
		return nil, fmt.Errorf("filesystem %s: this kernel has none (%w): load its module or use a kernel with it, as Debian's linux-image-amd64", name, err)
	case errors.Is(err, unix.EPERM):
		return nil, fmt.Errorf("filesystem %s: %w: be root (CAP_SYS_ADMIN)", name, err)
	case errors.Is(err, unix.ENOSYS):
		return nil, fmt.Errorf("filesystem %s: fsopen: %w: use Linux 5.8 or later, and a sandbox (seccomp) that allows it", name, err)
	case err != nil:
		return nil, fmt.Errorf("filesystem %s: fsopen: %w", name, err)
	}
	s := &superblock{fd: fd, name: name}
	for _, option := range options {
		if err := s.option(option); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

func (s *superblock) option(option string) error {
	if attribute, ofMount := attributes[option]; ofMount {
		s.attributes |= attribute
		return nil
	}
	key, value, hasValue := strings.Cut(option, "=")
	var err error
	if hasValue {
		err = unix.FsconfigSetString(s.fd, key, value)
	} else {
		err = unix.FsconfigSetFlag(s.fd, key)
	}
	if err != nil {
		return fmt.Errorf("filesystem %s: option %q: %w%s: correct it, or use a kernel that has it", s.name, option, err, s.said())
	}
	return nil
}

// mount creates the superblock and mounts it on the directory at.
func (s *superblock) mount(at string) error {
	if err := unix.FsconfigCreate(s.fd); err != nil {
		return fmt.Errorf("filesystem %s: mount: %w%s (the kernel's log may say more: dmesg)", s.name, err, s.said())
	}
	fd, err := unix.Fsmount(s.fd, unix.FSMOUNT_CLOEXEC, s.attributes)
	if err != nil {
		return fmt.Errorf("filesystem %s: mount: %w%s", s.name, err, s.said())
	}
	defer unix.Close(fd)
	if err := unix.MoveMount(fd, "", unix.AT_FDCWD, at, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("filesystem %s: mount on %s: %w", s.name, at, err)
	}
	return nil
}

// said is what the kernel has to say about an error: lines that begin with a letter
// for what they are, "e ext4: Unknown parameter 'x'".
func (s *superblock) said() string {
	var said strings.Builder
	line := make([]byte, 1024)
	for {
		n, err := unix.Read(s.fd, line)
		if err != nil || n <= 0 {
			return said.String()
		}
		if text, isError := strings.CutPrefix(strings.TrimSpace(string(line[:n])), "e "); isError {
			said.WriteString(": " + text)
		}
	}
}

func (s *superblock) Close() error { return os.NewSyscallError("close", unix.Close(s.fd)) }
