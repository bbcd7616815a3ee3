package host

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMountOfProc(t *testing.T) {
	m, err := MountOf("/proc/self/status")
	if err != nil || m.FSType != "proc" || m.Point != "/proc" {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestMountOfALinkIsThatOfItsTarget(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("/proc", link); err != nil {
		t.Fatal(err)
	}
	if m, err := MountOf(link); err != nil || m.FSType != "proc" {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestMountOfWhatIsNotThere(t *testing.T) {
	if m, err := MountOf("/no/such/path"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %+v, %v", m, err)
	}
}

const table = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw,errors=remount-ro
30 22 0:25 / /mnt/two\040words ro,nosuid - tmpfs my\134tmp rw,size=4k
31 22 0:26 / /mnt rw - tmpfs below rw
32 22 0:27 / /mnt rw - tmpfs above rw
not a line of the table
`

func TestMountinfo(t *testing.T) {
	mounts := parseMountinfo(table)
	if len(mounts) != 4 {
		t.Fatalf("%d mounts, want 4: %+v", len(mounts), mounts)
	}
	want := mount{id: 30, Mount: Mount{
		FSType: "tmpfs", Options: "ro,nosuid,size=4k", Point: "/mnt/two words", Source: `my\tmp`,
	}}
	if mounts[1] != want {
		t.Errorf("got %+v, want %+v", mounts[1], want)
	}
	if got, want := mounts[0].Options, "rw,relatime,errors=remount-ro"; got != want {
		t.Errorf("options %q, want %q", got, want)
	}
}

func TestLongestMountPointAbove(t *testing.T) {
	mounts := parseMountinfo(table)
	for path, source := range map[string]string{
		"/":                  "/dev/root",
		"/mntx":              "/dev/root",
		"/mnt":               "above",
		"/mnt/two":           "above",
		"/mnt/two words/sub": `my\tmp`,
	} {
		if m, ok := longestAbove(path, mounts); !ok || m.Source != source {
			t.Errorf("%s is on %+v, want %s", path, m, source)
		}
	}
}

func TestCheckDir(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := CheckDir(dir); err != nil {
		t.Errorf("a directory of my own: %v", err)
	}
	for path, want := range map[string]error{
		filepath.Join(dir, "none"): unix.ENOENT,
		file:                       unix.ENOTDIR,
		filepath.Join(file, "sub"): unix.ENOTDIR,
	} {
		err := CheckDir(path)
		if !errors.Is(err, want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line that names it and wraps %v", path, err, want)
		}
	}
}

func TestCheckDirOnAReadOnlyFilesystem(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting needs root: run the tests as root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, "size=4k"); err != nil {
		t.Skipf("mount a read-only tmpfs: %v: run the tests where mounting is allowed", err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	if err := CheckDir(dir); !errors.Is(err, unix.EROFS) {
		t.Errorf("got %v, want %v", err, unix.EROFS)
	}
}

func FuzzMountinfo(f *testing.F) {
	f.Add("24 30 0:22 / /proc rw,relatime shared:5 - proc proc rw\n")
	f.Add("1 2 3 4 /a\\040b 6 - 7 8 9")
	f.Add("1 2 3 4 \\ 6 - 7 8 \\04\n\n - \n")
	f.Fuzz(func(t *testing.T, table string) {
		mounts := parseMountinfo(table)
		if lines := strings.Count(table, "\n") + 1; len(mounts) > lines {
			t.Errorf("%d mounts in %d lines", len(mounts), lines)
		}
		longestAbove("/a b/c", mounts)
	})
}
