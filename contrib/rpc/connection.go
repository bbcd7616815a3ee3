package rpc

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"

	"ipcbench/contrib/internal/over"
	"ipcbench/transports"
)

// makeLink makes one of two sockets that are connected to each other.
func makeLink(s transports.Spec, secret []byte) (transports.Link, error) {
	inner, err := over.Create(s)
	if err != nil {
		return nil, err
	}
	return &link{inner, secret}, nil
}

// A link is another one, whose ends are told something besides.
type link struct {
	transports.Link
	secret []byte
}

func (l *link) For(side transports.Side) transports.Handover {
	return transports.Handover{Files: l.Link.For(side).Files, Bytes: l.secret}
}

// inherit is the connection of one end of such a link.
func inherit(h transports.Handover) (*connection, error) {
	defer h.Files[0].Close() // net has one of its own
	c, err := net.FileConn(h.Files[0])
	if err != nil {
		return nil, err
	}
	return &connection{Conn: c, secret: h.Bytes, over: make(chan struct{})}, nil
}

// A connection knows when it is over, and why.
type connection struct {
	net.Conn
	secret []byte        // what both ends are told besides; nil: nothing
	over   chan struct{} // closed then
	once   sync.Once
	why    error // io.EOF: the peer closed, or the library did
}

func (c *connection) end(why error) {
	c.once.Do(func() { c.why = why; close(c.over) })
}

// isOver says whether it is, and why.
func (c *connection) isOver() (bool, error) {
	select {
	case <-c.over:
		return true, c.why
	default:
		return false, nil
	}
}

// explain is why nothing more can be had of a connection on which err came about.
func (c *connection) explain(err error) error {
	if over, why := c.isOver(); over && why == io.EOF {
		return io.EOF
	}
	return err
}

// Read reads on after a Unix socket has said, once, that its peer closed with something
// left to read: what that peer sent is still to come.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, syscall.ECONNRESET) {
		n, err = c.Conn.Read(p)
	}
	if err != nil && !isTimeout(err) {
		c.end(err)
	}
	return n, err
}

func (c *connection) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		c.end(io.EOF)
	}
	return n, err
}

func (c *connection) Close() error {
	c.end(io.EOF)
	return c.Conn.Close()
}

// isTimeout is of a read that a library breaks off by a deadline.
func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// A dialer has one connection to give.
type dialer struct {
	connection *connection
	mu         sync.Mutex
	given      bool
}

func (d *dialer) dial() (net.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.given {
		return nil, net.ErrClosed // a library tries again after its connection has ended
	}
	d.given = true
	return d.connection, nil
}

func (d *dialer) dialContext(context.Context, string, string) (net.Conn, error) { return d.dial() }

// A listener has one connection to accept, and then waits until it is closed.
type listener struct {
	*connection
	accepted chan *connection
	closed   chan struct{}
	once     sync.Once
}

func newListener(c *connection) *listener {
	l := &listener{connection: c, accepted: make(chan *connection, 1), closed: make(chan struct{})}
	l.accepted <- c
	return l
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accepted:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Addr() net.Addr { return l.LocalAddr() }

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}
