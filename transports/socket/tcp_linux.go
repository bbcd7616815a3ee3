package socket

import (
	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/buffer"
	"ipcbench/transports/internal/connection"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/remedy"
	"ipcbench/transports/internal/stream"
)

func init() { transports.Register(tcp{}) }

// tcp is a connection over the loopback interface. See tcp(7).
type tcp struct{}

// busyPollMicros is what busypoll=50us sets SO_BUSY_POLL to.
const busyPollMicros = 50

var tcpInfo = transports.Info{
	Name:    "tcp",
	Also:    []string{"socket", "inet", "inet-socket", "tcp-socket", "loopback", "localhost", "http", "grpc"},
	Doc:     "a TCP connection over the loopback, 127.0.0.1 (socket)",
	Kind:    transports.Stream,
	Group:   group,
	Caps:    transports.SeesPeerDeath,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{
		{Name: "nodelay", Doc: "whether a small message is sent at once", Values: []transports.Value{
			{Name: "yes", Doc: "at once (TCP_NODELAY)"},
			{Name: "no", Doc: "held back while an earlier one is not acknowledged (Nagle's algorithm)"},
		}},
		{Name: "busypoll", Doc: "whether a read polls the network device before it sleeps", Values: []transports.Value{
			{Name: "no", Doc: "it sleeps"},
			{Name: "50us", Doc: "SO_BUSY_POLL for 50 µs; loopback has no queue to poll, so this shows what asking costs"},
		}},
		buffer.SocketOption(),
		descriptor.WaitOption(),
	},
}

func (tcp) Info() transports.Info { return tcpInfo }

// Probe makes all that Create does.
func (t tcp) Probe(s transports.Spec) error {
	link, err := t.Create(s)
	if err != nil {
		return err
	}
	return link.Close()
}

func setBusyPoll(fd int) error {
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BUSY_POLL, busyPollMicros)
}

func (t tcp) Create(s transports.Spec) (transports.Link, error) {
	if err := transports.ProbeSize(s); err != nil {
		return nil, err
	}
	pair, err := connection.TCP(s)
	if err != nil {
		return nil, err
	}
	for _, fd := range pair {
		if err := t.set(s, fd); err != nil {
			connection.Close(pair)
			return nil, err
		}
	}
	return connection.Link(s, pair, "a TCP socket")
}

func (tcp) set(s transports.Spec, fd int) error {
	if s.Option("nodelay") == "yes" {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return remedy.Refused("tcp: set TCP_NODELAY", err, "take nodelay=no")
		}
	}
	if s.Option("busypoll") != "no" {
		if err := setBusyPoll(fd); err == unix.EPERM {
			return transports.Unsupported("tcp: set SO_BUSY_POLL: " + err.Error() + ": " + remedy.Privilege(unix.CAP_NET_ADMIN, "NET_ADMIN"))
		} else if err != nil {
			return remedy.Refused("tcp: set SO_BUSY_POLL", err, "use a kernel with CONFIG_NET_RX_BUSY_POLL")
		}
	}
	return nil
}

func (tcp) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	return stream.OpenConnection(s, h.Files)
}
