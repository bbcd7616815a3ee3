package rpc

import (
	"errors"
	"io"
	"net/rpc"
	"net/rpc/jsonrpc"

	"ipcbench/contrib/internal/over"
	"ipcbench/transports"
)

func init() {
	transports.Register(library{
		info:  info("netrpc", "net/rpc of the standard library: the consumer serves, a round trip is a call", codecOption, over.Option),
		serve: serveNetRPC, dial: dialNetRPC,
	})
}

var codecOption = transports.Option{Name: "codec", Doc: "how a call is encoded", Values: []transports.Value{
	{Name: "gob", Doc: "encoding/gob, what net/rpc does by itself"},
	{Name: "json", Doc: "JSON-RPC 1.0 (net/rpc/jsonrpc): the bytes in base64"},
}}

// A Packet is a message of the benchmark's as net/rpc has it, which wants exported types.
type Packet struct{ Data []byte }

// exchange is what the server has of net/rpc's: its methods are what clients call.
type exchange struct{ target target }

const exchangeCall = "Exchange.Call"

func (e exchange) Call(request *Packet, reply *Packet) (err error) {
	reply.Data, err = e.target.call(request.Data)
	return err
}

func serveNetRPC(s transports.Spec, l *listener, t target) (stop func(), err error) {
	server := rpc.NewServer()
	if err := server.RegisterName("Exchange", exchange{t}); err != nil {
		return nil, err
	}
	if s.Option(codecOption.Name) == "json" {
		go server.ServeCodec(jsonrpc.NewServerCodec(l.connection))
	} else {
		go server.ServeConn(l.connection)
	}
	return func() {}, nil // it ends with its connection
}

func dialNetRPC(s transports.Spec, d *dialer) (client, error) {
	conn, err := d.dial()
	if err != nil {
		return nil, err
	}
	if s.Option(codecOption.Name) == "json" {
		return &netRPC{client: jsonrpc.NewClient(conn)}, nil
	}
	return &netRPC{client: rpc.NewClient(conn)}, nil
}

type netRPC struct {
	unary
	client *rpc.Client
	open   *rpc.Call
}

func (n *netRPC) begin(msg []byte) error {
	n.open = n.client.Go(exchangeCall, &Packet{msg}, new(Packet), make(chan *rpc.Call, 1))
	return nil
}

func (n *netRPC) end() ([]byte, error) {
	call := <-n.open.Done
	if errors.Is(call.Error, rpc.ServerError(io.EOF.Error())) {
		return nil, io.EOF
	}
	return call.Reply.(*Packet).Data, call.Error
}

func (n *netRPC) close() error { return n.client.Close() }
