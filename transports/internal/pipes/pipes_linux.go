package pipes

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/buffer"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
)

// CapacityOption is the option capacity of a pipe.
func CapacityOption() transports.Option {
	return buffer.Option("capacity", "how many bytes a pipe holds", os.Getpagesize(), "as many as the kernel gives a new pipe, mostly 64 KiB", "F_SETPIPE_SZ to")
}

// New returns the read end and the write end of a pipe.
func New(s transports.Spec) ([]*os.File, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, remedy.Refused(s.Transport+": create a pipe (pipe2)", err, "use a kernel that has it")
	}
	return SetCapacity(s, []*os.File{
		os.NewFile(uintptr(fds[0]), "a pipe's read end"),
		os.NewFile(uintptr(fds[1]), "a pipe's write end"),
	})
}

// SetCapacity makes the pipe between ends hold what the option capacity,
// or else the link, says. If it cannot, it closes them.
func SetCapacity(s transports.Spec, ends []*os.File) ([]*os.File, error) {
	want := buffer.Size(s, "capacity")
	if want == 0 {
		return ends, nil
	}
	// F_SETPIPE_SZ rounds up to a power of two pages and never down.
	if _, err := unix.FcntlInt(ends[1].Fd(), unix.F_SETPIPE_SZ, want); err != nil {
		links.Close(ends...)
		what := fmt.Sprintf("%s: make a pipe hold %d bytes (F_SETPIPE_SZ)", s.Transport, want)
		if err == unix.EPERM || err == unix.EBUSY {
			return nil, transports.Unsupported(fmt.Sprintf("%s: %v: %s", what, err, remedy.OnMachine("raise fs.pipe-max-size or fs.pipe-user-pages-soft")))
		}
		return nil, remedy.Refused(what, err, "leave its capacity as it is")
	}
	return ends, nil
}

// Pair is a link of a pipe in each direction.
func Pair(s transports.Spec) (transports.Link, error) {
	there, err := New(s)
	if err != nil {
		return nil, err
	}
	back, err := New(s)
	if err != nil {
		links.Close(there...)
		return nil, err
	}
	return Link(there, back), nil
}

// Link is a link of two pipes, each a read end and a write end.
func Link(there, back []*os.File) transports.Link {
	return &links.PerSide{
		transports.Producer: {back[0], there[1]},
		transports.Consumer: {there[0], back[1]},
	}
}
