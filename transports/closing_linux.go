package transports

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A closing is how the ends of a kernel queue tell each other that they have
// closed, of which a queue itself knows nothing. Each end has a word in memory
// that both map, and sets it before it offers its end mark to a queue that may
// be full. A reader looks at its peer's word before it waits:
//
//   - Not set: it may wait. If the word is set in the meantime, then either the
//     mark will follow or the queue was full and is not empty.
//   - Set: all that was sent is in the queue, and what is not there at once will
//     not come. It must not wait.
//
// So Close never waits for a peer that does not read, and needs no room.
type closing struct {
	own, peer *atomic.Uint32
	mem       []byte
}

// closingWords is how far apart the two words are: a cache line or two, so that
// looking at one costs nothing until it is set.
const closingWords = 128

// newClosing makes the memory of both words for transport what.
func newClosing(what string) (*os.File, error) {
	fd, err := unix.MemfdCreate("ipcbench", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("%s: create shared memory for the end marks: %w: %s", what, err, fileRemedy(err))
	}
	f := os.NewFile(uintptr(fd), "shared memory")
	if err := f.Truncate(int64(os.Getpagesize())); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: extend shared memory for the end marks: %w", what, errno(err))
	}
	return f, nil
}

// openClosing maps f, which it does not close.
func openClosing(what string, f *os.File, side Side) (closing, error) {
	mem, err := unix.Mmap(int(f.Fd()), 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return closing{}, fmt.Errorf("%s: map the shared memory for the end marks: %w", what, err)
	}
	word := func(s Side) *atomic.Uint32 { return (*atomic.Uint32)(unsafe.Pointer(&mem[int(s)*closingWords])) }
	return closing{own: word(side), peer: word(side.Peer()), mem: mem}, nil
}

// announce says that this end has closed and will send nothing but its mark.
func (c *closing) announce() { c.own.Store(1) }

// peerClosed says whether the peer has announced that.
func (c *closing) peerClosed() bool { return c.peer.Load() != 0 }

// unmap gives the memory back. From then on the peer counts as closed.
func (c *closing) unmap() error {
	c.own, c.peer = new(atomic.Uint32), new(atomic.Uint32)
	c.peer.Store(1)
	return unix.Munmap(c.mem)
}
