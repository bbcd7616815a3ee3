package pages

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func memfd() (*os.File, error) {
	fd, err := unix.MemfdCreate("pages", unix.MFD_CLOEXEC)
	return os.NewFile(uintptr(fd), "a memfd"), err
}

// onDisk makes files that have no name, where t's temporary directory allows it.
func onDisk(t *testing.T) func() (*os.File, error) {
	dir := t.TempDir()
	return func() (*os.File, error) {
		fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
		return os.NewFile(uintptr(fd), "a file in "+dir), err
	}
}

// TestFaultsAreCountedExactly: a write to each page of a mapping is one fault a page,
// whatever its state, and so is populating it. What system calls do with pages is
// none.
func TestFaultsAreCountedExactly(t *testing.T) {
	const n = 100
	for name, create := range map[string]func() (*os.File, error){"memory": memfd, "disk": onDisk(t)} {
		t.Run(name, func(t *testing.T) {
			if f, err := create(); err != nil {
				t.Skip(err)
			} else {
				f.Close()
			}
			costs, err := Measure(create, n)
			if err != nil {
				t.Fatal(err)
			}
			states := map[string]bool{}
			for _, c := range costs.All {
				want := int64(0)
				if c.Way == Touch || c.Way == Populate {
					want = n
				}
				got := c.Minor + c.Major
				if c.State == Cold && got > want && got <= want+n/10 {
					got = want // while it waits for storage, the thread may be given other work by the Go runtime, and a page be taken again
				}
				if got != want || c.Pages != n || c.NS <= 0 {
					t.Errorf("%s %d %s pages: %d faults instead of %d, in %d ns", c.Way, c.Pages, c.State, c.Minor+c.Major, want, c.NS)
				}
				if c.State == Warm && c.Major > 0 {
					t.Errorf("%s warm pages: %d faults waited for storage", c.Way, c.Major)
				}
				states[c.Way+" "+c.State] = true
			}
			for _, way := range []string{Touch, Write, Read} { // Populate is Linux 5.14
				if !states[way+" "+New] || !states[way+" "+Warm] || states[way+" "+Cold] != (costs.Uncold == "") {
					t.Errorf("by %s there is %v, and no page could be dropped because %q", way, states, costs.Uncold)
				}
			}
			if len(costs.MapNS) < 2 {
				t.Errorf("%d calls to mmap were timed", len(costs.MapNS))
			}
		})
	}
}

// TestWhatLiesInMemoryIsNeverCold, and it is said why.
func TestWhatLiesInMemoryIsNeverCold(t *testing.T) {
	costs, err := Measure(memfd, 4)
	if err != nil {
		t.Fatal(err)
	}
	if costs.Uncold == "" {
		t.Error("the pages of a memfd were dropped from memory")
	}
}

// TestAFullFilesystemIsAnError, and no SIGBUS.
func TestAFullFilesystemIsAnError(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("mount a tmpfs: ", err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	_, err := Measure(func() (*os.File, error) {
		fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
		return os.NewFile(uintptr(fd), "a file"), err
	}, 1000)
	if err == nil {
		t.Error("1000 pages had room in 64 KiB")
	}
}
