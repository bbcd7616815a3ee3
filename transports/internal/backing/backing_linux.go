package backing

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports/internal/unbroken"
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
	return unlinked(dir)
}

// unlinked makes a file in dir and removes its name.
func unlinked(dir string) (*os.File, error) {
	name, err := unix.BytePtrFromString(filepath.Join(dir, ".ipcbench-"+rand.Text()))
	if err != nil {
		return nil, err
	}
	here := unix.AT_FDCWD
	at, path := uintptr(here), uintptr(unsafe.Pointer(name))
	calls := []unbroken.Call{
		{Trap: unix.SYS_OPENAT, Args: [6]uintptr{at, path, unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_RDWR | unix.O_CLOEXEC, 0o600}, Keep: unsafe.Pointer(name)},
		{Trap: unix.SYS_UNLINKAT, Args: [6]uintptr{at, path, 0}},
	}
	unbroken.Do(calls)
	f, err := calls[0].File("a file in " + dir)
	if err != nil {
		return nil, err
	}
	if _, err := calls[1].Result(); err != nil {
		f.Close()
		return nil, fmt.Errorf("remove its name: %w", err)
	}
	return f, nil
}

// Extend makes a new file size bytes long and reserves them: by fallocate, and
// where there is none (ext2, ramfs, some FUSE, a sandbox) by ftruncate and
// writing zeros, which finds out as well whether there is room.
func Extend(f *os.File, size int) error {
	err := unix.Fallocate(int(f.Fd()), 0, 0, int64(size))
	for err == unix.EINTR {
		err = unix.Fallocate(int(f.Fd()), 0, 0, int64(size))
	}
	switch err {
	case nil, unix.ENOSPC, unix.EDQUOT, unix.EFBIG, unix.EIO:
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
