package host

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A Mount is the filesystem that a path lies on.
type Mount struct {
	FSType  string // "ext4"
	Options string // of the mount, then of the filesystem, each once: "rw,relatime,errors=remount-ro"
	Point   string // where it is mounted
	Source  string // what is mounted there: "/dev/sda1"
}

// MountOf returns the mount that path, which must exist, lies on. The kernel
// is asked for the mount's id, so that a mount that hides another, a bind
// mount or a symbolic link does not mislead; kernels before 5.8 do not tell it
// and the longest mount point above the path is taken.
func MountOf(path string) (Mount, error) {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return Mount{}, fmt.Errorf("mount of %s: %w", path, err)
	}
	mounts := parseMountinfo(string(table))
	var stat unix.Statx_t
	err = unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_MNT_ID, &stat)
	if err != nil && err != unix.ENOSYS {
		return Mount{}, fmt.Errorf("mount of %s: statx: %w", path, err)
	}
	if err == nil && stat.Mask&unix.STATX_MNT_ID != 0 {
		if i := slices.IndexFunc(mounts, func(m mount) bool { return m.id == stat.Mnt_id }); i >= 0 {
			return mounts[i].Mount, nil
		}
	}
	real, err := filepath.Abs(path)
	if err == nil {
		real, err = filepath.EvalSymlinks(real)
	}
	if err != nil {
		return Mount{}, fmt.Errorf("mount of %s: %w", path, err)
	}
	if m, ok := longestAbove(real, mounts); ok {
		return m, nil
	}
	return unlisted(real)
}

// unlisted is the mount of a path above which this process can see none, as in
// a chroot whose root is a plain directory: only its filesystem is known.
func unlisted(path string) (Mount, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return Mount{}, fmt.Errorf("mount of %s: statfs: %w", path, err)
	}
	if name, known := magic[uint32(fs.Type)]; known {
		return Mount{FSType: name}, nil
	}
	return Mount{FSType: fmt.Sprintf("%#x", uint32(fs.Type))}, nil
}

// magic names filesystems by the number that statfs(2) has for them.
var magic = map[uint32]string{
	unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs", unix.TMPFS_MAGIC: "tmpfs",
	unix.RAMFS_MAGIC: "ramfs", unix.OVERLAYFS_SUPER_MAGIC: "overlay", unix.HUGETLBFS_MAGIC: "hugetlbfs", unix.F2FS_SUPER_MAGIC: "f2fs",
	unix.NFS_SUPER_MAGIC: "nfs", unix.FUSE_SUPER_MAGIC: "fuse", unix.V9FS_MAGIC: "9p",
}

type mount struct {
	Mount
	id uint64
}

// parseMountinfo reads /proc/self/mountinfo; see proc_pid_mountinfo(5). A line
// is "id parent dev root point options [optional...] - type source options".
func parseMountinfo(table string) []mount {
	var mounts []mount
	for line := range strings.Lines(table) {
		left, right, found := strings.Cut(line, " - ")
		head, tail := strings.Fields(left), strings.Fields(right)
		if !found || len(head) < 6 || len(tail) < 3 {
			continue
		}
		id, err := strconv.ParseUint(head[0], 10, 64)
		if err != nil {
			continue
		}
		mounts = append(mounts, mount{id: id, Mount: Mount{
			FSType:  tail[0],
			Options: mergeOptions(unescape(head[5]), unescape(tail[2])),
			Point:   unescape(head[4]),
			Source:  unescape(tail[1]),
		}})
	}
	return mounts
}

// mergeOptions joins the options of the mount and of the filesystem. "rw" is
// left out of the second where the mount is read-only: it says that others may
// write.
func mergeOptions(mount, super string) string {
	options := strings.Split(mount, ",")
	for _, option := range strings.Split(super, ",") {
		if slices.Contains(options, option) || option == "rw" && slices.Contains(options, "ro") {
			continue
		}
		options = append(options, option)
	}
	return strings.Join(options, ",")
}

// longestAbove finds the mount whose point is the longest prefix of path. Of
// two on one point the later one is on top.
func longestAbove(path string, mounts []mount) (Mount, bool) {
	var best Mount
	for _, m := range mounts {
		above := m.Point == "/" || path == m.Point || strings.HasPrefix(path, m.Point+"/")
		if above && len(m.Point) >= len(best.Point) {
			best = m.Mount
		}
	}
	return best, best.Point != ""
}

// unescape undoes the kernel's octal escapes: "\040" is a space.
func unescape(field string) string {
	if !strings.Contains(field, `\`) {
		return field
	}
	var plain strings.Builder
	for i := 0; i < len(field); i++ {
		if field[i] == '\\' && i+4 <= len(field) {
			if c, err := strconv.ParseUint(field[i+1:i+4], 8, 8); err == nil {
				plain.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		plain.WriteByte(field[i])
	}
	return plain.String()
}

// CheckDir says whether files can be made in the directory path: nil, or one
// line with the reason and the remedy.
func CheckDir(path string) error {
	var stat unix.Stat_t
	err := unix.Stat(path, &stat)
	switch {
	case err == unix.ENOENT:
		return fmt.Errorf("directory %s: %w: create it or choose another", path, err)
	case err != nil:
		return fmt.Errorf("directory %s: %w: choose another", path, err)
	case stat.Mode&unix.S_IFMT != unix.S_IFDIR:
		return fmt.Errorf("directory %s: %w: choose another", path, unix.ENOTDIR)
	}
	// access(2) also knows read-only filesystems, which stop root as well.
	err = unix.Access(path, unix.W_OK|unix.X_OK)
	switch {
	case err == unix.EROFS:
		return fmt.Errorf("directory %s: %w: remount it or choose another", path, err)
	case err != nil:
		return fmt.Errorf("directory %s: no file can be made in it: %w: change its mode or choose another", path, err)
	}
	return nil
}
