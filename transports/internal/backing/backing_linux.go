package backing

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Unnamed opens a new file that has no name, or, on filesystems without
// O_TMPFILE, no longer has one.
func Unnamed(dir string) (*os.File, error) {
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

// Extend makes a new file size bytes long and reserves them: by fallocate, and
// where the filesystem has none (ext2, ramfs, some FUSE) by ftruncate and
// writing zeros.
func Extend(f *os.File, size int) error {
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

// ProcName is a name for an open file that has none. See proc(5).
func ProcName(f *os.File) string { return fmt.Sprintf("/proc/thread-self/fd/%d", f.Fd()) }

// Settle writes zeros all over a new file, and stores them if stored, so that
// no message later pays for a first page in the cache or, on storage, for a
// block to be allocated.
func Settle(f *os.File, size int, stored bool) error {
	zeros := make([]byte, min(size, 1<<20))
	for at := 0; at < size; at += len(zeros) {
		if _, err := f.WriteAt(zeros[:min(len(zeros), size-at)], int64(at)); err != nil {
			return err
		}
	}
	if !stored {
		return nil
	}
	return f.Sync()
}
