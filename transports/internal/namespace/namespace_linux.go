package namespace

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/remedy"
)

// Previous is the IPC namespace that a thread was in before it entered
// another.
type Previous struct{ file *os.File }

// Enter locks the goroutine to its thread and has enter change that
// thread's IPC namespace, until leave. what is the transport, for errors.
func Enter(what string, enter func() error) (Previous, error) {
	runtime.LockOSThread()
	previous, err := Own(what)
	if err == nil {
		if err = enter(); err == nil {
			return Previous{previous}, nil
		}
		previous.Close()
	}
	runtime.UnlockOSThread()
	return Previous{}, err
}

// Own opens the IPC namespace that this thread is in. what is the transport, for
// errors.
func Own(what string) (*os.File, error) {
	const path = "/proc/thread-self/ns/ipc"
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: open %s: %w: %s", what, path, kernel.Errno(err), remedy.Reader(err, "/proc"))
	}
	return f, nil
}

// Leave goes back. Root of a user namespace may not go back to an IPC namespace
// from outside of it. Then the thread stays where it is and the goroutine locked
// to it, and the runtime ends the thread with the goroutine.
func (n Previous) Leave() {
	if unix.Setns(int(n.file.Fd()), unix.CLONE_NEWIPC) == nil {
		runtime.UnlockOSThread()
	}
	n.file.Close()
}
