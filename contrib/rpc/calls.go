package rpc

import "io"

// calling is the producer's end where each message is a call. A Send begins one, and
// the next Recv, or else the next Send, waits for its reply. A reply without data is an
// acknowledgement: who wants to receive then asks, by a call without data, for what the
// consumer has to say. So a message and its echo are one call, messages that are not
// answered one each, and one call is on its way at a time.
type calling struct {
	client     client
	connection *connection
	inbox      [][]byte // replies that came before they were asked for
	open       bool     // a call has begun and not ended
	closed     bool
}

func (c *calling) Send(msg []byte) error {
	if c.open {
		if err := c.settle(); err != nil {
			return err
		}
		for i, early := range c.inbox {
			c.inbox[i] = own(early)
		}
	}
	return c.begin(msg)
}

func (c *calling) Recv(buf []byte) (int, error) {
	for len(c.inbox) == 0 {
		if c.closed {
			return 0, io.EOF
		}
		if !c.open {
			if err := c.begin(nil); err != nil {
				return 0, err
			}
		}
		if err := c.settle(); err != nil {
			return 0, err
		}
	}
	n := copy(buf, c.inbox[0])
	c.inbox = c.inbox[1:]
	return n, nil
}

func (c *calling) begin(msg []byte) error {
	if err := c.client.begin(msg); err != nil {
		return c.connection.explain(err)
	}
	c.open = true
	return nil
}

// settle waits for the open call.
func (c *calling) settle() error {
	c.open = false
	reply, err := c.client.end()
	if err != nil {
		return c.connection.explain(err)
	}
	if len(reply) > 0 {
		c.inbox = append(c.inbox, reply)
	}
	return nil
}

// Close hangs up once the last message has been taken.
func (c *calling) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	if c.open {
		c.settle() // who has died has not taken it
	}
	err := c.client.close()
	c.connection.Close() // of which most have closed it themselves
	return err
}

// A blocking client has calls that return when they are over: a goroutine makes them.
type blocking struct {
	unary
	requests chan []byte // closed by hanging up
	replies  chan reply
	hangUp   func() error
}

type reply struct {
	message []byte
	err     error
}

// newBlocking returns one that makes calls by call, which may keep the message.
func newBlocking(call func(message []byte) ([]byte, error), hangUp func() error) *blocking {
	b := &blocking{requests: make(chan []byte, 1), replies: make(chan reply, 1), hangUp: hangUp}
	go func() {
		for request := range b.requests {
			message, err := call(request)
			b.replies <- reply{message, err}
		}
	}()
	return b
}

func (b *blocking) begin(msg []byte) error {
	b.requests <- own(msg)
	return nil
}

func (b *blocking) end() ([]byte, error) {
	r := <-b.replies
	return r.message, r.err
}

func (b *blocking) close() error {
	close(b.requests)
	return b.hangUp()
}

// own is a copy that a library may keep: the caller's buffer is the caller's again.
func own(msg []byte) []byte { return append([]byte(nil), msg...) }
