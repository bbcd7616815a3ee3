package host

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ClaimName precedes a CPU's number in the name by which a process claims it. A
// test takes another, so as not to meet what else is measured on the machine.
var ClaimName = "ipcbench-cpu-"

// A Claim is what a process tells others of the CPUs that it measures on. It is
// a name of an abstract socket for each (see unix(7)), which the kernel frees with
// the process, however that ends, and which leaves nothing in a filesystem that
// another user could put there instead. Only processes of one network namespace
// see it; a stranger who takes a name causes a warning and nothing else.
type Claim struct {
	sockets []*os.File
	// Others are the processes that have claimed some of the CPUs before, by their
	// CPUs; 0: one of another PID namespace, or that does not listen.
	Others map[int]int
}

// ClaimCPUs claims CPUs. It takes no part in who runs where: of a CPU that is
// claimed by another it only says so. Where sockets are forbidden nobody knows.
func ClaimCPUs(cpus []int) *Claim {
	c := &Claim{Others: map[int]int{}}
	for _, cpu := range cpus {
		socket, err := claim(cpu)
		switch {
		case errors.Is(err, unix.EADDRINUSE):
			c.Others[cpu] = holder(cpu)
		case err == nil:
			c.sockets = append(c.sockets, socket)
		}
	}
	return c
}

// backlog is how many may ask in vain who holds a CPU: nobody accepts them.
const backlog = 128

// claim binds and listens: whoever connects is told by the kernel who it is.
func claim(cpu int) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	err = unix.Bind(fd, addressOf(cpu))
	if err == nil {
		err = unix.Listen(fd, backlog)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "claim of a CPU"), nil
}

// holder is the process that has claimed a CPU; 0: not to be known from here.
func holder(cpu int) int {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, addressOf(cpu)); err != nil {
		return 0
	}
	peer, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0
	}
	return int(peer.Pid)
}

func addressOf(cpu int) unix.Sockaddr {
	return &unix.SockaddrUnix{Name: fmt.Sprintf("@%s%d", ClaimName, cpu)}
}

// Release gives the CPUs back. It can be called again.
func (c *Claim) Release() {
	for _, socket := range c.sockets {
		socket.Close()
	}
	c.sockets = nil
}
