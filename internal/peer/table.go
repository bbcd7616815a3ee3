package peer

import (
	"errors"
	"fmt"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// OwnTable gives the calling thread, to which its goroutine must be locked, a
// table of descriptors of its own, as a program of one thread has. In a shared
// one, each system call on a descriptor counts its users up and down, by two
// atomic operations: they were 3 to 5 % of a round trip through the kernel.
//
// The n descriptors of the link are closed in the table of the other threads, or
// they would stay open when this thread closes them. An error means that the
// table is shared as before.
func (c *Control) OwnTable(n int) error {
	if err := startPoller(); err != nil {
		return err
	}
	if err := unshareTable(); err != nil {
		return err
	}
	closed := make(chan struct{})
	go func() { // on one of the other threads
		for i := range n {
			unix.Close(firstLinkFD + i)
		}
		close(closed)
	}()
	<-closed
	return nil
}

// startPoller has the Go runtime open the descriptors of its poller, which all
// threads use: opened later, by the first to need it, they would be in one table
// and missing in the other, and the runtime ends a process for that.
func startPoller() error {
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start the runtime's poller: %w", err)
	}
	return errors.Join(r.Close(), w.Close())
}

// unshareTable copies the table by unshare(2), which containers often forbid for
// its other uses, or by close_range(2), which closes nothing here.
func unshareTable() error {
	err := unix.Unshare(unix.CLONE_FILES)
	if err == nil {
		return nil
	}
	if also := unix.CloseRange(math.MaxUint32, math.MaxUint32, unix.CLOSE_RANGE_UNSHARE); also != nil {
		return fmt.Errorf("unshare the table of descriptors: %w", errors.Join(err, also))
	}
	return nil
}

// IsOwn reports whether a descriptor of this worker is the conversation's: the
// standard three and the control socket, and nothing of its link.
func (c *Control) IsOwn(fd int) bool { return fd <= controlFD }
