package cmd

import (
	"errors"

	"golang.org/x/sys/unix"

	"ipcbench/bench"
	"ipcbench/internal/lab"
	"ipcbench/internal/peer"
	"ipcbench/internal/vm"
	_ "ipcbench/transports/all"
)

// becomePrivate makes this process what an experiment started it as.
func becomePrivate() { lab.Launch() }

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

// fewestFiles is how many files more the Go runtime opens for itself, and a few: it
// ends a process, with a trace, that may not open them.
const fewestFiles = 8

// roomForFiles says that fewer may be opened, or nil.
func roomForFiles() error {
	for range fewestFiles {
		fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0)
		if errors.Is(err, unix.EMFILE) {
			return usagef("fewer than %d files more may be opened: raise the limit of open files (ulimit -n)", fewestFiles)
		}
		if err == nil {
			defer unix.Close(fd)
		}
	}
	return nil
}
