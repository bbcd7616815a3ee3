package pairtest

import (
	"runtime"
	"runtime/debug"
	"testing"

	"golang.org/x/sys/unix"
)

// OnThread runs f on a thread that ends when f returns, if f has left its
// goroutine locked to it, and returns when f does. The first thread of a process
// never ends.
func OnThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			OnThread(f)
			runtime.UnlockOSThread()
			return
		}
		runtime.UnlockOSThread()
		f()
	}()
	<-done
}

// Quiet keeps the runtime from stopping the world until the test ends, and from
// waiting for a thread that waits.
func Quiet(t *testing.T) {
	gc, threads := debug.SetGCPercent(-1), runtime.GOMAXPROCS(4)
	t.Cleanup(func() {
		debug.SetGCPercent(gc)
		runtime.GOMAXPROCS(threads)
	})
}
