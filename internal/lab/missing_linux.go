package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Missing is why this machine cannot make and mount the filesystem, with the remedy,
// or nil. Nothing is touched: the kernel is asked for the type, for which it may load a
// module, and each option, the program is looked for, and room for the image. Huge pages,
// which an experiment may reserve first, are not asked for.
func (f Filesystem) Missing() error {
	k, err := f.kind()
	if err != nil {
		return err
	}
	if err := f.fits(k); err != nil {
		return err
	}
	s, err := configure(k.name, f.mountOptions(k))
	if err != nil {
		return err
	}
	s.Close()
	if err := f.checkDirect(k); err != nil {
		return err
	}
	switch {
	case k.maker == nil && (f.Size == 0 || !k.sized):
		return nil
	case k.maker == nil:
		return room("", f.Size)
	}
	if _, err := k.maker.find(); err != nil {
		return err
	}
	if f.Device != "" {
		return f.checkDevice()
	}
	if err := checkLoop(); err != nil {
		return err
	}
	return room(f.Image, f.size())
}

// fits says whether all that is given means something for that kind.
func (f Filesystem) fits(k kind) error {
	switch {
	case f.Size < 0:
		return fmt.Errorf("filesystem %s: a size of %d: give one above 0", f.Type, f.Size)
	case k.maker == nil && (len(f.Mkfs) > 0 || f.Image != "" || f.Device != ""):
		return fmt.Errorf("filesystem %s lies in memory: it takes no mkfs options, no image and no device", f.Type)
	case k.maker == nil && !k.sized && f.Size > 0:
		return fmt.Errorf("filesystem %s has no size: leave it out", f.Type)
	case f.Size > 0 && k.sized && f.saysSize():
		return fmt.Errorf("filesystem %s: two sizes, one of them an option of mount: leave one out", f.Type)
	case f.Device != "" && (f.Image != "" || f.Size > 0):
		return fmt.Errorf("filesystem %s on %s: a device takes neither a size nor a directory of an image", f.Type, f.Device)
	case k.maker != nil && f.Device == "" && f.size() < k.maker.least:
		return fmt.Errorf("filesystem %s: %d MiB is too small: give it %d MiB or more", f.Type, f.size()>>20, k.maker.least>>20)
	}
	return nil
}

// direct are the options of mount by which files are mapped without the page cache, if
// the storage is memory. Where it is not, some filesystems go on without (xfs).
var direct = []string{"dax", "dax=always"}

// checkDirect says whether what the filesystem lies on can be mapped so, where that is
// asked for.
func (f Filesystem) checkDirect(k kind) error {
	i := slices.IndexFunc(f.mountOptions(k), func(option string) bool { return slices.Contains(direct, option) })
	if i < 0 || k.maker == nil {
		return nil
	}
	on := "an image"
	if f.Device != "" {
		on = f.Device
		if isDirect(f.Device) {
			return nil
		}
	}
	return fmt.Errorf("filesystem %s: option %q: %s is no memory that can be mapped: name a device of persistent memory (device = \"/dev/pmem0\")", f.Type, f.mountOptions(k)[i], on)
}

// isDirect says whether a block device, or the disk that it is a part of, has dax.
func isDirect(device string) bool {
	var stat unix.Stat_t
	if err := unix.Stat(device, &stat); err != nil {
		return false
	}
	of := fmt.Sprintf("/sys/dev/block/%d:%d/", unix.Major(stat.Rdev), unix.Minor(stat.Rdev))
	for _, queue := range []string{"queue/dax", "../queue/dax"} {
		if says, err := os.ReadFile(of + queue); err == nil {
			return strings.TrimSpace(string(says)) == "1"
		}
	}
	return false
}

// find looks for the program where it can be, which need not be in an ordinary
// user's PATH.
func (m *maker) find() (string, error) {
	if path, err := exec.LookPath(m.program); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, m.program)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed: apt-get install %s", m.program, m.pkg)
}

// checkDevice says whether the device may be overwritten: somebody said so, nobody
// uses it, and there is nothing on it but what was made here.
func (f Filesystem) checkDevice() error {
	if !f.Destroy {
		return fmt.Errorf("%s would be overwritten: give --destroy if nothing on it is needed", f.Device)
	}
	var stat unix.Stat_t
	if err := unix.Stat(f.Device, &stat); err != nil {
		return fmt.Errorf("%s: %w: name a block device (lsblk)", f.Device, err)
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFBLK {
		return fmt.Errorf("%s is no block device: name one (lsblk)", f.Device)
	}
	device, err := os.OpenFile(f.Device, os.O_RDWR|unix.O_EXCL, 0) // refused while the kernel uses it
	if err != nil {
		return fmt.Errorf("%s: %w: unmount it, or name another", f.Device, cause(err))
	}
	device.Close()
	return holdsNothing(f.Device)
}

// holdsNothing asks blkid(8), which knows filesystems, partitions and what else lies
// on devices, and ends with 2 where it finds nothing.
func holdsNothing(device string) error {
	blkid := &maker{program: "blkid", pkg: "util-linux"}
	path, err := blkid.find()
	if err != nil {
		return err
	}
	out, err := exec.Command(path, "-p", "-o", "export", device).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 2 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("what lies on %s: blkid: %w: look for yourself (lsblk -f)", device, err)
	}
	if bytes.Contains(out, []byte("\nLABEL="+volumeLabel+"\n")) {
		return nil
	}
	what := ""
	for line := range strings.Lines(string(out)) {
		switch key, value, _ := strings.Cut(strings.TrimSpace(line), "="); key {
		case "TYPE":
			what = value
		case "PTTYPE":
			what = "a table of partitions (" + value + ")"
		}
	}
	if what == "" {
		return nil // it says of a partition which one it is (PART_ENTRY_UUID)
	}
	return fmt.Errorf("%s holds %s: erase it first if that is not needed (wipefs -a %s)", device, what, device)
}

// available is the memory that can be had without swapping, in bytes; see proc(5).
func available() int64 {
	text, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(text)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "MemAvailable: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	return 0
}
