package rpc

import (
	"context"
	"errors"
	"io"
	"net/http"

	"connectrpc.com/connect"

	"ipcbench/contrib/internal/over"
	"ipcbench/contrib/rpc/internal/wire"
	"ipcbench/contrib/rpc/internal/wire/wireconnect"
	"ipcbench/transports"
)

func init() {
	transports.Register(connectLibrary{library{
		info: info("connect", "Connect with protobuf (connectrpc.com/connect), over net/http: the consumer serves, a round trip is a call",
			callOption, connectVersion, gzipOption, over.Option),
		serve: serveConnect, dial: dialConnect,
	}})
}

var connectVersion = transports.Option{Name: "http", Doc: "the version of HTTP below, without TLS", Values: []transports.Value{
	{Name: "2", Doc: "HTTP/2 by prior knowledge (h2c)"},
	{Name: "1.1", Doc: "HTTP/1.1, which has no streams in both directions"},
}}

var gzipOption = transports.Option{Name: "gzip", Doc: "whether responses are compressed", Values: []transports.Value{
	{Name: "no", Doc: "the client does not take it, as of any other library here"},
	{Name: "yes", Doc: "they are, which is Connect's default"},
}}

// connectLibrary refuses what HTTP/1.1 cannot do.
type connectLibrary struct{ library }

func (c connectLibrary) Probe(s transports.Spec) error {
	if err := c.refuse(s); err != nil {
		return err
	}
	return c.library.Probe(s)
}

func (c connectLibrary) Create(s transports.Spec) (transports.Link, error) {
	if err := c.refuse(s); err != nil {
		return nil, err
	}
	return c.library.Create(s)
}

func (connectLibrary) refuse(s transports.Spec) error {
	if s.Option(callOption.Name) == "stream" && s.Option(connectVersion.Name) == "1.1" {
		return transports.Unsupported("connect: HTTP/1.1 has no streams in both directions: take http=2, or call=unary")
	}
	return nil
}

func serveConnect(s transports.Spec, l *listener, t target) (stop func(), err error) {
	mux := http.NewServeMux()
	mux.Handle(wireconnect.NewExchangeHandler(connectService{target: t}))
	return serveHandler(s.Option(connectVersion.Name), l, mux), nil
}

type connectService struct {
	wireconnect.UnimplementedExchangeHandler
	target target
}

func (c connectService) Call(_ context.Context, r *connect.Request[wire.Message]) (*connect.Response[wire.Message], error) {
	reply, err := c.target.call(r.Msg.GetData())
	if err != nil {
		return nil, connect.NewError(connect.CodeOutOfRange, errors.New("the consumer has closed"))
	}
	return connect.NewResponse(&wire.Message{Data: reply}), nil
}

func (c connectService) Flow(_ context.Context, s *connect.BidiStream[wire.Message, wire.Message]) error {
	return c.target.flow(connectStream{s})
}

func dialConnect(s transports.Spec, d *dialer) (client, error) {
	var options []connect.ClientOption
	if s.Option(gzipOption.Name) == "no" {
		options = append(options, connect.WithAcceptCompression("gzip", nil, nil))
	}
	c := newHTTPClient(s.Option(connectVersion.Name), d)
	exchange := wireconnect.NewExchangeClient(c, host, options...)
	calls := newBlocking(func(message []byte) ([]byte, error) {
		reply, err := exchange.Call(context.Background(), connect.NewRequest(&wire.Message{Data: message}))
		switch {
		case connect.CodeOf(err) == connect.CodeOutOfRange:
			return nil, io.EOF
		case err != nil:
			return nil, err
		}
		return reply.Msg.GetData(), nil
	}, func() error { c.CloseIdleConnections(); return nil })
	return connectClient{calls, exchange}, nil
}

type connectClient struct {
	*blocking
	exchange wireconnect.ExchangeClient
}

func (c connectClient) flow(ctx context.Context) (flow, error) {
	s := c.exchange.Flow(ctx)
	return connectFlow{connectStream{s}, s}, s.Send(nil) // the headers: else it begins with the first message
}

// connectStream is a stream of the server's; the client's has the same two methods.
type connectStream struct {
	messages interface {
		Send(*wire.Message) error
		Receive() (*wire.Message, error)
	}
}

func (c connectStream) send(msg []byte) error { return c.messages.Send(&wire.Message{Data: msg}) }

func (c connectStream) recv() ([]byte, error) {
	m, err := c.messages.Receive()
	if errors.Is(err, io.EOF) {
		err = io.EOF
	}
	return m.GetData(), err
}

type connectFlow struct {
	connectStream
	s interface{ CloseRequest() error }
}

func (c connectFlow) closeSend() error { return c.s.CloseRequest() }
