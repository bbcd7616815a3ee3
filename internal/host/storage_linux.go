package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// A Layer is one of what lies between a directory and what stores it: a filesystem,
// or a block device. All is in the kernel's own words, "" where it does not say.
type Layer struct {
	FSType string // of a filesystem: "ext4"
	Mount  string // how it is mounted: "rw,relatime"

	Device     string // of a block device, as sysfs calls it: "nvme0n1", "dm-0"
	Driver     string // "virtio_blk"; of a loop device "loop"
	Model      string // as its maker calls it
	WriteCache string // "write back": it may forget what it has taken until it is told to flush; "write through": it says that it does not
	FUA        string // "1": a single write can be told to go past that
	Rotational string // "1": it is a disk that turns, or says so
	Removable  string // "1"
	File       string // of a loop device, what it keeps its blocks in
	DirectIO   string // of a loop device, "1": it goes past that file's page cache
}

// mostLayers is where a search ends that would not by itself: a loop device may lie in
// an image in an image.
const mostLayers = 16

// StorageOf returns what lies below a directory, from the filesystem down, as far as
// this process can see. See sysfs-block in the kernel's documentation of its ABI.
func StorageOf(path string) []Layer {
	m, err := MountOf(path)
	if err != nil {
		return nil
	}
	layers := []Layer{{FSType: m.FSType, Mount: m.Options}}
	if upper := option(m.Options, "upperdir"); m.FSType == "overlay" && upper != "" {
		return append(layers, StorageOf(upper)...) // of a container, nothing: the path is its host's
	}
	if device, ok := deviceOf(path, m); ok {
		layers = append(layers, sysDir("/sys").below(device, mostLayers)...)
	}
	return layers
}

// option is the value of a mount option, "" where it is not there.
func option(options, name string) string {
	for o := range strings.SplitSeq(options, ",") {
		if key, value, _ := strings.Cut(o, "="); key == name {
			return value
		}
	}
	return ""
}

// deviceOf is the block device that a path's filesystem lies on, "254:1". One that has
// a number of its own in the place of its device's, as btrfs, names that where it is
// mounted.
func deviceOf(path string, m Mount) (device string, ok bool) {
	var stat unix.Stat_t
	if unix.Stat(path, &stat) != nil {
		return "", false
	}
	number := uint64(stat.Dev)
	if unix.Major(number) == 0 {
		if !strings.HasPrefix(m.Source, "/") || unix.Stat(m.Source, &stat) != nil || stat.Mode&unix.S_IFMT != unix.S_IFBLK {
			return "", false
		}
		number = uint64(stat.Rdev)
	}
	return fmt.Sprintf("%d:%d", unix.Major(number), unix.Minor(number)), true
}

// A sysDir is where a sysfs is mounted.
type sysDir string

// below returns the block device of a number and what it is made of: at most so many
// layers.
func (s sysDir) below(number string, most int) []Layer {
	dir, err := filepath.EvalSymlinks(filepath.Join(string(s), "dev/block", number))
	if err != nil {
		return nil
	}
	return devices(dir, most)
}

// devices is below for a device's directory.
func devices(dir string, most int) []Layer {
	if most == 0 {
		return nil
	}
	read := func(name string) string {
		text, _ := os.ReadFile(filepath.Join(dir, name))
		return strings.Join(strings.Fields(string(text)), " ")
	}
	if read("partition") != "" {
		dir = filepath.Dir(dir)
	}
	l := Layer{
		Device: filepath.Base(dir), Driver: driverOf(dir), Model: read("device/model"),
		WriteCache: read("queue/write_cache"), FUA: read("queue/fua"), Rotational: read("queue/rotational"), Removable: read("removable"),
		File: read("loop/backing_file"), DirectIO: read("loop/dio"),
	}
	if l.File != "" {
		l.Driver = "loop"
		return append([]Layer{l}, StorageOf(l.File)...) // no loop: a device is set up after what it lies on
	}
	layers := []Layer{l}
	parts, _ := filepath.Glob(filepath.Join(dir, "slaves/*"))
	for _, part := range parts {
		if part, err := filepath.EvalSymlinks(part); err == nil {
			layers = append(layers, devices(part, most-1)...)
		}
	}
	return layers
}

// driverOf is that of a device or, where it is one of several of a controller, of that.
func driverOf(dir string) string {
	for _, link := range []string{"device/driver", "device/device/driver"} {
		if driver, err := os.Readlink(filepath.Join(dir, link)); err == nil {
			return filepath.Base(driver)
		}
	}
	return ""
}
