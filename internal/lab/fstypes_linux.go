package lab

import (
	"strings"

	"golang.org/x/sys/unix"
)

// A kind is a type of filesystem, and how one is made.
type kind struct {
	name   string // for the kernel, as in /proc/filesystems
	maker  *maker // nil: it lies in memory, and mounting it makes it
	sized  bool   // a size is a mount option
	layers bool   // it is mounted over directories of others
}

// A maker is a program that makes filesystems.
type maker struct {
	program, pkg string // mkfs.xfs, and the Debian package that has it
	// What it is told each time, before the user's words: to be quiet, not to ask,
	// and what would otherwise depend on the size of the image or go on after the
	// filesystem is mounted.
	words []string
	// The words that keep it from discarding: an image has nothing to discard, and
	// would lose the blocks that were set aside for it.
	keep  []string
	label string // the flag of a label
	least int64  // bytes, of the smallest image that it takes
	// Which of its options is given by which flag. What is not in here is an option
	// of mount. See mke2fs(8) with ext4(5), mkfs.xfs(8), mkfs.btrfs(8), mkfs.f2fs(8).
	features map[string]string
}

// kinds are the types that can be made, in the order of their names in messages.
// Types that this kernel has not are among them: Missing says so.
var kinds = []kind{
	{name: "ext4", maker: ext("mkfs.ext4")},
	{name: "ext2", maker: ext("mkfs.ext2")},
	{name: "xfs", maker: &maker{
		program: "mkfs.xfs", pkg: "xfsprogs", words: words("-q -f"), keep: words("-K"), label: "-L", least: 300 << 20,
		features: flags(
			"-m", "bigtime crc finobt inobtcount metadir reflink rmapbt",
			"-i", "exchange nrext64 sparse",
			"-l", "lazy-count"),
	}},
	{name: "btrfs", maker: &maker{
		program: "mkfs.btrfs", pkg: "btrfs-progs", words: words("-q -f"), keep: words("-K"), label: "-L", least: 128 << 20,
		features: flags("-O", "block-group-tree extref free-space-tree mixed-bg no-holes quota raid-stripe-tree raid1c34 skinny-metadata squota zoned"),
	}},
	{name: "f2fs", maker: &maker{
		program: "mkfs.f2fs", pkg: "f2fs-tools", words: words("-q -f"), keep: words("-t 0"), label: "-l", least: 64 << 20,
		features: flags("-O", "casefold compression encrypt extra_attr flexible_inline_xattr inode_checksum inode_crtime lost_found project_quota quota sb_checksum verity"),
	}},
	{name: "tmpfs", sized: true},
	{name: "ramfs"},
	{name: "hugetlbfs", sized: true},
	{name: "overlay", layers: true},
}

// ext is what makes ext2 to ext4. A small image would get blocks of 1 KiB, and
// inode tables that are zeroed by the kernel while somebody measures.
func ext(program string) *maker {
	return &maker{
		program: program, pkg: "e2fsprogs", label: "-L", least: 16 << 20,
		words: words("-q -F -b 4096"), keep: words("-E nodiscard,lazy_itable_init=0,lazy_journal_init=0"),
		features: flags("-O", "64bit bigalloc casefold dir_index dir_nlink ea_inode encrypt ext_attr extent extents extra_isize "+
			"fast_commit filetype flex_bg has_journal huge_file inline_data large_dir large_file metadata_csum metadata_csum_seed "+
			"meta_bg mmp orphan_file quota resize_inode sparse_super sparse_super2 stable_inodes uninit_bg verity"),
	}
}

// attributes are the mount options that are of the mount and not of the
// filesystem; see mount_setattr(2). Those of every filesystem, as sync, are known
// to the kernel like any of its own.
var attributes = map[string]int{
	"ro": unix.MOUNT_ATTR_RDONLY, "nosuid": unix.MOUNT_ATTR_NOSUID, "nodev": unix.MOUNT_ATTR_NODEV, "noexec": unix.MOUNT_ATTR_NOEXEC,
	"relatime": unix.MOUNT_ATTR_RELATIME, "noatime": unix.MOUNT_ATTR_NOATIME, "strictatime": unix.MOUNT_ATTR_STRICTATIME, "nodiratime": unix.MOUNT_ATTR_NODIRATIME,
}

// flags turns pairs of a flag and its options into what flag each option has.
func flags(pairs ...string) map[string]string {
	flagOf := map[string]string{}
	for ; len(pairs) > 0; pairs = pairs[2:] {
		for _, option := range words(pairs[1]) {
			flagOf[option] = pairs[0]
		}
	}
	return flagOf
}

func words(text string) []string { return strings.Fields(text) }
