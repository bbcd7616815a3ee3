package host

import (
	"cmp"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// A Place is the filesystem that a thing lies on, as the kernel says of the thing
// itself. Two that are equal are one, as long as it stays mounted.
type Place struct {
	Mount  uint64 // the mount's id, see statx(2); 0 before Linux 5.8
	Magic  uint32 // of its filesystem, see statfs(2)
	Volume [2]int32
}

// PlaceOf returns where a path lies.
func PlaceOf(path string) (Place, error) {
	var p Place
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return p, fmt.Errorf("statfs %s: %w", path, err)
	}
	return p.with(unix.AT_FDCWD, path, 0, fs), nil
}

// PlaceOfFile returns where an open file lies.
func PlaceOfFile(f *os.File) (p Place, err error) {
	raw, err := f.SyscallConn() // Fd would make a non-blocking descriptor a blocking one
	if err != nil {
		return p, err
	}
	var fs unix.Statfs_t
	outside := raw.Control(func(fd uintptr) {
		if err = unix.Fstatfs(int(fd), &fs); err == nil {
			p = p.with(int(fd), "", unix.AT_EMPTY_PATH, fs)
		}
	})
	if err = cmp.Or(err, outside); err != nil {
		return p, fmt.Errorf("fstatfs %s: %w", f.Name(), err)
	}
	return p, nil
}

func (p Place) with(dir int, path string, flags int, fs unix.Statfs_t) Place {
	p.Magic, p.Volume = uint32(fs.Type), fs.Fsid.Val
	var stat unix.Statx_t
	if unix.Statx(dir, path, flags, unix.STATX_MNT_ID, &stat) == nil && stat.Mask&unix.STATX_MNT_ID != 0 {
		p.Mount = stat.Mnt_id
	}
	return p
}
