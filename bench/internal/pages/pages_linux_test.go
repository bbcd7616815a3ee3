package pages

import (
	"os"
	"runtime"
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
			costs, faults := leastFaults(t, create, n)
			states := map[string]bool{}
			for _, c := range costs.All {
				want := int64(0)
				if c.Way == Touch || c.Way == Populate {
					want = n
				}
				if got := faults[c.Way+" "+c.State]; got != want || c.Pages != n || c.NS <= 0 {
					t.Errorf("%s %d %s pages: %d faults instead of %d, in %d ns", c.Way, c.Pages, c.State, got, want, c.NS)
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

// leastFaults is the least number of faults of each way to pages, of ten measurements: the thread of a test is interrupted by the Go runtime now and then, and the
// kernel takes pages back that it has not seen used for long, which are faults of no
// page that is counted. None can be missing.
func leastFaults(t *testing.T, create func() (*os.File, error), n int) (costs Costs, least map[string]int64) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	least = map[string]int64{}
	for range 10 {
		var err error
		if costs, err = Measure(create, n); err != nil {
			t.Fatal(err)
		}
		for _, c := range costs.All {
			name := c.Way + " " + c.State
			if known, has := least[name]; !has || c.Minor+c.Major < known {
				least[name] = c.Minor + c.Major
			}
		}
	}
	return costs, least
}
