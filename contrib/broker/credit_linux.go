package broker

import (
	"errors"
	"sync"
)

// A credit bounds what is on its way to a receiver, where a broker drops what that does not
// take in time: to a window, and each time the receiver has taken a quarter of it, it says
// so. A message counts what it has, and a bit for itself.
type credit struct {
	tell  func() error // says to the peer that a quarter was taken
	mu    sync.Mutex
	more  *sync.Cond
	sent  int // and not known to be taken, bytes
	since int // taken since that was told
	ended bool
}

const (
	window    = 1 << 20
	quarter   = window / 4
	ofMessage = 64
)

func newCredit(tell func() error) *credit {
	c := &credit{tell: tell}
	c.more = sync.NewCond(&c.mu)
	return c
}

// take waits until there is room for a message of n bytes: where one is longer than the
// window, until that is empty but for less than a quarter.
func (c *credit) take(n int) error {
	n += ofMessage
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.sent >= quarter && c.sent+n > window {
		if c.ended {
			return errors.New("the connection ended")
		}
		c.more.Wait()
	}
	c.sent += n
	return nil
}

// given is that the peer has said so.
func (c *credit) given() {
	c.mu.Lock()
	c.sent -= quarter
	c.mu.Unlock()
	c.more.Signal()
}

// end is that nothing more will be said.
func (c *credit) end() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.more.Signal()
}

// taken is that a message of n bytes was received.
func (c *credit) taken(n int) error {
	if n == 0 {
		return nil
	}
	for c.since += n + ofMessage; c.since >= quarter; c.since -= quarter {
		if err := c.tell(); err != nil {
			return err
		}
	}
	return nil
}
