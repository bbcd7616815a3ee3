package host

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// fakeSysfs makes files with these texts, and links where a text begins with an arrow.
func fakeSysfs(t *testing.T, files map[string]string) sysDir {
	t.Helper()
	root := t.TempDir()
	for path, text := range files {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		target, isLink := strings.CutPrefix(text, "→")
		err := error(nil)
		if isLink {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(text+"\n"), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return sysDir(root)
}

// TestDevicesBelow: a number leads through a device that is made of others, and through
// a partition to the whole disk, whose cache it is.
func TestDevicesBelow(t *testing.T) {
	s := fakeSysfs(t, map[string]string{
		"dev/block/252:0":                              "→../../devices/virtual/block/dm-0",
		"devices/virtual/block/dm-0/dev":               "252:0",
		"devices/virtual/block/dm-0/queue/write_cache": "write back",
		"devices/virtual/block/dm-0/slaves/sda3":       "→../../../../pci/block/sda/sda3",
		"devices/virtual/block/dm-0/slaves/nvme0n1":    "→../../../../pci/nvme/nvme0/nvme0n1",

		"dev/block/8:3":                           "→../../devices/pci/block/sda/sda3",
		"devices/pci/block/sda/sda3/partition":    "3",
		"devices/pci/block/sda/device/model":      "Spinning  Rust 7200   ",
		"devices/pci/block/sda/device/driver":     "→../../../../bus/scsi/drivers/sd",
		"devices/pci/block/sda/queue/write_cache": "write through",
		"devices/pci/block/sda/queue/fua":         "0",
		"devices/pci/block/sda/queue/rotational":  "1",
		"devices/pci/block/sda/removable":         "1",

		"devices/pci/nvme/nvme0/nvme0n1/queue/write_cache":    "write back",
		"devices/pci/nvme/nvme0/nvme0n1/queue/fua":            "1",
		"devices/pci/nvme/nvme0/nvme0n1/device/device/driver": "→../../../../../../bus/pci/drivers/nvme",
	})
	disk := Layer{Device: "sda", Driver: "sd", Model: "Spinning Rust 7200", WriteCache: "write through", FUA: "0", Rotational: "1", Removable: "1"}
	flash := Layer{Device: "nvme0n1", Driver: "nvme", WriteCache: "write back", FUA: "1"}
	for number, want := range map[string][]Layer{
		"8:3":   {disk},
		"252:0": {{Device: "dm-0", WriteCache: "write back"}, flash, disk},
		"7:7":   nil,
	} {
		if diff := cmp.Diff(want, s.below(number, mostLayers)); diff != "" {
			t.Errorf("%s:\n%s", number, diff)
		}
	}
}

func TestStorageInMemory(t *testing.T) {
	layers := StorageOf(mounted(t, "none", "tmpfs", "size=64k"))
	if len(layers) != 1 || layers[0].FSType != "tmpfs" || layers[0].Device != "" {
		t.Errorf("below a tmpfs lies %+v", layers)
	}
}

// TestStorageThroughALoopDevice: below a filesystem in a file lie a loop device and
// what the file lies on.
func TestStorageThroughALoopDevice(t *testing.T) {
	image := filepath.Join(mounted(t, "none", "tmpfs", "size=8m"), "image")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, 4<<20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", image).CombinedOutput(); err != nil {
		t.Skipf("mkfs.ext4: %v: %s: install e2fsprogs", err, out)
	}
	out, err := exec.Command("losetup", "--find", "--show", image).CombinedOutput()
	device := strings.TrimSpace(string(out))
	if err != nil {
		t.Skipf("losetup: %v: %s: run the test as root where there are loop devices", err, out)
	}
	t.Cleanup(func() { exec.Command("losetup", "--detach", device).Run() })
	layers := StorageOf(mounted(t, device, "ext4", "nobarrier"))
	if len(layers) != 3 {
		t.Fatalf("below lies %+v, want ext4, a loop device and a tmpfs", layers)
	}
	fs, loop, below := layers[0], layers[1], layers[2]
	if fs.FSType != "ext4" || !strings.Contains(fs.Mount, "nobarrier") && !strings.Contains(fs.Mount, "barrier=0") {
		t.Errorf("the filesystem is %+v, want an ext4 without barriers", fs)
	}
	if loop.Device != filepath.Base(device) || loop.Driver != "loop" || loop.File != image || loop.DirectIO == "" || loop.WriteCache == "" {
		t.Errorf("the device is %+v, want %s over %s", loop, device, image)
	}
	if below.FSType != "tmpfs" {
		t.Errorf("the file lies on %+v, want a tmpfs", below)
	}
}

// mounted mounts a filesystem until the test ends, and returns where.
func mounted(t *testing.T, source, fs, options string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting needs root: run the tests as root")
	}
	dir := t.TempDir()
	if err := unix.Mount(source, dir, fs, 0, options); err != nil {
		t.Skipf("mount a %s: %v: run the tests where mounting is allowed", fs, err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}
