package transports

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// createUnnamed opens a new file that has no name, or, on filesystems without
// O_TMPFILE, no longer has one.
func createUnnamed(dir string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err == nil {
		return os.NewFile(uintptr(fd), "a file in "+dir), nil
	}
	if err != unix.EOPNOTSUPP && err != unix.EISDIR {
		return nil, err
	}
	f, err := os.CreateTemp(dir, ".ipcbench-*")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

// extend makes a new file size bytes long and reserves them: by fallocate, and
// where the filesystem has none (ext2, ramfs, some FUSE) by ftruncate and
// writing zeros.
func extend(f *os.File, size int) error {
	err := unix.Fallocate(int(f.Fd()), 0, 0, int64(size))
	for err == unix.EINTR {
		err = unix.Fallocate(int(f.Fd()), 0, 0, int64(size))
	}
	if err != unix.EOPNOTSUPP {
		return err
	}
	if err := f.Truncate(int64(size)); err != nil {
		return err
	}
	zeros := make([]byte, min(size, 1<<20))
	for at := 0; at < size; at += len(zeros) {
		if _, err := f.WriteAt(zeros[:min(len(zeros), size-at)], int64(at)); err != nil {
			return err
		}
	}
	return nil
}

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

// errno strips what os adds to a system call's error, because the caller says
// it better.
func errno(err error) error {
	if e := unix.Errno(0); errors.As(err, &e) {
		return e
	}
	return err
}
