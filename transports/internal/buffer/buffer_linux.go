package buffer

import (
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/remedy"
)

// Sizes are the sizes in bytes that a user can give a buffer of the
// kernel's.
var Sizes = map[string]int{"4KiB": 4 << 10, "16KiB": 16 << 10, "64KiB": 64 << 10, "256KiB": 256 << 10, "1MiB": 1 << 20}

// Option is how much a link buffers, where the user says so, from least
// bytes on: byDefault describes what it is otherwise, and set how it is set.
func Option(name, doc string, least int, byDefault, set string) transports.Option {
	values := []transports.Value{{Name: "default", Doc: byDefault}}
	for _, size := range slices.SortedFunc(maps.Keys(Sizes), func(a, b string) int { return Sizes[a] - Sizes[b] }) {
		if Sizes[size] >= least {
			values = append(values, transports.Value{Name: size, Doc: set + " " + size})
		}
	}
	return transports.Option{Name: name, Doc: doc, Values: values}
}

// Size is what the option of s called name says, or else the link, in bytes; 0
// is the kernel's own choice.
func Size(s transports.Spec, name string) int {
	if size, given := Sizes[s.Option(name)]; given {
		return size
	}
	return s.Capacity
}

// SocketOption is the option buffer of a socket. A TCP connection over loopback
// that holds less than one segment, some 64 KiB, waits for delayed
// acknowledgements of parts of it.
func SocketOption() transports.Option {
	return Option("buffer", "how many bytes a socket holds on their way", 64<<10,
		"as many as the kernel likes (net.core.wmem_default, or what TCP finds out)", "SO_SNDBUF to hold")
}

// SetSend makes a socket hold size bytes on their way. The kernel doubles
// size to have room for its own records, and where it is above net.core.wmem_max
// cuts it silently, except for SO_SNDBUFFORCE (socket(7)), which needs
// CAP_NET_ADMIN.
func SetSend(what string, fd, size int) error {
	err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, size)
	if err == unix.EPERM {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, size)
	}
	if err != nil {
		return remedy.Refused(fmt.Sprintf("%s: set SO_SNDBUF to %d bytes", what, size), err, "leave it as it is")
	}
	if got, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF); err == nil && got < 2*size {
		return transports.Unsupported(fmt.Sprintf("%s: set SO_SNDBUF to %d bytes: the kernel allows %d: %s", what, size, got/2, remedy.OnMachine("raise net.core.wmem_max")))
	}
	return nil
}
