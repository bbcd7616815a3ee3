package transports

import (
	"errors"

	"golang.org/x/sys/unix"
)

// limitRemedy says what to do about an error that means a limit was met, or
// returns otherwise.
func limitRemedy(err error, otherwise string) string {
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

// fileRemedy says what to do about an error of making a file.
func fileRemedy(err error) string {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return "free some space or choose another --dir"
	}
	return limitRemedy(err, "choose another --dir")
}

// kernelRemedy says what to do about an error of making what has no place in a
// directory: a memfd, a pipe, a socket.
func kernelRemedy(err error) string {
	return limitRemedy(err, "use a kernel that has it, and a sandbox (seccomp) that allows it")
}

func readerRemedy(err error) string {
	if errors.Is(err, unix.ENOENT) {
		return "mount /proc"
	}
	return fileRemedy(err)
}

func mappingRemedy(err error) string {
	if err == unix.ENOMEM {
		return "free some memory, raise the limit of address space (ulimit -v) or vm.max_map_count"
	}
	return "use a filesystem whose files can be mapped shared"
}
