package rpc

import (
	"context"
	"io"

	"capnproto.org/go/capnp/v3"
	"capnproto.org/go/capnp/v3/exc"
	"capnproto.org/go/capnp/v3/rpc"

	"ipcbench/contrib/internal/over"
	"ipcbench/contrib/rpc/internal/wire"
	"ipcbench/transports"
)

func init() {
	transports.Register(library{
		info:  info("capnp", "Cap'n Proto RPC (capnproto.org/go/capnp/v3): the consumer serves, a round trip is a call", over.Option),
		serve: serveCapnp, dial: dialCapnp,
	})
}

func serveCapnp(_ transports.Spec, l *listener, t target) (stop func(), err error) {
	conn := rpc.NewConn(rpc.NewStreamTransport(l.connection), &rpc.Options{
		BootstrapClient: capnp.Client(wire.Caller_ServerToClient(capnpService{t})),
	})
	return func() { conn.Close() }, nil
}

type capnpService struct{ target target }

func (c capnpService) Call(_ context.Context, call wire.Caller_call) error {
	message, err := call.Args().Data()
	if err != nil {
		return err
	}
	reply, err := c.target.call(message)
	if err != nil {
		return exc.New(exc.Disconnected, "", "the consumer has closed")
	}
	results, err := call.AllocResults()
	if err != nil {
		return err
	}
	return results.SetData(reply)
}

func dialCapnp(_ transports.Spec, d *dialer) (client, error) {
	c, err := d.dial()
	if err != nil {
		return nil, err
	}
	conn := rpc.NewConn(rpc.NewStreamTransport(c), nil)
	return &capnpClient{conn: conn, caller: wire.Caller(conn.Bootstrap(context.Background()))}, nil
}

type capnpClient struct {
	unary
	conn    *rpc.Conn
	caller  wire.Caller
	open    wire.Caller_call_Results_Future
	release func() // of the last reply; nil: there was none
}

func (c *capnpClient) begin(msg []byte) error {
	c.drop()
	c.open, c.release = c.caller.Call(context.Background(), func(p wire.Caller_call_Params) error { return p.SetData(msg) })
	return nil
}

func (c *capnpClient) end() ([]byte, error) {
	results, err := c.open.Struct()
	if exc.IsType(err, exc.Disconnected) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, err
	}
	return results.Data()
}

func (c *capnpClient) drop() {
	if c.release != nil {
		c.release()
	}
}

func (c *capnpClient) close() error {
	c.drop()
	c.caller.Release()
	return c.conn.Close()
}
