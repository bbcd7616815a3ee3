package transporttest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// startPoller makes the Go runtime open the descriptors of its poller, which it
// keeps, and which would look like a leak of the first case.
var startPoller = sync.OnceFunc(func() {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
})

// leftovers lists all that a link in dir could leave behind.
func leftovers(dir string) []string { return append(Names(dir), owned()...) }

// owned lists this process's descriptors and the memory that it shares.
func owned() []string {
	var all []string
	descriptors, _ := filepath.Glob("/proc/thread-self/fd/*")
	for _, name := range descriptors {
		// One of them was open only to list them.
		all = append(all, target(name)...)
	}
	maps, _ := os.ReadFile("/proc/self/maps")
	for line := range strings.Lines(string(maps)) {
		// address, permissions, offset, device, inode, name. Go's own is private.
		if fields := strings.Fields(line); len(fields) > 4 && strings.HasSuffix(fields[1], "s") {
			all = append(all, "the mapping "+strings.TrimSpace(line))
		}
	}
	return all
}

// targets lists what files are as owned does.
func targets(files []*os.File) []string {
	var all []string
	for _, f := range files {
		all = append(all, target(fmt.Sprintf("/proc/thread-self/fd/%d", f.Fd()))...)
	}
	return all
}

func target(name string) []string {
	target, err := os.Readlink(name)
	if err != nil {
		return nil
	}
	return []string{"the descriptor of " + target}
}

// Names lists what a link in dir could leave for all to see: names in dir and
// in the places where the kernel keeps such things.
func Names(dir string) []string {
	var all []string
	for _, d := range [][2]string{{dir, dir}, {"/dev/shm", "/dev/shm"}, {queues(), "message queue "}} {
		entries, _ := os.ReadDir(d[0])
		for _, entry := range entries {
			all = append(all, filepath.Join(d[1], entry.Name()))
		}
	}
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); len(fields) > 4 && strings.HasPrefix(fields[4], dir+"/") {
			all = append(all, "the mount "+fields[4])
		}
	}
	for _, table := range []string{"/proc/sysvipc/shm", "/proc/sysvipc/msg", "/proc/sysvipc/sem"} {
		text, _ := os.ReadFile(table)
		for line := range strings.Lines(string(text)) {
			// A segment that goes with the last process to have it attached is no
			// more left than that process's mapping.
			var key, id, mode int
			n, _ := fmt.Sscanf(line, "%d %d %o", &key, &id, &mode)
			if n == 3 && mode&shmDest == 0 {
				all = append(all, fmt.Sprintf("%s %d", table, id))
			}
		}
	}
	return all
}

// shmDest is the permission bit SHM_DEST of a segment that was removed and is
// still attached. See shmctl(2).
const shmDest = 0o1000

// queues is a mount of the POSIX message queues that has no name and ends with
// this process: /dev/mqueue need not be mounted. Where the user may not mount,
// it is that nevertheless. See fsmount(2), mq_overview(7).
var queues = sync.OnceValue(func() string {
	fs, err := unix.Fsopen("mqueue", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return "/dev/mqueue"
	}
	defer unix.Close(fs)
	if err := unix.FsconfigCreate(fs); err != nil {
		return "/dev/mqueue"
	}
	root, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return "/dev/mqueue"
	}
	return fmt.Sprintf("/proc/thread-self/fd/%d", root)
})

// patience is how long something that is left may take to go: other processes
// use the same machine, and the kernel tears some things down behind a process
// that has ended. What was left by mistake stays.
const patience = 500 * time.Millisecond

// Leaked says what list still has more than before, after some patience.
func Leaked(before []string, list func() []string) error {
	left := more(before, list())
	for end := time.Now().Add(unhurried(patience)); left != nil && time.Now().Before(end); {
		time.Sleep(time.Millisecond) // polls; it does not decide anything
		now := more(before, list())
		left = slices.DeleteFunc(left, func(name string) bool { return !slices.Contains(now, name) })
		if len(left) == 0 {
			left = nil
		}
	}
	if left != nil {
		return fmt.Errorf("it left behind: %s", strings.Join(left, ", "))
	}
	return nil
}

// more returns what after has and before has not, or not so often.
func more(before, after []string) []string {
	before = slices.Clone(before)
	var left []string
	for _, name := range after {
		if i := slices.Index(before, name); i >= 0 {
			before = slices.Delete(before, i, i+1)
		} else {
			left = append(left, name)
		}
	}
	return left
}
