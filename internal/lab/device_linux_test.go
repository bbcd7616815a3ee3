package lab

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// loop is a block device of 64 MiB on an image, whose beginning is written before.
func loop(t *testing.T, begin func(image *os.File)) *os.File {
	t.Helper()
	if err := checkLoop(); err != nil {
		t.Skip(err)
	}
	file, err := image("", 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	begin(file)
	device, err := attach(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { device.Close() })
	return device
}

func write(t *testing.T, file *os.File, at int64, data []byte) {
	t.Helper()
	if _, err := file.WriteAt(data, at); err != nil {
		t.Fatal(err)
	}
}

// TestADeviceThatHoldsSomethingIsRefused, whatever that is, in one line that says it.
func TestADeviceThatHoldsSomethingIsRefused(t *testing.T) {
	if !inPrivate(t) {
		return
	}
	for what, c := range map[string]struct {
		begin func(*testing.T, *os.File)
		says  string
	}{
		"a table of partitions": {twoPartitions, "a table of partitions (dos)"},
		"a part of an LVM":      {physicalVolume, "LVM2_member"},
		"a part of a RAID":      {raidMember, "linux_raid_member"},
		"swap":                  {swap, "swap"},
	} {
		device := loop(t, func(image *os.File) { c.begin(t, image) }).Name()
		err := Filesystem{Type: "ext4", Device: device, Destroy: true}.Missing()
		if err == nil || !containsAll(err.Error(), []string{device + " holds " + c.says, "wipefs -a " + device}) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestADeviceInUseIsRefused: one that is mounted, by this or another name, a disk of
// which a part is, and one that somebody else has for himself.
func TestADeviceInUseIsRefused(t *testing.T) {
	if !inPrivate(t) {
		return
	}
	disk := loop(t, func(image *os.File) { twoPartitions(t, image) })
	part, other := partitions(t, disk)
	inUse := func(device string) {
		t.Helper()
		err := Filesystem{Type: "ext4", Device: device, Destroy: true}.Missing()
		if err == nil || !containsAll(err.Error(), []string{device, "device or resource busy", "unmount it, or name another"}) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s is in use: %v", device, err)
		}
	}

	mounted, err := Filesystem{Type: "ext4", Device: part, Destroy: true}.Mount(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	inUse(part)
	inUse(disk.Name())
	byID := filepath.Join(t.TempDir(), "ata-disk-part1")
	if err := os.Symlink(part, byID); err != nil {
		t.Fatal(err)
	}
	inUse(byID)
	if err := (Filesystem{Type: "ext4", Device: other, Destroy: true}).Missing(); err != nil {
		t.Errorf("the other part is free: %v", err)
	}
	if err := mounted.Close(); err != nil {
		t.Fatal(err)
	}

	held, err := os.OpenFile(part, os.O_RDWR|unix.O_EXCL, 0)
	if err != nil {
		t.Fatal(err)
	}
	inUse(part)
	held.Close()
	if err := (Filesystem{Type: "ext4", Device: part, Destroy: true}).Missing(); err != nil {
		t.Errorf("nobody has it any more: %v", err)
	}
}

// twoPartitions writes an MBR with two of 24 MiB.
func twoPartitions(t *testing.T, image *os.File) {
	mbr := make([]byte, 512)
	for i, first := range []uint32{2048, 2048 + 24*2048} {
		entry := mbr[446+16*i:]
		entry[4] = 0x83
		binary.LittleEndian.PutUint32(entry[8:], first)
		binary.LittleEndian.PutUint32(entry[12:], 24*2048)
	}
	copy(mbr[510:], "\x55\xaa")
	write(t, image, 0, mbr)
}

// partitions has the kernel read those of a loop device, and makes names of them: in a
// container none appear in /dev.
func partitions(t *testing.T, device *os.File) (first, second string) {
	t.Helper()
	info, err := unix.IoctlLoopGetStatus64(int(device.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	info.Flags |= unix.LO_FLAGS_PARTSCAN
	if err := unix.IoctlLoopSetStatus64(int(device.Fd()), info); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/sys/class/block/" + filepath.Base(device.Name()) + "p1"); err != nil { // a kernel that reads no such tables
		if out, err := exec.Command("partx", "-a", device.Name()).CombinedOutput(); err != nil {
			t.Skipf("partx: %v: %s", err, out)
		}
	}
	node := func(part string) string {
		name := filepath.Base(device.Name()) + part
		numbers, err := os.ReadFile("/sys/class/block/" + name + "/dev")
		if err != nil {
			t.Skipf("no partitions of loop devices: %v", err)
		}
		var major, minor uint32
		if _, err := fmt.Sscanf(string(numbers), "%d:%d", &major, &minor); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := unix.Mknod(path, unix.S_IFBLK|0o600, int(unix.Mkdev(major, minor))); err != nil {
			t.Skipf("mknod: %v", err)
		}
		return path
	}
	return node("p1"), node("p2")
}

// physicalVolume writes the label of one, with its checksum (lvmdump(8), and
// format_text/layout.h of LVM2).
func physicalVolume(t *testing.T, image *os.File) {
	label := make([]byte, 512)
	copy(label, "LABELONE")
	binary.LittleEndian.PutUint64(label[8:], 1)
	binary.LittleEndian.PutUint32(label[20:], 32)
	copy(label[24:], "LVM2 001")
	copy(label[32:], "0123456789abcdef0123456789abcdef")
	binary.LittleEndian.PutUint32(label[16:], ^crc32.Update(^uint32(0xf597a6cf), crc32.IEEETable, label[20:]))
	write(t, image, 512, label)
}

// raidMember writes the superblock of a member of version 1.2 (md(4), linux/raid/md_p.h).
func raidMember(t *testing.T, image *os.File) {
	block := make([]byte, 4096)
	put := binary.LittleEndian.PutUint32
	put(block, 0xa92b4efc)
	put(block[4:], 1)
	copy(block[16:], "0123456789abcdef")
	put(block[72:], 1)                            // level
	binary.LittleEndian.PutUint64(block[144:], 8) // where it lies, in sectors
	put(block[92:], 2)                            // disks
	put(block[220:], 0)                           // roles
	var sum uint64
	for i := 0; i < 256; i += 4 {
		sum += uint64(binary.LittleEndian.Uint32(block[i:]))
	}
	put(block[216:], uint32(sum)+uint32(sum>>32))
	write(t, image, 4096, block)
}

func swap(t *testing.T, image *os.File) {
	cmd := exec.Command("mkswap", "/proc/self/fd/3")
	cmd.ExtraFiles = []*os.File{image}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("mkswap: %v: %s", err, out)
	}
}
