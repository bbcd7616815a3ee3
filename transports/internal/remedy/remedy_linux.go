package remedy

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Limit says what to do about an error that means a limit was met, or
// returns otherwise.
func Limit(err error, otherwise string) string {
	switch {
	case errors.Is(err, unix.EMFILE):
		return "raise the limit of open files (ulimit -n)"
	case errors.Is(err, unix.ENFILE):
		return "raise fs.file-max"
	case errors.Is(err, unix.EFBIG):
		return "raise the limit of file sizes (ulimit -f), which is one of files in memory too"
	case errors.Is(err, unix.ENOMEM), errors.Is(err, unix.ENOBUFS):
		return "free some memory"
	}
	return otherwise
}

// File says what to do about an error of making a file.
func File(err error) string {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return "free some space or choose another --dir"
	}
	return Limit(err, "choose another --dir")
}

// Kernel says what to do about an error of making what has no place in a
// directory: a memfd, a pipe, a socket.
func Kernel(err error) string {
	return Limit(err, "use a kernel that has it, and a sandbox (seccomp) that allows it")
}

func Reader(err error) string {
	if errors.Is(err, unix.ENOENT) {
		return "mount /proc"
	}
	return File(err)
}

func Mapping(err error) string {
	if err == unix.ENOMEM {
		return "free some memory, raise the limit of address space (ulimit -v) or vm.max_map_count"
	}
	return "use a filesystem whose files can be mapped shared"
}
