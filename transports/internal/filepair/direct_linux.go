package filepair

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
)

// DirectOption is the option direct of the transports over files.
func DirectOption() transports.Option {
	return transports.Option{Name: "direct", Doc: "whether all is read and written past the page cache (O_DIRECT)", Values: []transports.Value{
		{Name: "no", Doc: "through the page cache"},
		{Name: "yes", Doc: "to and from storage, in whole blocks, copied through aligned memory"},
	}}
}

// blockOf is the unit in which f is read and written as the spec says: 1, or, if
// direct, what directBlock says.
func blockOf(s transports.Spec, f *os.File) (int, error) {
	if s.Option("direct") != "yes" {
		return 1, nil
	}
	return directBlock(s, f)
}

// directBlock returns what offsets, lengths and addresses of direct reads and
// writes of f must be multiples of: what the filesystem demands, but no less
// than its own block, of which a part would be read to be written. See open(2)
// on O_DIRECT, and statx(2) on STATX_DIOALIGN (Linux 6.1); before that, 4096 is
// enough for all but the rarest storage.
func directBlock(s transports.Spec, f *os.File) (int, error) {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &fs); err != nil {
		return 0, fmt.Errorf("%s: statfs %s: %w", s.Transport, f.Name(), err)
	}
	block := max(int(fs.Frsize), 512)
	var st unix.Statx_t
	err := unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_DIOALIGN, &st)
	switch {
	case err == nil && st.Mask&unix.STATX_DIOALIGN != 0:
		if st.Dio_offset_align == 0 {
			return 0, noDirect(s)
		}
		return max(block, int(st.Dio_offset_align), int(st.Dio_mem_align)), nil
	case fs.Type == unix.TMPFS_MAGIC || fs.Type == unix.RAMFS_MAGIC:
		// Since Linux 6.6 tmpfs accepts the flag, which changes nothing there.
		return 0, transports.Unsupported(fmt.Sprintf("%s is in memory, where there is nothing but the page cache: choose another --dir", s.Dir))
	}
	return max(block, 4096), nil
}

func noDirect(s transports.Spec) error {
	return transports.Unsupported(fmt.Sprintf("files in %s cannot be read and written with O_DIRECT: choose another --dir", s.Dir))
}

// setDirect makes reads and writes of f go past the page cache, and empties that
// of f, all of which must be stored.
func setDirect(s transports.Spec, f *os.File) error {
	if _, err := directBlock(s, f); err != nil {
		return err
	}
	unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) // or each write would have to
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err == nil {
		_, err = unix.FcntlInt(f.Fd(), unix.F_SETFL, flags|unix.O_DIRECT)
	}
	if err == unix.EINVAL {
		return noDirect(s)
	}
	if err != nil {
		return fmt.Errorf("%s: set O_DIRECT of %s: %w", s.Transport, f.Name(), err)
	}
	return nil
}

// alignedBytes returns n bytes whose address is a multiple of to.
func alignedBytes(n, to int) []byte {
	all := make([]byte, n+to-1)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(all)))) & (to - 1)
	return all[skip : skip+n : skip+n]
}
