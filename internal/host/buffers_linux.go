package host

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Buffers returns how much the kernel's buffers behind this thread's descriptors
// hold, in bytes by what they are: "pipe capacity", "socket send buffer", "socket
// receive buffer", the least of several; see F_GETPIPE_SZ in fcntl(2), SO_SNDBUF
// in socket(7). What was asked for may have been more: a user who has many pipes
// gets small ones, and says nothing of it. Descriptors that skip is true of are
// left out.
func Buffers(skip func(fd int) bool) map[string]int64 {
	entries, err := os.ReadDir("/proc/thread-self/fd")
	if err != nil {
		return nil
	}
	least := map[string]int64{}
	note := func(what string, bytes int, err error) {
		if old, known := least[what]; err == nil && (!known || int64(bytes) < old) {
			least[what] = int64(bytes)
		}
	}
	for _, entry := range entries {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil || skip(fd) {
			continue
		}
		bytes, err := unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
		note("pipe capacity", bytes, err)
		for option, what := range map[int]string{unix.SO_SNDBUF: "socket send buffer", unix.SO_RCVBUF: "socket receive buffer"} {
			bytes, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, option)
			note(what, bytes, err)
		}
	}
	return least
}
