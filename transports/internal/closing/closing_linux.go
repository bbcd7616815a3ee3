package closing

import (
	"os"
	"sync/atomic"
	"unsafe"

	"ipcbench/transports"
	"ipcbench/transports/internal/page"
)

// A Closing is how the ends of a kernel queue tell each other that they have
// closed, of which a queue itself knows nothing. Each end has a word in memory
// that both map, and sets it before it offers its end mark to a queue that may
// be full. A reader looks at its peer's word before it waits:
//
//   - Not set: it may wait. If the word is set in the meantime, then either the
//     mark will follow or the queue was full and is not empty.
//   - Set: all that was sent is in the queue, and what is not there at once will
//     not come. It must not wait.
//
// So Close never waits for a peer that does not read, and needs no room. Where a
// side has several ends, each of them counts, and it has closed when all have.
type Closing struct {
	own, Peer *atomic.Uint32 // how many ends have closed
	ends      uint32         // of this side
	peers     uint32         // of the other
	page      unsafe.Pointer
	what      string // the transport, for errors
}

// closingPage is the memory of both words, which do not share a line, nor the
// pair of lines that a processor fetches: looking at one costs nothing until it
// is set.
type closingPage [2]struct {
	closed atomic.Uint32
	_      [124]byte
}

// Open maps the page in f, which it closes.
func Open(s transports.Spec, f *os.File, side transports.Side) (Closing, error) {
	what := s.Transport
	page, err := page.Map(what, f)
	if err != nil {
		return Closing{}, err
	}
	words := (*closingPage)(page)
	return Closing{own: &words[side].closed, Peer: &words[side.Peer()].closed, ends: uint32(s.Ends(side)), peers: uint32(s.Ends(side.Peer())), page: page, what: what}, nil
}

// Announce says that this end has closed and will send nothing but its mark. It
// returns whether all of this side have: what is still in the queue is for the
// others.
func (c *Closing) Announce() (all bool) { return c.own.Add(1) >= c.ends }

// PeerClosed says whether the peer has announced that, or all of them.
func (c *Closing) PeerClosed() bool { return c.Peer.Load() >= c.peers }

// Fault explains a memory fault in the page, see transports.Faulter.
func (c *Closing) Fault(addr uintptr) error { return page.Fault(c.what, c.page, addr) }

// Unmap gives the memory back. From then on the peer counts as closed.
func (c *Closing) Unmap() error {
	c.own, c.Peer = new(atomic.Uint32), new(atomic.Uint32)
	c.Peer.Store(c.peers)
	return page.Unmap(c.page)
}
