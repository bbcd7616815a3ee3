package vm

import (
	"fmt"
	"io"
	"strings"
)

// A cpio writes an archive of the format newc, which the kernel unpacks as its first
// root; see its Documentation/driver-api/early-userspace/buffer-format.rst. Two with the
// same in them are the same to the byte: it has no times.
type cpio struct {
	w     io.Writer
	inode int
	err   error // the first
}

// The types of file, as st_mode has them; see inode(7).
const (
	directory  = 0o040000
	character  = 0o020000
	regular    = 0o100000
	cpioEnd    = "TRAILER!!!"
	cpioHeader = "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00"
)

// add writes one file: its path without a slash in front, its mode and, of a device,
// its numbers.
func (c *cpio) add(name string, mode uint32, major, minor int, data string) {
	c.addFrom(name, mode, major, minor, int64(len(data)), strings.NewReader(data))
}

func (c *cpio) addFrom(name string, mode uint32, major, minor int, size int64, data io.Reader) {
	if c.err != nil {
		return
	}
	if size > 0xffffffff {
		c.err = fmt.Errorf("%s has %d bytes, more than the format can say", name, size)
		return
	}
	c.inode++
	const user, group, links, modified, deviceMajor, deviceMinor, checksum = 0, 0, 1, 0, 0, 0, 0
	n, err := fmt.Fprintf(c.w, cpioHeader, c.inode, mode, user, group, links, modified, size,
		deviceMajor, deviceMinor, major, minor, len(name)+1, checksum, name)
	c.err = err
	c.pad(int64(n))
	if c.err == nil {
		_, c.err = io.CopyN(c.w, data, size)
	}
	c.pad(size)
}

// pad fills up to a multiple of four, where everything begins.
func (c *cpio) pad(n int64) {
	if c.err == nil {
		_, c.err = io.WriteString(c.w, "\x00\x00\x00"[:(4-n%4)%4])
	}
}

// close writes the end, and returns the first error.
func (c *cpio) close() error {
	c.add(cpioEnd, 0, 0, 0, "")
	return c.err
}
