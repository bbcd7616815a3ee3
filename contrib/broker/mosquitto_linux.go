package broker

import (
	"errors"
	"fmt"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"ipcbench/contrib/internal/server"
	"ipcbench/transports"
)

func init() { transports.Register(mosquitto{}) }

// mosquitto is an MQTT broker, which tells of a client's death by its last will.
type mosquitto struct{}

var mosquittoInfo = transports.Info{
	Name: "mosquitto", Also: []string{"mqtt"}, Group: group, Kind: inBroker, Caps: caps | transports.SeesPeerDeath, Waits: transports.Parks, MaxSize: largest,
	Doc: "a Mosquitto broker (MQTT) on a Unix socket, by paho; its queues are not bounded, so that nothing is dropped",
	Options: []transports.Option{
		{Name: "qos", Doc: "how a message is handed over, there and back", Values: []transports.Value{
			{Name: "0", Doc: "at most once: written to the socket"},
			{Name: "1", Doc: "at least once: acknowledged by the broker, and by the receiver"},
			{Name: "2", Doc: "exactly once: in two round trips each"},
		}},
	},
}

const mosquittoConf = `
listener 0 {run}/s
allow_anonymous true
persistence false
max_queued_messages 0
max_inflight_messages 0
log_dest stderr
log_type error
user root
`

func (mosquitto) Info() transports.Info { return mosquittoInfo }

func (m mosquitto) Probe(s transports.Spec) error {
	_, err := m.plan(s)
	return err
}

func (mosquitto) plan(s transports.Spec) (server.Plan, error) {
	if err := transports.ProbeSize(s); err != nil {
		return server.Plan{}, err
	}
	found, err := server.Find("apt install mosquitto", "mosquitto")
	return server.Plan{Program: found, Args: []string{"-c", "{run}/conf"}, Address: "{run}/s", Files: map[string]string{"conf": mosquittoConf}}, err
}

func (m mosquitto) Create(s transports.Spec) (transports.Link, error) { return create(s, m.plan) }

func (mosquitto) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	return open(s, h, func(at server.Place) (client, error) {
		t := &topic{
			to: inbox(side.Peer()), qos: s.Option("qos")[0] - '0',
			arrived: make(chan []byte, 64), lost: make(chan error, 1), closed: make(chan struct{}),
		}
		options := mqtt.NewClientOptions().AddBroker("unix://"+at.Address).SetClientID(side.String()).
			SetAutoReconnect(false).SetKeepAlive(0).SetBinaryWill(t.to, nil, t.qos, false).
			SetConnectionLostHandler(func(_ mqtt.Client, err error) { t.lost <- err })
		t.client = mqtt.NewClient(options)
		if err := wait(t.client.Connect()); err != nil {
			return nil, err
		}
		return t, wait(t.client.Subscribe(inbox(side), t.qos, t.take))
	})
}

// A topic is one for each way.
type topic struct {
	client  mqtt.Client
	to      string
	qos     byte
	arrived chan []byte
	lost    chan error // the connection
	closed  chan struct{}
}

func wait(t mqtt.Token) error {
	t.Wait()
	return t.Error()
}

// take keeps the broker waiting while nobody receives.
func (t *topic) take(_ mqtt.Client, m mqtt.Message) {
	select {
	case t.arrived <- m.Payload():
	case <-t.closed:
	}
}

func (t *topic) send(msg []byte) error { return wait(t.client.Publish(t.to, t.qos, false, msg)) }

func (t *topic) receive() ([]byte, error) {
	select {
	case msg := <-t.arrived:
		return msg, nil
	case err := <-t.lost:
		if err == nil {
			err = errors.New("closed")
		}
		return nil, fmt.Errorf("the connection ended: %w", err)
	}
}

// parting is how many ms a disconnection may take.
const parting = 1000

func (t *topic) close() error {
	close(t.closed)
	t.client.Disconnect(parting)
	return nil
}
