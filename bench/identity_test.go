package bench_test

import (
	"context"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/results"
)

// launchesAround runs a plan of two launches or more of one cell and calls
// between after the first.
func launchesAround(t *testing.T, spec, dir string, between func()) []results.Launch {
	t.Helper()
	p := smallPlan(t, spec)
	p.Dirs, p.Launches, p.Sizes, p.Placements = []string{dir}, 3, []int{64}, []string{"same-cpu"}
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	launches, err := p.Run(context.Background(), cells, func(results.Launch) error {
		if made++; made == 1 {
			between()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return launches
}

// onlyTheFirst wants the launches after the first to have failed with a reason
// that has these words.
func onlyTheFirst(t *testing.T, launches []results.Launch, words ...string) {
	t.Helper()
	if launches[0].Status != results.OK {
		t.Fatalf("the first launch %s: %s", launches[0].Status, launches[0].Reason)
	}
	for _, l := range launches[1:] {
		for _, want := range words {
			if l.Status != results.Failed || !strings.Contains(l.Reason, want) {
				t.Errorf("a launch of what is no longer the cell: %s: %q, want %q", l.Status, l.Reason, want)
			}
		}
	}
}

// Rows of a filesystem were labelled with it that had run on the one below.
func TestAFilesystemThatIsUnmountedIsNotTheCellsAnyMore(t *testing.T) {
	for _, spec := range []string{"mmap:wait=futex", "file:wait=inotify", "log:wait=inotify"} {
		dir := t.TempDir()
		mount := func() error { return unix.Mount("none", dir, "tmpfs", 0, "size=16m") }
		if err := mount(); err != nil {
			t.Skip(err, ": run as root")
		}
		defer unix.Unmount(dir, unix.MNT_DETACH)
		onlyTheFirst(t, launchesAround(t, spec, dir, func() {
			if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
				t.Fatal(err)
			}
		}), dir+" is no longer what the cell is of: it was on tmpfs", "is on ")
	}
}

func TestAFilesystemThatIsMountedAnewIsNotTheCells(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=16m"); err != nil {
		t.Skip(err, ": run as root")
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	onlyTheFirst(t, launchesAround(t, "mmap:wait=futex", dir, func() {
		if err := unix.Mount("none", dir, "tmpfs", unix.MS_REMOUNT|unix.MS_SYNCHRONOUS, "size=16m"); err != nil {
			t.Fatal(err)
		}
	}), "sync")
}

func TestALimitThatChangesMakesAnotherCell(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur < 4096 {
		t.Skip("no memory may be locked: raise ulimit -l")
	}
	defer unix.Setrlimit(unix.RLIMIT_MEMLOCK, &limit)
	onlyTheFirst(t, launchesAround(t, "pipe", t.TempDir(), func() {
		if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: limit.Cur / 2, Max: limit.Max}); err != nil {
			t.Fatal(err)
		}
	}), "the limits are no longer what the cell is of: memlock was ")
}

// A user who has many pipes gets small ones, and nothing said so.
func TestALaunchSaysWhatItsBuffersHold(t *testing.T) {
	for spec, wants := range map[string][]string{"pipe": {"pipe capacity"}, "unix": {"socket send buffer", "socket receive buffer"}, "tcp": {"socket send buffer"}} {
		for _, l := range launchesAround(t, spec, t.TempDir(), func() {}) {
			for _, w := range l.Workers {
				for _, want := range wants {
					if w.Buffers[want] <= 0 {
						t.Errorf("%s, %s: %v, want a %s (%s)", spec, w.Side, w.Buffers, want, l.Reason)
					}
				}
			}
		}
	}
}
