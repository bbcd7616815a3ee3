package remedy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
)

// limits are the errors that say that something has run out, which may come and
// go, and what to do about each.
var limits = []struct {
	errno  unix.Errno
	remedy string
}{
	{unix.EMFILE, "raise the limit of open files (ulimit -n)"},
	{unix.ENFILE, "raise fs.file-max"},
	{unix.EFBIG, "raise the limit of file sizes (ulimit -f), which is one of files in memory too"},
	{unix.ENOMEM, "free some memory"},
	{unix.ENOBUFS, "free some memory"},
}

// Limit says what to do about an error that means a limit was met, or
// returns otherwise.
func Limit(err error, otherwise string) string {
	for _, limit := range limits {
		if errors.Is(err, limit.errno) {
			return limit.remedy
		}
	}
	return otherwise
}

// Kernel says what to do about an error of making what has no place in a
// directory: a memfd, a pipe, a socket.
func Kernel(err error) string {
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		if inSandbox() {
			return "allow it in the sandbox (seccomp) around this process"
		}
		return "allow it to this user, or in this machine's security module (AppArmor, SELinux)"
	case errors.Is(err, unix.ENOSYS) && inSandbox():
		return "use a kernel that has it, and a sandbox (seccomp) that allows it"
	}
	return Limit(err, "use a kernel that has it")
}

// Refused is the error of a probe that tried something, such as "mq: mq_open": a
// limit of the moment, or why this host has none, with what it otherwise takes.
func Refused(what string, err error, otherwise string) error {
	if limit := Limit(err, ""); limit != "" {
		return fmt.Errorf("%s: %w: %s", what, err, limit)
	}
	advice := Kernel(err)
	if !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) {
		advice = otherwise
		if errors.Is(err, unix.ENOSYS) && inSandbox() {
			advice += ", and a sandbox (seccomp) that allows it"
		}
	}
	return transports.Unsupported(fmt.Sprintf("%s: %v: %s", what, err, advice))
}

// File says what to do about an error of making a file in dir.
func File(err error, dir string) string {
	another := "choose another --dir"
	if filepath.Clean(dir) == filepath.Clean(os.TempDir()) {
		another = "choose another --dir, or set TMPDIR"
	}
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return "there is no such directory: make it, or " + another
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return "free some space or " + another
	}
	return Limit(err, another)
}

// Reader says what to do about an error of opening a file of /proc.
func Reader(err error, dir string) string {
	if errors.Is(err, unix.ENOENT) {
		return "mount /proc"
	}
	return File(err, dir)
}

// Mapping says what to do about an error of mapping memory to be shared.
func Mapping(err error) string {
	switch {
	case errors.Is(err, unix.ENOMEM):
		return "free some memory, raise the limit of address space (ulimit -v) or vm.max_map_count"
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.ENOSYS):
		return Kernel(err)
	}
	return "use a filesystem whose files can be mapped shared"
}
