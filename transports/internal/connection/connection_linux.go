package connection

import (
	"os"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/buffer"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
)

func Close(pair [2]int) {
	unix.Close(pair[0])
	unix.Close(pair[1])
}

// Link is a link of two connected sockets, which hold as much as the spec
// says. If it fails, they are closed.
func Link(s transports.Spec, fds [2]int, name string) (transports.Link, error) {
	link := &links.PerSide{}
	for side, fd := range fds {
		link[side] = []*os.File{os.NewFile(uintptr(fd), name)}
	}
	size := buffer.Size(s, "buffer")
	if size == 0 {
		return link, nil
	}
	for _, fd := range fds {
		if err := buffer.SetSend(s.Transport, fd, size); err != nil {
			link.Close()
			return nil, err
		}
	}
	return link, nil
}

// Unix is a link of two connected Unix sockets of a kind (SOCK_STREAM).
func Unix(s transports.Spec, kind int) (transports.Link, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, remedy.Refused(s.Transport+": create a pair of sockets (socketpair)", err, "use a kernel with CONFIG_UNIX")
	}
	return Link(s, fds, "a Unix socket")
}
