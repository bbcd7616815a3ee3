package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ipcbench/contrib/internal/server"
	"ipcbench/transports"
)

func init() {
	server.Embed("nats", serveNATS)
	transports.Register(natsio{})
}

// natsio is a NATS server, which has no Unix socket: the ends know a token.
type natsio struct{}

var natsInfo = transports.Info{
	Name: "nats", Group: group, Kind: inBroker, Caps: caps, Waits: transports.Parks, MaxSize: largest,
	Doc: "a NATS server on a loopback port, by nats.go, with a window of what is on its way, so that nothing is dropped",
	Options: []transports.Option{
		{Name: "server", Doc: "which one, in a process of its own", Values: []transports.Value{
			{Name: "embedded", Doc: "the library that this program was built with"},
			{Name: "process", Doc: "nats-server, as it is installed"},
		}},
		{Name: "mode", Doc: "how a message is passed on", Values: []transports.Value{
			{Name: "core", Doc: "at once, and nothing is kept of it"},
			{Name: "jetstream", Doc: "by a stream in files, each message acknowledged and received by an ordered consumer", With: transports.NeedsDir},
			{Name: "jetstream-sync", Doc: "the same, and a message is on the storage before it is acknowledged (sync_interval always)", With: transports.NeedsDir | transports.Stores},
		}},
	},
}

func (natsio) Info() transports.Info { return natsInfo }

func (n natsio) Probe(s transports.Spec) error {
	_, err := n.plan(s)
	return err
}

// natsConf is the configuration. A client that does not take what it is sent is cut off, as
// always, but not for a window.
const natsConf = `
listen: "127.0.0.1:-1"
authorization { token: "{secret}" }
ports_file_dir: "{run}"
max_payload: 8MB
max_pending: 256MB
`

func (natsio) plan(s transports.Spec) (server.Plan, error) {
	if err := transports.ProbeSize(s); err != nil {
		return server.Plan{}, err
	}
	conf := natsConf
	p := server.Plan{Tells: "*.ports", Embedded: "nats"}
	switch s.Option("mode") {
	case "jetstream":
		p.DataIn = s.Dir
		conf += `jetstream { store_dir: "{data}" }`
	case "jetstream-sync":
		p.DataIn = s.Dir
		conf += `jetstream { store_dir: "{data}", sync_interval: always }`
	}
	p.Files = map[string]string{"conf": conf + "\n"}
	if s.Option("server") == "process" {
		if s.Option("mode") == "jetstream-sync" {
			return server.Plan{}, transports.Unsupported("nats-server has that setting since 2.10, and Debian 12 an older one: choose server=embedded")
		}
		found, err := server.Find("apt install nats-server", "nats-server")
		if err != nil {
			return server.Plan{}, err
		}
		p.Embedded, p.Program, p.Args = "", found, []string{"-c", "{run}/conf"}
	}
	return p, nil
}

// serveNATS is the embedded server, in a process of its own.
func serveNATS(dir string) error {
	options, err := natsserver.ProcessConfigFile(filepath.Join(dir, "conf"))
	if err != nil {
		return err
	}
	options.NoSigs, options.NoLog = true, true
	s, err := natsserver.NewServer(options)
	if err != nil {
		return err
	}
	s.Start()
	s.WaitForShutdown()
	return errors.New("it was shut down")
}

func (n natsio) Create(s transports.Spec) (transports.Link, error) { return create(s, n.plan) }

func (natsio) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	return open(s, h, func(at server.Place) (client, error) {
		var ports struct {
			URLs []string `json:"nats"`
		}
		if err := json.Unmarshal([]byte(at.Told), &ports); err != nil || len(ports.URLs) == 0 {
			return nil, fmt.Errorf("the server tells no address: %q", at.Told)
		}
		conn, err := nats.Connect(ports.URLs[0], nats.Token(at.Secret), nats.NoReconnect(), nats.DrainTimeout(time.Minute))
		if err != nil {
			return nil, err
		}
		var c client
		if s.Option("mode") == "core" {
			c, err = newSubject(conn, side)
		} else {
			c, err = newJetStream(conn, side)
		}
		if err != nil {
			conn.Close()
		}
		return c, err
	})
}

// A subject is one way of core NATS, where a server cuts off who does not take what it is
// sent. So no more is on its way than a window, of which the receiver tells, a quarter at a
// time, what it has taken.
type subject struct {
	conn   *nats.Conn
	to     string
	in     *nats.Subscription
	credit *credit
}

func newSubject(conn *nats.Conn, side transports.Side) (client, error) {
	in, err := conn.SubscribeSync(inbox(side))
	if err != nil {
		return nil, err
	}
	if err := in.SetPendingLimits(-1, -1); err != nil {
		return nil, err
	}
	s := &subject{conn: conn, to: inbox(side.Peer()), in: in}
	told := inbox(side) + ".taken"
	s.credit = newCredit(func() error { return conn.Publish(inbox(side.Peer())+".taken", nil) })
	conn.SetClosedHandler(func(*nats.Conn) { s.credit.end() })
	if _, err := conn.Subscribe(told, func(*nats.Msg) { s.credit.given() }); err != nil {
		return nil, err
	}
	return s, conn.Flush() // the server knows of both
}

func (s *subject) send(msg []byte) error {
	if len(msg) > 0 {
		if err := s.credit.take(len(msg)); err != nil {
			return err
		}
	}
	return s.conn.Publish(s.to, msg)
}

func (s *subject) receive() ([]byte, error) {
	got, err := s.in.NextMsgWithContext(context.Background())
	if err != nil {
		return nil, err
	}
	return got.Data, s.credit.taken(len(got.Data))
}

func (s *subject) close() error {
	err := s.conn.Flush()
	s.conn.Close()
	return err
}

// A jetStream is a stream for each way.
type jetStream struct {
	conn *nats.Conn
	js   jetstream.JetStream
	ctx  context.Context
	to   string
	in   jetstream.MessagesContext
}

func newJetStream(conn *nats.Conn, side transports.Side) (client, error) {
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(time.Minute))
	if err != nil {
		return nil, err
	}
	j := &jetStream{conn: conn, js: js, ctx: context.Background(), to: inbox(side.Peer())}
	stream, err := js.CreateStream(j.ctx, jetstream.StreamConfig{Name: inbox(side), Subjects: []string{inbox(side)}, Storage: jetstream.FileStorage})
	if err != nil {
		return nil, err
	}
	consumer, err := stream.OrderedConsumer(j.ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, err
	}
	j.in, err = consumer.Messages()
	return j, err
}

func (j *jetStream) send(msg []byte) error {
	_, err := j.js.Publish(j.ctx, j.to, msg)
	return err
}

func (j *jetStream) receive() ([]byte, error) {
	got, err := j.in.Next()
	if err != nil {
		return nil, err
	}
	return got.Data(), nil
}

func (j *jetStream) close() error {
	j.in.Stop()
	j.conn.Close()
	return nil
}
