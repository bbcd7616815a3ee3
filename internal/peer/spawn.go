package peer

import (
	"os/exec"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// spawner runs functions on one thread that lives as long as this process. A
// worker is killed when the thread that started it ends (PR_SET_PDEATHSIG,
// prctl(2)), not only when the whole process does.
var spawner = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

// spawn starts cmd, on cpu only where that is not negative: a new process
// inherits the affinity of the thread that starts it.
func spawn(cmd *exec.Cmd, cpu int) error {
	done := make(chan error)
	spawner() <- func() {
		var all unix.CPUSet
		if cpu >= 0 {
			var one unix.CPUSet
			one.Set(cpu)
			err := unix.SchedGetaffinity(0, &all)
			if err == nil {
				err = unix.SchedSetaffinity(0, &one)
			}
			if err != nil {
				done <- err
				return
			}
		}
		err := startOwn(cmd)
		if cpu >= 0 {
			unix.SchedSetaffinity(0, &all)
		}
		done <- err
	}
	return <-done
}

// startOwn starts a child of the family: none that a worker left.
func startOwn(cmd *exec.Cmd) error {
	family.Lock()
	defer family.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	family.own[cmd.Process.Pid] = true
	return nil
}
