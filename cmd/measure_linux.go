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

// adopt has whatever a worker leaves behind end with it.
func adopt() { peer.Adopt() }
