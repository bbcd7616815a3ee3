package transports

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func init() { Register(pipe{}) }

// pipe is a pair of pipes, one in each direction. See pipe(7).
type pipe struct{}

func (pipe) Info() Info {
	return Info{
		Name:    "pipe",
		Doc:     "a pipe in each direction (pipe2)",
		Kind:    Stream,
		Caps:    SeesPeerDeath,
		MaxSize: largestMessage,
		Options: []Option{descriptorWait()},
	}
}

func (pipe) Probe(s Spec) error { return probeSize(s) }

func (p pipe) Create(s Spec) (Link, error) {
	if err := p.Probe(s); err != nil {
		return nil, err
	}
	there, err := newPipe(s.Capacity)
	if err != nil {
		return nil, err
	}
	back, err := newPipe(s.Capacity)
	if err != nil {
		closeOnce(there...)
		return nil, err
	}
	return &ownFiles{
		Producer: {back[0], there[1]},
		Consumer: {there[0], back[1]},
	}, nil
}

// newPipe returns the read end and the write end of a pipe that buffers
// capacity bytes, or as many as the kernel likes where capacity is 0.
func newPipe(capacity int) ([]*os.File, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("pipe: create a pipe: %w", err)
	}
	ends := []*os.File{
		os.NewFile(uintptr(fds[0]), "a pipe's read end"),
		os.NewFile(uintptr(fds[1]), "a pipe's write end"),
	}
	if capacity == 0 {
		return ends, nil
	}
	if _, err := unix.FcntlInt(ends[1].Fd(), unix.F_SETPIPE_SZ, capacity); err != nil {
		closeOnce(ends...)
		return nil, fmt.Errorf("pipe: make a pipe hold %d bytes: %w: raise fs.pipe-max-size", capacity, err)
	}
	return ends, nil
}

func (pipe) Open(s Spec, _ Side, files []*os.File) (Endpoint, error) {
	return openStream(s, files, pollFile)
}
