package pipe

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/pipes"
	"ipcbench/transports/internal/remedy"
	"ipcbench/transports/internal/stream"
)

func init() { transports.Register(fifo{}) }

// fifo is a pair of named pipes, one in each direction. Once open it is a pipe
// with an inode of a filesystem's. See fifo(7), mkfifo(3).
type fifo struct{}

var fifoInfo = transports.Info{
	Name:    "fifo",
	Doc:     "a named pipe in each direction (mkfifo)",
	Kind:    transports.Stream,
	Group:   group,
	Caps:    transports.SeesPeerDeath | transports.NeedsDir,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{pipes.CapacityOption(), descriptor.WaitOption()},
}

func (fifo) Info() transports.Info { return fifoInfo }

func (fifo) Probe(s transports.Spec) error { return transports.ProbeSize(s) }

func (t fifo) Create(s transports.Spec) (transports.Link, error) {
	if err := t.Probe(s); err != nil {
		return nil, err
	}
	there, err := newFIFO(s)
	if err != nil {
		return nil, err
	}
	back, err := newFIFO(s)
	if err != nil {
		links.Close(there...)
		return nil, err
	}
	return pipes.Link(there, back), nil
}

// newFIFO returns the read end and the write end of a FIFO in the spec's
// directory. Its name is gone on return; a driver that is killed between mkfifo
// and unlink, some ten microseconds, leaves an empty one.
func newFIFO(s transports.Spec) ([]*os.File, error) {
	name := filepath.Join(s.Dir, fmt.Sprintf(".ipcbench-%x", rand.Uint64()))
	if err := unix.Mkfifo(name, 0o600); err != nil {
		return nil, fmt.Errorf("fifo: make a FIFO in %s: %w: choose another --dir", s.Dir, err)
	}
	defer unix.Unlink(name)
	// A writer would wait for a reader, and a reader for a writer if it were to
	// block. How an end waits later is up to Open.
	r, err := unix.Open(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("fifo: open a FIFO in %s to read: %w: %s", s.Dir, err, remedy.File(err))
	}
	reader := os.NewFile(uintptr(r), "a FIFO's read end")
	w, err := unix.Open(name, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		reader.Close()
		return nil, fmt.Errorf("fifo: open a FIFO in %s to write: %w: %s", s.Dir, err, remedy.File(err))
	}
	return pipes.SetCapacity(s, []*os.File{reader, os.NewFile(uintptr(w), "a FIFO's write end")})
}

func (fifo) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	return stream.Open(s, h.Files)
}
