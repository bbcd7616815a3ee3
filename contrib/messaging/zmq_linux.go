package messaging

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/transport"
	"golang.org/x/sys/unix"

	"ipcbench/transports"
)

func init() {
	if err := zmq4.RegisterTransport(carriedScheme, carried{}); err != nil {
		panic(err)
	}
	register(library{
		name: "zmq",
		also: []string{"zeromq", "zmq4", "0mq", "libzmq"},
		doc:  "ZeroMQ in pure Go (zmq4), a PAIR socket at each end",
		open: openZMQ,
	})
}

// zmqEnd is a PAIR socket of ZeroMQ, the pattern that carries both directions in order. The
// library writes a message in two parts and starts a goroutine for each that is sent; one
// more receives, into a queue of ten.
type zmqEnd struct {
	socket zmq4.Socket
	conn   *watched
	size   int
	ended  error // what the stream ended with, once it has
	closed bool
}

// openZMQ greets the peer, which both ends do as the one who dials: neither listens.
func openZMQ(size int, conn net.Conn) (transports.Endpoint, error) {
	e := &zmqEnd{conn: &watched{Conn: conn}, size: size}
	e.socket = zmq4.NewPair(context.WithValue(context.Background(), carriedKey{}, e.conn), zmq4.WithDialerMaxRetries(0))
	if err := e.socket.Dial(carriedScheme + "://peer"); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *zmqEnd) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	err := error(unix.EPIPE)
	if !e.conn.ended.Load() { // a socket without a peer would drop it
		err = e.socket.Send(zmq4.NewMsg(msg))
	}
	if err != nil {
		return fmt.Errorf("zmq: send %d bytes: %w", len(msg), err)
	}
	return nil
}

func (e *zmqEnd) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	if e.closed {
		return 0, io.EOF
	}
	if e.ended != nil {
		return 0, e.ended
	}
	msg, err := e.socket.Recv()
	if err == nil {
		return copy(buf, msg.Bytes()), nil
	}
	e.ended = io.EOF
	if err != io.EOF {
		e.ended = fmt.Errorf("zmq: receive: %w", err)
	}
	return 0, e.ended
}

func (e *zmqEnd) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	e.socket.Close()
	if err := e.conn.Close(); !errors.Is(err, net.ErrClosed) { // the socket forgets one that has ended
		return err
	}
	return nil
}

// watched knows whether its peer is gone, which a socket does not tell.
type watched struct {
	net.Conn
	ended atomic.Bool
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err != nil {
		w.ended.Store(true)
	}
	return n, err
}

// carried is the connection that a socket's context carries, as zmq4 knows ipc and tcp.
type carried struct{}

const carriedScheme = "inherited"

type carriedKey struct{}

func (carried) Dial(ctx context.Context, _ transport.Dialer, _ string) (net.Conn, error) {
	return ctx.Value(carriedKey{}).(net.Conn), nil
}

func (carried) Listen(context.Context, string) (net.Listener, error) {
	return nil, errors.ErrUnsupported
}

func (carried) Addr(endpoint string) (string, error) { return endpoint, nil }
