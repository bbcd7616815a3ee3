package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTheShortForm(t *testing.T) {
	for text, want := range map[string]Filesystem{
		"ext4":                                {Type: "ext4"},
		"ext4:data=journal":                   {Type: "ext4", Options: "data=journal"},
		"ext4:^has_journal":                   {Type: "ext4", Mkfs: []string{"-O", "^has_journal"}},
		"ext4:fast_commit,^64bit,noatime":     {Type: "ext4", Mkfs: []string{"-O", "fast_commit,^64bit"}, Options: "noatime"},
		"xfs:lazy-count=0,reflink=0,rmapbt=1": {Type: "xfs", Mkfs: []string{"-l", "lazy-count=0", "-m", "reflink=0,rmapbt=1"}},
		"btrfs:compress=zstd,nodatacow":       {Type: "btrfs", Options: "compress=zstd,nodatacow"},
		"tmpfs:huge=always":                   {Type: "tmpfs", Options: "huge=always"},
		"overlay:metacopy=on,redirect_dir=on": {Type: "overlay", Options: "metacopy=on,redirect_dir=on"},
	} {
		f, err := ParseFilesystem(text)
		if err != nil || fmt.Sprint(f) != fmt.Sprint(want) || fmt.Sprintf("%#v", f) != fmt.Sprintf("%#v", want) {
			t.Errorf("%s is %#v, %v", text, f, err)
		}
		if f.String() != text {
			t.Errorf("%s calls itself %s", text, f)
		}
	}
	for text, want := range map[string]string{
		"zfs":               "choose among ext4, ext2, xfs",
		"":                  "no such type",
		"ext4:":             "no options",
		"ext4:^has_jornal":  `no feature "has_jornal": choose among 64bit`,
		"tmpfs:^has_jornal": "it has none",
	} {
		if f, err := ParseFilesystem(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %v, %v", text, f, err)
		}
	}
}

// families is one of each type, and of what the short form can ask for.
var families = []string{
	"ext4", "ext4:data=journal", "ext4:^has_journal,noatime", "ext2", "xfs", "xfs:reflink=0", "btrfs:compress=zstd",
	"f2fs", "tmpfs", "tmpfs:huge=always", "ramfs", "hugetlbfs", "overlay",
}

// TestEachFilesystemThatThisMachineHas is made, can be mapped, and is gone when it is
// closed. What this machine has not says what to do.
func TestEachFilesystemThatThisMachineHas(t *testing.T) {
	if !inPrivate(t) {
		return
	}
	for _, text := range families {
		t.Run(text, func(t *testing.T) {
			f, err := ParseFilesystem(text)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Missing(); err != nil {
				t.Skip(err)
			}
			dir := t.TempDir()
			mounted, err := f.Mount(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			table := strings.Join(mountsIn(t, dir), "\n")
			if !strings.Contains(table, " - "+f.Type+" ") || !strings.Contains(table, f.Options) {
				t.Errorf("mounted: %s", table)
			}
			mapsAFile(t, f, dir)
			if err := mounted.Close(); err != nil {
				t.Error(err)
			}
			if err := isEmpty(dir); err != nil {
				t.Error(err)
			}
			if left := append(mountsIn(t, dir), attached(dir)...); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

// mapsAFile has two mappings of a file share a byte.
func mapsAFile(t *testing.T, f Filesystem, dir string) {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const size = 2 << 20 // a huge page
	if err := file.Truncate(size); err != nil {
		t.Fatal(err)
	}
	var views [2][]byte
	for i := range views {
		views[i], err = unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err == unix.ENOMEM && f.Type == "hugetlbfs" {
			t.Log("not mapped: no huge pages are reserved")
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Munmap(views[i])
	}
	if views[0][5000] = 1; views[1][5000] != 1 {
		t.Error("two mappings of a file differ")
	}
}

func init() {
	// It mounts and unmounts until it is killed.
	roles["mount"] = func(dir string) error {
		at := filepath.Join(dir, "at")
		fmt.Println("begun")
		for i := 0; ; i++ {
			f, err := ParseFilesystem([]string{"ext4", "overlay", "xfs", "tmpfs"}[i%4])
			if err != nil {
				return err
			}
			if f.Type == "ext4" {
				f.Image, f.Size = filepath.Join(dir, "images"), 32<<20
			}
			if f.Missing() != nil {
				continue
			}
			mounted, err := f.Mount(context.Background(), at)
			if err != nil {
				return err
			}
			if err := mounted.Close(); err != nil {
				return err
			}
		}
	}
}

// TestAKillLeavesNothing of mounts, loop devices, images and programs that make
// filesystems, whenever it comes.
func TestAKillLeavesNothing(t *testing.T) {
	needsRoot(t)
	if err := checkLoop(); err != nil {
		t.Skip(err)
	}
	for range 8 {
		dir := t.TempDir()
		for _, name := range []string{"at", "images"} {
			if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		cmd := started(t, Private(t.Context()), "mount", dir)
		atAnyMoment()
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "its images are freed", func() bool { return len(attached(dir)) == 0 })
		eventually(t, "no program makes filesystems", func() bool { return !runs("mkfs.") })
		for _, name := range []string{"at", "images"} {
			if err := isEmpty(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
		if left := mountsIn(t, dir); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
	}
}

// runs says whether a process has a program of such a name that makes a filesystem here.
func runs(program string) bool {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	return slices.ContainsFunc(lines, func(line string) bool {
		text, _ := os.ReadFile(line)
		return strings.Contains(string(text), program) && strings.Contains(string(text), "\x00"+volumeLabel+"\x00")
	})
}

// TestWhatIsMissing is said before anything is touched, with the remedy.
func TestWhatIsMissing(t *testing.T) {
	if !inPrivate(t) {
		return
	}
	if err := (Filesystem{Type: "ext4"}).Missing(); err != nil {
		t.Skip(err)
	}
	for name, c := range map[string]struct {
		f    Filesystem
		want []string
	}{
		"an option":      {Filesystem{Type: "ext4", Options: "data=jurnal"}, []string{"data=jurnal", "correct it"}},
		"another option": {Filesystem{Type: "tmpfs", Options: "hug=always"}, []string{"Unknown parameter 'hug'"}},
		"space":          {Filesystem{Type: "ext4", Size: 1 << 50, Image: "/"}, []string{"/ has", "MiB free: choose a smaller size"}},
		"memory":         {Filesystem{Type: "ext4", Size: 1 << 50}, []string{"memory has", "choose a smaller size"}},
		"a directory":    {Filesystem{Type: "ext4", Image: "/nowhere"}, []string{"/nowhere", "choose another directory"}},
		"enough":         {Filesystem{Type: "xfs", Size: 16 << 20}, []string{"300 MiB or more"}},
		"one of two":     {Filesystem{Type: "tmpfs", Size: 1 << 20, Options: "size=1m"}, []string{"two sizes"}},
		"sense":          {Filesystem{Type: "tmpfs", Mkfs: []string{"-f"}}, []string{"lies in memory"}},
		"a size":         {Filesystem{Type: "ramfs", Size: 1 << 20}, []string{"ramfs has no size"}},
		"a yes":          {Filesystem{Type: "ext4", Device: "/dev/null"}, []string{"--destroy"}},
		"a block device": {Filesystem{Type: "ext4", Device: "/dev/null", Destroy: true}, []string{"/dev/null is no block device"}},
		"direct access":  {Filesystem{Type: "ext4", Options: "noatime,dax"}, []string{`option "dax"`, "an image is no memory", "/dev/pmem0"}},
		"also forced":    {Filesystem{Type: "ext4", Options: "dax=always"}, []string{`option "dax=always"`}},
		"any device":     {Filesystem{Type: "ext4", Device: "/dev/nothing", Destroy: true}, []string{"/dev/nothing", "lsblk"}},
	} {
		if err := c.f.Missing(); err == nil || !containsAll(err.Error(), c.want) {
			t.Errorf("%s is missing: %v", name, err)
		}
	}
	known, _ := os.ReadFile("/proc/filesystems")
	if !strings.Contains(string(known), "f2fs") {
		if err := (Filesystem{Type: "f2fs"}).Missing(); err == nil || !strings.Contains(err.Error(), "this kernel has none") {
			t.Errorf("no f2fs: %v", err)
		}
	}
	if path, err := ext("mkfs.ext4").find(); err != nil {
		t.Skip(err)
	} else if path, err = filepath.EvalSymlinks(path); err != nil {
		t.Fatal(err)
	} else if err := unix.Mount("/dev/null", path, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	if err := (Filesystem{Type: "ext4"}).Missing(); err == nil || !strings.Contains(err.Error(), "apt-get install e2fsprogs") {
		t.Errorf("no mkfs.ext4: %v", err)
	}
}

// TestAMountThatFails has the kernel's or the program's reason, and leaves nothing.
func TestAMountThatFails(t *testing.T) {
	if !inPrivate(t) {
		return
	}
	dir := t.TempDir()
	for name, f := range map[string]Filesystem{
		"mkfs":  {Type: "ext4", Size: 64 << 20, Mkfs: []string{"-O", "nonsense"}},
		"mount": {Type: "ext4", Size: 64 << 20, Options: "data=journal", Mkfs: []string{"-O", "^has_journal"}},
	} {
		if err := f.Missing(); err != nil {
			t.Skip(err)
		}
		mounted, err := f.Mount(t.Context(), dir)
		if err == nil || mounted != nil {
			t.Errorf("%s went well", name)
		}
		t.Log(err)
		if left := append(mountsIn(t, dir), attached(dir)...); len(left) > 0 {
			t.Errorf("%s left: %q", name, left)
		}
	}
	if _, err := (Filesystem{Type: "tmpfs"}).Mount(t.Context(), "/proc"); err == nil {
		t.Error("mounted over what is there")
	}
}

// TestMountNeedsANamespace: nobody else is to see what is mounted.
func TestMountNeedsANamespace(t *testing.T) {
	if IsPrivate() {
		t.Skip("is for a process without one")
	}
	if _, err := (Filesystem{Type: "tmpfs"}).Mount(t.Context(), t.TempDir()); err == nil {
		t.Error("mounted for everybody")
	}
}

// TestADevice is overwritten where somebody said so, and only where nothing lies on it
// but what was made there before.
func TestADevice(t *testing.T) {
	if !inPrivate(t) {
		return
	}
	if err := checkLoop(); err != nil {
		t.Skip(err)
	}
	file, err := image("", 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	device, err := attach(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	f := Filesystem{Type: "ext4", Device: device.Name(), Destroy: true}
	dir := t.TempDir()
	for range 2 {
		mounted, err := f.Mount(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Missing(); err == nil || !strings.Contains(err.Error(), "unmount it") {
			t.Errorf("in use: %v", err)
		}
		if err := mounted.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := ext("mkfs.ext4").run(t.Context(), []string{"-q", "-F", "-L", "mine", device.Name()}); err != nil {
		t.Fatal(err)
	}
	if err := f.Missing(); err == nil || !containsAll(err.Error(), []string{"holds ext4", "wipefs -a " + device.Name()}) {
		t.Errorf("it holds a filesystem: %v", err)
	}
}

func TestStepsAndFacts(t *testing.T) {
	f := Filesystem{Type: "ext4", Size: 512 << 20, Mkfs: []string{"-O", "^has_journal"}, Options: "noatime", Image: "/tmp"}
	steps := strings.Join(f.Steps("/mnt/x"), "\n")
	for _, want := range []string{"512 MiB", "on the filesystem of /tmp", "mkfs.ext4 -q -F -b 4096", "-O ^has_journal -L ipcbench /dev/loopN", "mount -t ext4 -o noatime /dev/loopN /mnt/x"} {
		if !strings.Contains(steps, want) {
			t.Errorf("no %q in:\n%s", want, steps)
		}
	}
	if facts := f.Facts(); !strings.HasPrefix(facts["filesystem_on"], "on the filesystem of /tmp, ") || facts["filesystem_size"] != "536870912" {
		t.Errorf("facts: %v", facts)
	}
}

func containsAll(text string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}
