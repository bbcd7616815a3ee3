package host

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestBuffersAreWhatTheKernelGave(t *testing.T) {
	var pipe, pair [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours := map[int]bool{pipe[0]: true, pipe[1]: true, pair[0]: true, pair[1]: true}
	defer func() {
		for fd := range ours {
			unix.Close(fd)
		}
	}()
	got, err := unix.FcntlInt(uintptr(pipe[1]), unix.F_SETPIPE_SZ, 5000) // a kernel gives whole pages
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptInt(pair[1], unix.SOL_SOCKET, unix.SO_SNDBUF, 8000); err != nil { // and counts its own part
		t.Fatal(err)
	}
	buffers := Buffers(func(fd int) bool { return !ours[fd] })
	if buffers["pipe capacity"] != int64(got) || buffers["socket send buffer"] != 16000 || buffers["socket receive buffer"] <= 0 {
		t.Errorf("%v, and the pipe has %d", buffers, got)
	}
	if none := Buffers(func(int) bool { return true }); len(none) > 0 {
		t.Errorf("of no descriptor: %v", none)
	}
}
