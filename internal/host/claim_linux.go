package host

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// ClaimName precedes a CPU's number in the name by which a process claims it. A
// test takes another, so as not to meet what else is measured on the machine.
var ClaimName = "ipcbench-cpu-"

// A Claim is what a process tells others of the CPUs that it measures on. It is
// a name of an abstract socket for each (see unix(7)), which the kernel frees with
// the process, however that ends, and which leaves nothing in a filesystem that
// another user could put there instead. A stranger who takes a name, or asks for
// its holder, causes a warning and nothing else.
//
// Only processes of one network namespace see it: two containers on a host do not
// see each other's. There is nothing that all containers of a host can lock without
// privilege: they have mounts, IPC, processes and /sys of their own. What another
// takes from a launch shows in what its ends had of their CPUs (summary.Contended).
type Claim struct {
	sockets map[int]int // descriptors, by CPU
	// Others are the processes that have claimed some of the CPUs before, by their
	// CPUs; 0: one of another PID namespace, or that does not listen.
	Others map[int]int
}

// ClaimCPUs claims CPUs. It takes no part in who runs where: of a CPU that is
// claimed by another it only says so. Where sockets are forbidden nobody knows.
func ClaimCPUs(cpus []int) *Claim {
	c := &Claim{sockets: map[int]int{}, Others: map[int]int{}}
	for _, cpu := range cpus {
		socket, err := claim(cpu)
		switch {
		case errors.Is(err, unix.EADDRINUSE):
			c.Others[cpu] = holder(cpu)
		case err == nil:
			c.sockets[cpu] = socket
		}
	}
	return c
}

// Newcomers are the processes that have asked who holds some of the CPUs since this
// was called last, by those CPUs: they measure there now, or did. 0 is as in Others.
func (c *Claim) Newcomers() map[int][]int {
	found := map[int][]int{}
	for cpu, socket := range c.sockets {
		for range backlog { // whoever asks without end holds up nobody
			fd, _, err := unix.Accept4(socket, unix.SOCK_CLOEXEC)
			if err != nil {
				break
			}
			pid := peerOf(fd)
			unix.Close(fd)
			if !slices.Contains(found[cpu], pid) {
				found[cpu] = append(found[cpu], pid)
			}
		}
	}
	return found
}

// backlog is how many may ask who holds a CPU until they are looked at: more are not
// told, nor told of.
const backlog = 128

// claim binds and listens: whoever connects is told by the kernel who it is.
func claim(cpu int) (socket int, err error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	err = unix.Bind(fd, addressOf(cpu))
	if err == nil {
		err = unix.Listen(fd, backlog)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
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
	return peerOf(fd)
}

func peerOf(fd int) int {
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
		unix.Close(socket)
	}
	c.sockets = nil
}
