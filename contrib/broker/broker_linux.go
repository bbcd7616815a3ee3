// Package broker has the transports whose messages go through a server between the two
// ends, each over the client that Go programs use, on one connection of each end. The server
// is started with the link and ends with it (contrib/internal/server); it runs on whichever
// CPU the scheduler gives it, and what it costs counts with the ends.
package broker

import (
	"fmt"
	"io"

	"ipcbench/contrib/internal/server"
	"ipcbench/transports"
)

const (
	// inBroker is where their messages lie.
	inBroker transports.Kind = "broker"
	group                    = "Brokers"
	caps                     = transports.Allocates | transports.NeedsCollector | transports.OwnThreads
	// largest is the longest message that links are made for here, in bytes: each of these
	// servers takes it, if it is told to.
	largest = 8 << 20
)

// A client is a connection to the broker. An empty message ends what goes one way.
type client interface {
	send(msg []byte) error
	receive() ([]byte, error) // is valid until the next call
	close() error
}

// create starts the server of the plan for a spec.
func create(s transports.Spec, plan func(transports.Spec) (server.Plan, error)) (transports.Link, error) {
	p, err := plan(s)
	if err != nil {
		return nil, err
	}
	link, err := server.Start(p)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Transport, err)
	}
	return link, nil
}

// open makes an end of a link by a client, connected by connect.
func open(s transports.Spec, h transports.Handover, connect func(server.Place) (client, error)) (transports.Endpoint, error) {
	place, err := server.Open(h)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Transport, err)
	}
	c, err := connect(place)
	if err != nil {
		place.Close()
		return nil, fmt.Errorf("%s: connect to the server: %w", s.Transport, err)
	}
	return &end{client: c, place: place, name: s.Transport, size: s.Size}, nil
}

type end struct {
	client client
	place  server.Place
	name   string
	size   int
	ended  bool // the peer has closed
	closed bool
}

func (e *end) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	if err := e.client.send(msg); err != nil {
		return fmt.Errorf("%s: send %d bytes: %w", e.name, len(msg), err)
	}
	return nil
}

func (e *end) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	if e.ended || e.closed {
		return 0, io.EOF
	}
	msg, err := e.client.receive()
	if err != nil {
		return 0, fmt.Errorf("%s: receive: %w", e.name, err)
	}
	if e.ended = len(msg) == 0; e.ended {
		return 0, io.EOF
	}
	return copy(buf, msg), nil
}

// Close tells the peer, unless that has closed and does not listen.
func (e *end) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	defer e.place.Close()
	err := e.client.send(nil)
	if closing := e.client.close(); err == nil {
		err = closing
	}
	if err != nil && !e.ended {
		return fmt.Errorf("%s: close: %w", e.name, err)
	}
	return nil
}

// Serving is the server.
func (e *end) Serving() []int { return e.place.Pids }

// inbox is the name of what the messages to a side go through.
func inbox(to transports.Side) string { return "to-" + to.String() }
