package peer

import (
	"runtime"
	"runtime/debug"

	"ipcbench/transports"
)

// PrepareRuntime keeps the Go runtime out of what an end does: the goroutine
// stays on its thread and nothing is collected, unless the transport needs that.
// Where it has threads of its own, as the runtime's poller, the goroutine stays
// free, as in any Go program: locked to a thread, each wait would also hand the
// thread over.
func PrepareRuntime(caps transports.Caps) {
	if !caps.Has(transports.OwnThreads) {
		KeepThread()
	}
	if !caps.Has(transports.NeedsCollector) {
		debug.SetGCPercent(-1)
	}
}

// KeepThread keeps the calling goroutine on its thread, and names that so that it is
// found among those of the Go runtime, see [Exit.Threads].
func KeepThread() {
	runtime.LockOSThread()
	nameThread()
}
