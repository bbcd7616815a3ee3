package host

import (
	"bytes"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// A RunQueue tells how long a thread has been ready to run and has waited for
// its CPU. It is kept open, so that a reading costs one system call.
type RunQueue struct{ fd int }

// OpenRunQueue opens that of the calling thread. On a kernel that does not
// keep the account, every reading says so.
func OpenRunQueue() RunQueue { return openRunQueue("/proc/thread-self") }

// OpenRunQueueOf opens that of another process's first thread.
func OpenRunQueueOf(pid int) RunQueue { return openRunQueue(fmt.Sprintf("/proc/%d", pid)) }

func openRunQueue(dir string) RunQueue {
	fd, err := unix.Open(dir+"/schedstat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return RunQueue{-1}
	}
	return RunQueue{fd}
}

// WaitNS returns the nanoseconds waited since the thread began. ok is false
// where the kernel does not say. It does not allocate.
func (q RunQueue) WaitNS() (ns int64, ok bool) {
	var text [64]byte
	n, err := unix.Pread(q.fd, text[:], 0)
	if err != nil {
		return 0, false
	}
	return runQueueWait(text[:n])
}

// Close closes it.
func (q RunQueue) Close() { unix.Close(q.fd) }

// runQueueWait takes the second number of "75101 6382 3": time on the CPU, time
// waited for it, and turns it had.
func runQueueWait(schedstat []byte) (ns int64, ok bool) {
	_, rest, _ := bytes.Cut(schedstat, []byte(" "))
	wait, _, found := bytes.Cut(rest, []byte(" "))
	ns, err := strconv.ParseInt(string(wait), 10, 64)
	return ns, found && err == nil
}
