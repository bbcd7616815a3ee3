package messaging

import (
	"fmt"
	"net"

	"ipcbench/contrib/internal/over"
	"ipcbench/transports"
)

// A library is one that sends messages over a connection, as a transport.
type library struct {
	name string
	also []string
	doc  string
	// open has the library take the connection over. Where it cannot, the connection is
	// closed by whoever asked.
	open func(size int, conn net.Conn) (transports.Endpoint, error)
	info transports.Info // made by register
}

func register(l library) {
	l.info = transports.Info{
		Name:    l.name,
		Also:    l.also,
		Doc:     l.doc,
		Kind:    transports.Stream,
		Group:   group,
		Caps:    transports.SeesPeerDeath | transports.Allocates | transports.NeedsCollector | transports.OwnThreads,
		Waits:   transports.Parks,
		MaxSize: transports.LargestMessage,
		Options: []transports.Option{over.Option},
	}
	transports.Register(l)
}

func (l library) Info() transports.Info { return l.info }

func (library) Probe(s transports.Spec) error { return transports.ProbeSize(s) }

// Create makes two sockets that are connected to each other.
func (l library) Create(s transports.Spec) (transports.Link, error) {
	if err := l.Probe(s); err != nil {
		return nil, err
	}
	link, err := over.Create(s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.name, err)
	}
	return link, nil
}

func (l library) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	conn, err := inherit(h)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.name, err)
	}
	e, err := l.open(s.Size, conn)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("%s: %w", l.name, err)
	}
	return e, nil
}
