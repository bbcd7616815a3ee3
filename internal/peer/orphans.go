package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// family is which children of this process were started here. Of any other child
// it is known, once it adopts, that a worker has left it.
var family = struct {
	sync.Mutex
	adopts bool
	own    map[int]bool
}{own: map[int]bool{}}

// Adopt has whatever a worker leaves behind killed when the worker has ended: this
// process becomes its parent (PR_SET_CHILD_SUBREAPER, prctl(2)), and kills every
// child that it did not start by this package. It is for a process that starts no
// others. Without it, what stayed in the worker's process group is killed.
func Adopt() {
	family.Lock()
	defer family.Unlock()
	family.adopts = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == nil
}

// takeInChildren takes in the children that are there: they are of what this process has done
// itself, such as making a link that needs a process of its own. Those that have
// gone are forgotten.
func takeInChildren() {
	family.Lock()
	defer family.Unlock()
	if !family.adopts {
		return
	}
	present := map[int]bool{}
	for _, pid := range children() {
		present[pid] = true
	}
	family.own = present
}

// disown forgets a child that has been waited for.
func disown(pid int) {
	family.Lock()
	defer family.Unlock()
	delete(family.own, pid)
}

// burial is how long the driver waits for an orphan that it has killed, and testament how
// long one has before, from a SIGTERM on, to remove what it would leave.
const (
	burial    = 100 * time.Millisecond
	testament = 50 * time.Millisecond
)

// killOrphans kills the children that are none of the family, and those that come
// of it, and waits until they have ended. Each is asked first.
func killOrphans() {
	family.Lock()
	defer family.Unlock()
	if !family.adopts {
		return
	}
	asked := map[int]time.Time{}
	for end := time.Now().Add(testament + burial); time.Now().Before(end); time.Sleep(time.Millisecond) {
		orphans := orphans()
		if len(orphans) == 0 {
			return
		}
		for _, pid := range orphans {
			switch at, known := asked[pid]; {
			case !known:
				asked[pid] = time.Now()
				unix.Kill(pid, unix.SIGTERM)
			case time.Since(at) > testament:
				unix.Kill(pid, unix.SIGKILL)
			}
			unix.Wait4(pid, nil, unix.WNOHANG, nil)
		}
	}
}

// orphans are the children that are none of the family.
func orphans() []int {
	return slices.DeleteFunc(children(), func(pid int) bool { return family.own[pid] })
}

// children lists those of this process's first thread, which the kernel makes the
// parent of orphans: it takes the first that lives (find_alive_thread in its
// kernel/exit.c). What other threads have started is not among them. Before Linux
// 4.2, or without CONFIG_PROC_CHILDREN, it does not say.
func children() []int {
	return childrenIn(fmt.Sprintf("/proc/self/task/%d", os.Getpid()))
}

// childrenOf lists those that any thread of another process has started.
func childrenOf(pid int) []int {
	var found []int
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	for _, thread := range threads[:min(len(threads), mostThreads)] {
		found = append(found, childrenIn(thread)...)
	}
	return found
}

func childrenIn(thread string) []int {
	var found []int
	text, _ := os.ReadFile(thread + "/children")
	for word := range strings.FieldsSeq(string(text)) {
		if pid, err := strconv.Atoi(word); err == nil {
			found = append(found, pid)
		}
	}
	return found
}
