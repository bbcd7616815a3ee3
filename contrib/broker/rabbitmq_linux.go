package broker

import (
	"context"
	"errors"
	"net"
	"os"

	amqp "github.com/rabbitmq/amqp091-go"

	"ipcbench/contrib/internal/server"
	"ipcbench/transports"
)

func init() { transports.Register(rabbitmq{}) }

// rabbitmq is a node by itself, which has no Unix socket: the ends know a password.
type rabbitmq struct{}

var rabbitmqInfo = transports.Info{
	Name: "rabbitmq", Group: group, Kind: inBroker, Caps: caps, Waits: transports.Parks, MaxSize: largest,
	Doc: "a RabbitMQ node on a loopback port, by amqp091-go: a classic queue for each direction, acknowledged 64 messages at a time",
	Options: []transports.Option{
		{Name: "durable", Doc: "what becomes of a message where the node stops", Values: []transports.Value{
			{Name: "no", Doc: "it is lost; whoever sends it does not wait"},
			{Name: "yes", Doc: "it is there again: a durable queue, persistent messages, and each is confirmed before the next", With: transports.NeedsDir | transports.Stores},
		}},
	},
}

const rabbitmqConf = `
default_user = ipcbench
default_pass = {secret}
heartbeat = 0
log.console = true
log.console.level = error
log.file = false
disk_free_limit.absolute = 10MB
listeners.tcp.1 = `

func (rabbitmq) Info() transports.Info { return rabbitmqInfo }

func (r rabbitmq) Probe(s transports.Spec) error {
	_, err := r.find(s)
	return err
}

// find does without the script that Debian has in the way: it changes the user.
func (rabbitmq) find(s transports.Spec) (string, error) {
	if err := transports.ProbeSize(s); err != nil {
		return "", err
	}
	return server.Find("apt install rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server")
}

func (r rabbitmq) plan(s transports.Spec) (server.Plan, error) {
	found, err := r.find(s)
	if err != nil {
		return server.Plan{}, err
	}
	var at [3]string // its own port, the one by which nodes talk, and that of who tells where nodes are
	for i := range at {
		if at[i], err = server.FreeAddress(); err != nil {
			return server.Plan{}, err
		}
	}
	p := server.Plan{
		Program: found, Address: at[0],
		Files: map[string]string{"rabbitmq.conf": rabbitmqConf + at[0] + "\n", "plugins": "[].\n"},
		Env: []string{
			"HOME={run}", "RABBITMQ_CONF_ENV_FILE=" + os.DevNull, "RABBITMQ_CONFIG_FILE={run}/rabbitmq.conf", "RABBITMQ_NODENAME=ipcbench@localhost",
			"RABBITMQ_MNESIA_BASE={data}", "RABBITMQ_LOG_BASE={run}", "RABBITMQ_LOGS=-", "RABBITMQ_ENABLED_PLUGINS_FILE={run}/plugins",
			"RABBITMQ_PLUGINS_EXPAND_DIR={run}/expanded", "RABBITMQ_FEATURE_FLAGS_FILE={run}/flags", "RABBITMQ_PID_FILE={run}/pid",
			"RABBITMQ_DIST_PORT=" + port(at[1]), "ERL_EPMD_PORT=" + port(at[2]), "ERL_EPMD_ADDRESS=127.0.0.1",
			"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}",
		},
	}
	if s.Option("durable") == "yes" {
		p.DataIn = s.Dir
	}
	return p, nil
}

func port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

func (r rabbitmq) Create(s transports.Spec) (transports.Link, error) { return create(s, r.plan) }

func (rabbitmq) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	return open(s, h, func(at server.Place) (client, error) {
		conn, err := amqp.Dial("amqp://ipcbench:" + at.Secret + "@" + at.Address + "/")
		if err != nil {
			return nil, err
		}
		q, err := openQueues(conn, side, s.Option("durable") == "yes")
		if err != nil {
			conn.Close()
			return nil, err
		}
		return q, nil
	})
}

// queues are one for each way. Of what one end was sent and has not acknowledged there is
// no more than several shares.
type queues struct {
	conn    *amqp.Connection
	channel *amqp.Channel
	ctx     context.Context
	to      string
	durable bool
	in      <-chan amqp.Delivery
	unacked int
}

const acknowledged = 64 // at a time

func openQueues(conn *amqp.Connection, side transports.Side, durable bool) (*queues, error) {
	ch, err := conn.Channel()
	if err != nil {
		return nil, err
	}
	q := &queues{conn: conn, channel: ch, ctx: context.Background(), to: inbox(side.Peer()), durable: durable}
	for _, name := range []string{q.to, inbox(side)} {
		if _, err := ch.QueueDeclare(name, durable, false, false, false, nil); err != nil {
			return nil, err
		}
	}
	if durable {
		if err := ch.Confirm(false); err != nil {
			return nil, err
		}
	}
	if err := ch.Qos(4*acknowledged, 0, false); err != nil {
		return nil, err
	}
	q.in, err = ch.Consume(inbox(side), "", false, false, false, false, nil)
	return q, err
}

func (q *queues) send(msg []byte) error {
	m := amqp.Publishing{Body: msg}
	if !q.durable {
		return q.channel.PublishWithContext(q.ctx, "", q.to, false, false, m)
	}
	m.DeliveryMode = amqp.Persistent
	confirmed, err := q.channel.PublishWithDeferredConfirmWithContext(q.ctx, "", q.to, false, false, m)
	if err != nil {
		return err
	}
	if !confirmed.Wait() {
		return errors.New("the node refused it")
	}
	return nil
}

func (q *queues) receive() ([]byte, error) {
	got, ok := <-q.in
	if !ok {
		return nil, errors.New("the connection ended")
	}
	if q.unacked++; q.unacked == acknowledged {
		q.unacked = 0
		if err := got.Ack(true); err != nil {
			return nil, err
		}
	}
	return got.Body, nil
}

// close has the node take what was sent, and then goes.
func (q *queues) close() error { return errors.Join(q.channel.Close(), q.conn.Close()) }
