package results

import (
	"slices"
	"strings"
)

// A Layer is one of what lies between a directory and what stores it: a filesystem,
// or a block device. All is in the kernel's own words, "" where it does not say.
type Layer struct {
	FSType string `json:"fstype,omitempty"`        // of a filesystem: "ext4"
	Mount  string `json:"mount_options,omitempty"` // how it is mounted: "rw,relatime"

	Device     string `json:"device,omitempty"`      // of a block device, as sysfs calls it: "nvme0n1", "dm-0"
	Driver     string `json:"driver,omitempty"`      // "virtio_blk"; of a loop device "loop"
	Model      string `json:"model,omitempty"`       // as its maker calls it
	WriteCache string `json:"write_cache,omitempty"` // [WriteBack], [WriteThrough]
	FUA        string `json:"fua,omitempty"`         // "1": a single write can be told to go past that
	Rotational string `json:"rotational,omitempty"`  // "1": it is a disk that turns, or says so
	Removable  string `json:"removable,omitempty"`   // "1"
	File       string `json:"file,omitempty"`        // of a loop device, what it keeps its blocks in
	DirectIO   string `json:"direct_io,omitempty"`   // of a loop device, "1": it goes past that file's page cache
}

// texts are all that a layer says.
func (l *Layer) texts() []*string {
	return []*string{&l.FSType, &l.Mount, &l.Device, &l.Driver, &l.Model, &l.WriteCache, &l.FUA, &l.Rotational, &l.Removable, &l.File, &l.DirectIO}
}

// What a block device says of its write cache.
const (
	WriteBack    = "write back"    // it may forget what it has taken until it is told to flush
	WriteThrough = "write through" // there is nothing to flush, or it does not let anybody
)

// inMemory are the filesystems and, without their numbers, the block devices that have no medium.
var inMemory = []string{"tmpfs", "ramfs", "hugetlbfs", "devtmpfs", "zram", "ram"}

// IsMemory says whether what is stored there is nowhere but in memory.
func (l Layer) IsMemory() bool {
	name := strings.TrimRight(l.Device, "0123456789")
	return slices.Contains(inMemory, l.FSType) || slices.Contains(inMemory, name)
}

// option says whether a filesystem is mounted with one of these options, and with which.
func (l Layer) option(names ...string) string {
	for o := range strings.SplitSeq(l.Mount, ",") {
		if slices.Contains(names, o) {
			return o
		}
	}
	return ""
}

// SkipsSync is the mount option by which a filesystem leaves syncs out, "" where it
// does not: overlayfs.
func (l Layer) SkipsSync() string {
	if l.FSType != "overlay" {
		return ""
	}
	return l.option("volatile")
}

// SkipsFlush is the mount option by which a filesystem stores what is synced without
// telling the device to flush its cache, "" where it tells it. See ext4(5), btrfs(5).
func (l Layer) SkipsFlush() string {
	return l.option("nobarrier", "barrier=0", "barrier=none", "fsync_mode=nobarrier")
}

// String says a layer in a few words: "ext4 (rw,relatime)", "vda (virtio_blk, write back)".
func (l Layer) String() string {
	name, says := l.FSType, []string{l.Mount}
	if l.Device != "" {
		name, says = l.Device, []string{l.Driver, l.Model, l.WriteCache}
		if l.FUA == "1" {
			says = append(says, "FUA")
		}
		if l.Rotational == "0" {
			says = append(says, "not rotational")
		}
		if l.Removable == "1" {
			says = append(says, "removable")
		}
		if l.DirectIO == "1" {
			says = append(says, "direct I/O")
		}
	}
	says = slices.DeleteFunc(says, func(s string) bool { return s == "" })
	if len(says) == 0 {
		return name
	}
	return name + " (" + strings.Join(says, ", ") + ")"
}

// Beneath says what lies below a directory's filesystem, from the uppermost down:
// "loop0 (loop, write back) on ext4 (rw) on vda (virtio_blk, write back)"; "" where
// nobody asked.
func Beneath(layers []Layer) string {
	switch {
	case len(layers) == 1 && layers[0].IsMemory():
		return "memory"
	case len(layers) == 1:
		return "no device that is seen"
	}
	var says []string
	for _, l := range layers[min(1, len(layers)):] {
		says = append(says, l.String())
	}
	return strings.Join(says, " on ")
}
