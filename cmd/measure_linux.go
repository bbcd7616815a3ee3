package cmd

import (
	"ipcbench/bench"
	"ipcbench/internal/peer"
	"ipcbench/internal/vm"
	_ "ipcbench/transports/all"
)

// becomeWorker makes this process one end of a pair, and does not return,
// where it was started as that.
func becomeWorker() {
	bench.Worker()
	peer.Serve(demoRole, demoWorker)
}

// becomeInit makes this process the first one of a machine, and does not return, where
// it was booted as that.
func becomeInit() { vm.Init() }

// adopt has whatever a worker leaves behind end with it.
func adopt() { peer.Adopt() }
