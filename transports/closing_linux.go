package transports

import (
	"os"
	"sync/atomic"
	"unsafe"
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
	page      unsafe.Pointer
}

// closingPage is the memory of both words, which do not share a line, nor the
// pair of lines that a processor fetches: looking at one costs nothing until it
// is set.
type closingPage [2]struct {
	closed atomic.Uint32
	_      [124]byte
}

// openClosing maps the page in f, which it closes.
func openClosing(what string, f *os.File, side Side) (closing, error) {
	page, err := mapPage(what, f)
	if err != nil {
		return closing{}, err
	}
	words := (*closingPage)(page)
	return closing{own: &words[side].closed, peer: &words[side.Peer()].closed, page: page}, nil
}

// announce says that this end has closed and will send nothing but its mark.
func (c *closing) announce() { c.own.Store(1) }

// peerClosed says whether the peer has announced that.
func (c *closing) peerClosed() bool { return c.peer.Load() != 0 }

// unmap gives the memory back. From then on the peer counts as closed.
func (c *closing) unmap() error {
	c.own, c.peer = new(atomic.Uint32), new(atomic.Uint32)
	c.peer.Store(1)
	return unmapPage(c.page)
}
