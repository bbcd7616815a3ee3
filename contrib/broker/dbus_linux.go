package broker

import (
	"errors"

	"github.com/godbus/dbus/v5"

	"ipcbench/contrib/internal/server"
	"ipcbench/transports"
)

func init() { transports.Register(dBus{}) }

// dBus is a bus of its own, with no one else on it.
type dBus struct{}

var dBusInfo = transports.Info{
	Name: "dbus", Group: group, Kind: inBroker, Caps: caps | transports.SeesPeerDeath, Waits: transports.Parks, MaxSize: 1 << 20, // godbus takes an array byte by byte
	Doc: "a dbus-daemon on a Unix socket, by godbus: an array of bytes from one name to another",
	Options: []transports.Option{
		{Name: "mode", Doc: "as what a message is sent", Values: []transports.Value{
			{Name: "call", Doc: "a method call, and the sender waits for the reply"},
			{Name: "signal", Doc: "a signal to the one name, with a window of what is on its way, so that nothing is dropped"},
		}},
	},
}

const dBusConf = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={run}/s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
  <limit name="max_message_size">100000000</limit>
</busconfig>
`

func (dBus) Info() transports.Info { return dBusInfo }

func (d dBus) Probe(s transports.Spec) error {
	_, err := d.plan(s)
	return err
}

func (dBus) plan(s transports.Spec) (server.Plan, error) {
	if err := transports.ProbeSize(s); err != nil {
		return server.Plan{}, err
	}
	found, err := server.Find("apt install dbus-daemon", "dbus-daemon")
	return server.Plan{
		Program: found, Args: []string{"--config-file={run}/conf", "--nofork", "--nopidfile", "--nosyslog"}, Address: "{run}/s",
		Files: map[string]string{"conf": dBusConf},
	}, err
}

func (d dBus) Create(s transports.Spec) (transports.Link, error) { return create(s, d.plan) }

func (dBus) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	return open(s, h, func(at server.Place) (client, error) {
		conn, err := dbus.Connect("unix:path="+at.Address, dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
		if err != nil {
			return nil, err
		}
		p := peerOn{conn: conn, peer: conn.Object(busName(side.Peer()), busPath), heard: make(chan *dbus.Signal, 64)}
		c, err := p.as(s.Option("mode"), side)
		if err != nil {
			conn.Close()
			return nil, err
		}
		return c, nil
	})
}

// What an end is called, and what it has.
const (
	busPath      = dbus.ObjectPath("/org/ipcbench/End")
	busInterface = "org.ipcbench.End"
)

func busName(s transports.Side) string { return "org.ipcbench." + s.String() }

// A peerOn is the other end, as one on the bus sees it.
type peerOn struct {
	conn  *dbus.Conn
	peer  dbus.BusObject
	heard chan *dbus.Signal // signals in their order, among them that the peer has gone
}

// as makes the end of that mode, with its name, by which others can call it from now on.
func (p peerOn) as(mode string, side transports.Side) (c client, err error) {
	p.conn.Signal(p.heard)
	gone := []dbus.MatchOption{dbus.WithMatchInterface(bus), dbus.WithMatchMember(ownerChanged), dbus.WithMatchArg(0, p.peer.Destination())}
	if err := p.conn.AddMatchSignal(gone...); err != nil {
		return nil, err
	}
	if mode == "call" {
		c, err = newCalls(p)
	} else {
		c = newSignals(p)
	}
	if err != nil {
		return nil, err
	}
	reply, err := p.conn.RequestName(busName(side), dbus.NameFlagDoNotQueue)
	if err == nil && reply != dbus.RequestNameReplyPrimaryOwner {
		err = errors.New("somebody has the name")
	}
	return c, err
}

const (
	bus          = "org.freedesktop.DBus"
	ownerChanged = "NameOwnerChanged"
)

// isGone says whether the signal is that the peer has gone: it names who owned the name, and
// who owns it now.
func (p peerOn) isGone(s *dbus.Signal) bool {
	return s.Name == bus+"."+ownerChanged && len(s.Body) == 3 && s.Body[0] == p.peer.Destination() && s.Body[2] == ""
}

var errGone = errors.New("the connection ended")

// calls are sent to the peer's method Put.
type calls struct {
	peerOn
	arrived chan []byte
	closed  chan struct{}
}

func newCalls(p peerOn) (client, error) {
	c := &calls{p, make(chan []byte, 16), make(chan struct{})}
	return c, p.conn.Export(putter{c}, busPath, busInterface)
}

// putter has the one method.
type putter struct{ calls *calls }

// Put keeps the caller waiting while nobody receives.
func (p putter) Put(msg []byte) *dbus.Error {
	select {
	case p.calls.arrived <- msg:
	case <-p.calls.closed:
	}
	return nil
}

func (c *calls) send(msg []byte) error {
	err := c.peer.Call(busInterface+".Put", 0, msg).Err
	if errors.As(err, new(dbus.Error)) && len(msg) == 0 {
		return nil // the peer has gone
	}
	return err
}

func (c *calls) receive() ([]byte, error) {
	for {
		select {
		case msg := <-c.arrived:
			return msg, nil
		case s, ok := <-c.heard:
			switch {
			case !ok:
				return nil, errGone
			case c.isGone(s):
				return c.rest(), nil
			}
		}
	}
}

// rest is what had come when the peer had gone, or the end.
func (c *calls) rest() []byte {
	select {
	case msg := <-c.arrived:
		return msg
	default:
		return nil
	}
}

func (c *calls) close() error {
	close(c.closed)
	return c.conn.Close()
}

// signals are sent to the peer alone.
type signals struct {
	peerOn
	credit  *credit
	arrived chan []byte
}

// The signals that there are.
const (
	messageSignal = "Message"
	takenSignal   = "Taken"
)

func newSignals(p peerOn) client {
	s := &signals{peerOn: p, arrived: make(chan []byte, 16)}
	s.credit = newCredit(func() error { return s.emit(takenSignal) })
	go s.listen()
	return s
}

// listen takes signals apart until there are no more.
func (s *signals) listen() {
	defer close(s.arrived)
	defer s.credit.end()
	for heard := range s.heard {
		switch heard.Name {
		case busInterface + "." + takenSignal:
			s.credit.given()
		case busInterface + "." + messageSignal:
			if msg, is := heard.Body[0].([]byte); is {
				s.arrived <- msg
			}
		default:
			if s.isGone(heard) {
				s.arrived <- nil
			}
		}
	}
}

func (s *signals) emit(member string, body ...any) error {
	m := &dbus.Message{Type: dbus.TypeSignal, Flags: dbus.FlagNoReplyExpected, Body: body, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldPath:        dbus.MakeVariant(busPath),
		dbus.FieldInterface:   dbus.MakeVariant(busInterface),
		dbus.FieldMember:      dbus.MakeVariant(member),
		dbus.FieldDestination: dbus.MakeVariant(s.peer.Destination()),
	}}
	if len(body) > 0 {
		m.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(body...))
	}
	return s.conn.Send(m, nil).Err
}

func (s *signals) send(msg []byte) error {
	if len(msg) > 0 {
		if err := s.credit.take(len(msg)); err != nil {
			return err
		}
	}
	return s.emit(messageSignal, msg)
}

func (s *signals) receive() ([]byte, error) {
	msg, ok := <-s.arrived
	if !ok {
		return nil, errGone
	}
	return msg, s.credit.taken(len(msg))
}

// close lets go of what is still to be received.
func (s *signals) close() error {
	err := s.conn.Close()
	for range s.arrived {
	}
	return err
}
