package transports

import (
	"errors"
	"fmt"
	"io"
)

func init() { Register(null{}) }

// null carries a message nowhere: one process sends it to itself, and it is
// copied in and out as by any transport. What it takes is what the harness
// costs.
type null struct{}

var nullInfo = Info{
	Name:  "null",
	Also:  []string{"none", "nothing", "baseline"},
	Doc:   "no transport: one process copies a message in and out again, the harness's own floor",
	Kind:  Floor,
	Group: "Floors",
	Caps:  OneProcess,
}

func (null) Info() Info { return nullInfo }

func (null) Probe(s Spec) error { return ProbeSize(s) }

func (null) Create(Spec) (Link, error) { return nullLink{}, nil }

func (null) Open(s Spec, _ Side, _ Handover) (Endpoint, error) {
	return &nullEndpoint{store: make([]byte, s.Size)}, nil
}

// A nullLink shares nothing.
type nullLink struct{}

func (nullLink) For(Side) Handover { return Handover{} }
func (nullLink) Close() error      { return nil }

// A nullEndpoint is both ends. It holds one message: since nobody else could
// ever take or send one, a second Send or Recv in a row is an error instead of
// a wait.
type nullEndpoint struct {
	store  []byte
	length int // of the message in store
	full   bool
	closed bool
}

func (e *nullEndpoint) Send(msg []byte) error {
	if len(msg) > len(e.store) {
		return tooLong(len(msg), len(e.store))
	}
	if e.full {
		return fmt.Errorf("null: send %d bytes: the message before was not received, and it holds one", len(msg))
	}
	e.length = copy(e.store, msg)
	e.full = true
	return nil
}

func (e *nullEndpoint) Recv(buf []byte) (int, error) {
	if e.full {
		e.full = false
		return copy(buf, e.store[:e.length]), nil
	}
	if e.closed {
		return 0, io.EOF
	}
	return 0, errors.New("null: receive: no message was sent, and nobody else could send one")
}

func (e *nullEndpoint) Close() error {
	e.closed = true
	return nil
}
