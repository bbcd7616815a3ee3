package peer

import (
	"runtime"
	"sync"
)

// ReserveThreads has the Go runtime start n threads at once, which it keeps: as
// long as no more are in use, it starts none. A runtime that needs a thread and
// gets none, at a limit of processes that others have reached meanwhile, ends the
// process.
func ReserveThreads(n int) {
	var started, ended sync.WaitGroup
	started.Add(n)
	for range n {
		ended.Go(func() {
			runtime.LockOSThread() // or one thread would do for all of them
			defer runtime.UnlockOSThread()
			started.Done()
			started.Wait()
		})
	}
	ended.Wait()
}
