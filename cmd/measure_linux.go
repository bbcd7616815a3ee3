package cmd

import (
	"ipcbench/bench"
	"ipcbench/internal/peer"
	_ "ipcbench/transports/all"
)

// becomeWorker makes this process one end of a pair, and does not return,
// where it was started as that.
func becomeWorker() {
	bench.Worker()
	peer.Serve(demoRole, demoWorker)
}
