package connection

import (
	"os"

	"golang.org/x/sys/unix"

	"ipcbench/transports/internal/links"
)

// Datagrams returns two UDP sockets on the loopback, each connected to the other.
//
// From bind to connect a socket takes what anybody sends. All of that is drained,
// also what a processor was just about to queue, which had looked the socket up
// before it was connected: membarrier(2) waits for those. After that the kernel
// finds the sockets for nobody but each other.
func Datagrams(name string) (*links.PerSide, error) {
	link := &links.PerSide{}
	if err := fill(link, name); err != nil {
		link.Close()
		return nil, err
	}
	return link, nil
}

func fill(link *links.PerSide, name string) error {
	var pair [2]int
	var names [2]unix.Sockaddr
	for side := range link {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		pair[side], link[side] = fd, []*os.File{os.NewFile(uintptr(fd), name)}
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: loopback}); err != nil {
			return err
		}
		if names[side], err = unix.Getsockname(fd); err != nil {
			return err
		}
	}
	for side, fd := range pair {
		if err := unix.Connect(fd, names[1-side]); err != nil {
			return err
		}
	}
	passAll()
	for _, fd := range pair {
		drain(fd)
	}
	return greet(pair, hearDatagram, newDeadline())
}

// passAll waits until every processor has left what it was doing in the kernel:
// MEMBARRIER_CMD_GLOBAL is a grace period of RCU. Where it is refused, who was
// about to queue something has had the time of two connects to do so.
func passAll() {
	const global = 1
	unix.Syscall(unix.SYS_MEMBARRIER, global, 0, 0)
}

// drain throws away what was received.
func drain(fd int) {
	for {
		if _, _, err := unix.Recvfrom(fd, nil, unix.MSG_DONTWAIT); err != nil && err != unix.EINTR {
			return
		}
	}
}
