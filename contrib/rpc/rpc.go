// Package rpc registers libraries for remote procedure calls as transports, one file each:
// the consumer is a server, the producer its client, and a round trip is one call, with
// the message as the request and the echo as the response.
//
// An [transports.Endpoint] knows nothing of calls, and need not: answered.go and calls.go
// say how a call comes of a Send and a Recv at each end. With call=stream there is one call
// for the whole life of a link, in which messages go either way (stream.go).
//
// Nobody else can reach a server: the two ends inherit the connection (connection.go).
package rpc

import (
	"context"
	"fmt"
	"io"

	"ipcbench/transports"
)

// group is what these are listed under.
const group = "RPC"

// A library carries calls over connections. It is all that its file has to say of it.
type library struct {
	info transports.Info
	// serve has the consumer answer calls; dial makes the producer's half. Neither
	// waits for the other.
	serve func(s transports.Spec, l *listener, t target) (stop func(), err error)
	dial  func(s transports.Spec, d *dialer) (client, error)
	// secret, where not nil, makes what both ends are told beside their connection.
	secret func(transports.Spec) ([]byte, error)
}

// A target is what a server calls for its clients.
type target interface {
	// call is a unary one. The message is the library's again when it returns, and the
	// reply is the library's to keep. io.EOF: there is nobody any more to answer.
	call(message []byte) (reply []byte, err error)
	// flow is one of many messages, and lasts until the link is closed.
	flow(stream) error
}

// A stream is one call of many messages as one end of it has it.
type stream interface {
	// send hands over a message, which is the caller's again on return.
	send(message []byte) error
	// recv returns the next message, or io.EOF once the other end has said its last.
	recv() ([]byte, error)
}

// A client is the producer's half of a connection.
type client interface {
	// begin begins a call, the one before having ended. The message is the caller's again
	// on return.
	begin(message []byte) error
	// end waits for the call and returns its reply, which is valid until the next begins,
	// or io.EOF where the server says so.
	end() (reply []byte, err error)
	// flow begins a call of many messages. It is closed by closing what is sent.
	flow(context.Context) (flow, error)
	// close hangs up.
	close() error
}

// A flow is a stream as the client has it.
type flow interface {
	stream
	closeSend() error
}

// unary is of a library, or an option, that has no streams.
type unary struct{}

func (unary) flow(context.Context) (flow, error) {
	return nil, fmt.Errorf("this library has no streams")
}

// info completes what all of them say of themselves alike.
func info(name, doc string, options ...transports.Option) transports.Info {
	return transports.Info{
		Name: name, Doc: doc, Kind: transports.Stream, Group: group,
		Caps:    transports.SeesPeerDeath | transports.Allocates | transports.NeedsCollector | transports.OwnThreads,
		Waits:   transports.Parks, // a library's goroutine does, and ours until that one has read
		MaxSize: transports.LargestMessage,
		Options: options,
	}
}

// callOption is whether each message is a call of its own.
var callOption = transports.Option{Name: "call", Doc: "what a message is", Values: []transports.Value{
	{Name: "unary", Doc: "a call: with its answer where it has one, or else acknowledged, one at a time"},
	{Name: "stream", Doc: "a part of one call that lasts, with messages in both directions"},
}}

func (l library) Info() transports.Info { return l.info }

// Probe makes all that Create does.
func (l library) Probe(s transports.Spec) error {
	link, err := l.Create(s)
	if err != nil {
		return err
	}
	return link.Close()
}

func (l library) Create(s transports.Spec) (transports.Link, error) {
	if err := transports.ProbeSize(s); err != nil {
		return nil, err
	}
	if l.secret == nil {
		return makeLink(s, nil)
	}
	secret, err := l.secret(s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s, err)
	}
	return makeLink(s, secret)
}

// Open does not wait for the other end: libraries connect when they are first used.
func (l library) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	c, err := inherit(h)
	if err != nil {
		return nil, fmt.Errorf("%s: take over its connection: %w", s, err)
	}
	e, err := l.open(s, side, c)
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("%s: %w", s, err)
	}
	return &checked{Endpoint: e, spec: s}, nil
}

func (l library) open(s transports.Spec, side transports.Side, c *connection) (transports.Endpoint, error) {
	streams := s.Option(callOption.Name) == "stream"
	if side == transports.Producer {
		client, err := l.dial(s, &dialer{connection: c})
		switch {
		case err != nil:
			return nil, err
		case streams:
			return newStreaming(client, c), nil
		}
		return &calling{client: client, connection: c}, nil
	}
	var e interface {
		transports.Endpoint
		target
		serve(stop func())
	} = newAnswering(c)
	if streams {
		e = newStreamed(c)
	}
	stop, err := l.serve(s, newListener(c), e)
	e.serve(stop)
	return e, err
}

// checked holds the caller of an end to what the interface demands, names the link in
// errors, and says again and again that the stream has ended.
type checked struct {
	transports.Endpoint
	spec  transports.Spec
	ended bool
}

func (c *checked) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), c.spec.Size); err != nil {
		return err
	}
	if err := c.Endpoint.Send(msg); err != nil {
		return fmt.Errorf("%s: send %d bytes: %w", c.spec, len(msg), err)
	}
	return nil
}

func (c *checked) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), c.spec.Size); err != nil {
		return 0, err
	}
	if c.ended {
		return 0, io.EOF
	}
	n, err := c.Endpoint.Recv(buf)
	if err != nil && err != io.EOF {
		return 0, fmt.Errorf("%s: receive: %w", c.spec, err)
	}
	c.ended = err == io.EOF
	return n, err
}
