package rpc

import (
	"context"
	"errors"
	"io"

	"storj.io/drpc/drpcconn"
	"storj.io/drpc/drpcerr"
	"storj.io/drpc/drpcmanager"
	"storj.io/drpc/drpcmux"
	"storj.io/drpc/drpcserver"
	"storj.io/drpc/drpcwire"

	"ipcbench/contrib/internal/over"
	"ipcbench/contrib/rpc/internal/wire"
	"ipcbench/transports"
)

func init() {
	transports.Register(library{
		info:  info("drpc", "drpc with protobuf (storj.io/drpc): the consumer serves, a round trip is a call", callOption, over.Option),
		serve: serveDRPC, dial: dialDRPC,
	})
}

// managerFor makes room for the link's messages. The limit is of the buffer that is read
// into, which may have the beginning of a further one.
func managerFor(s transports.Spec) drpcmanager.Options {
	const byDefault = 4 << 20
	return drpcmanager.Options{Reader: drpcwire.ReaderOptions{MaximumBufferSize: max(byDefault, 2*roomFor(s))}}
}

func serveDRPC(s transports.Spec, l *listener, t target) (stop func(), err error) {
	mux := drpcmux.New()
	if err := wire.DRPCRegisterExchange(mux, drpcService{target: t}); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go drpcserver.NewWithOptions(mux, drpcserver.Options{Manager: managerFor(s)}).Serve(ctx, l)
	return cancel, nil
}

type drpcService struct {
	wire.DRPCExchangeUnimplementedServer
	target target
}

// drpcOver is the code of a call that nobody answers any more.
const drpcOver = 1

func (d drpcService) Call(_ context.Context, m *wire.Message) (*wire.Message, error) {
	reply, err := d.target.call(m.GetData())
	if err != nil {
		return nil, drpcerr.WithCode(errors.New("the consumer has closed"), drpcOver)
	}
	return &wire.Message{Data: reply}, nil
}

func (d drpcService) Flow(s wire.DRPCExchange_FlowStream) error { return d.target.flow(drpcStream{s}) }

func dialDRPC(s transports.Spec, d *dialer) (client, error) {
	conn, err := d.dial()
	if err != nil {
		return nil, err
	}
	c := drpcconn.NewWithOptions(conn, drpcconn.Options{Manager: managerFor(s)})
	exchange := wire.NewDRPCExchangeClient(c)
	calls := newBlocking(func(message []byte) ([]byte, error) {
		reply, err := exchange.Call(context.Background(), &wire.Message{Data: message})
		if drpcerr.Code(err) == drpcOver {
			err = io.EOF
		}
		return reply.GetData(), err
	}, c.Close)
	return drpcClient{calls, exchange}, nil
}

type drpcClient struct {
	*blocking
	exchange wire.DRPCExchangeClient
}

func (d drpcClient) flow(ctx context.Context) (flow, error) {
	s, err := d.exchange.Flow(ctx)
	if err != nil {
		return nil, err
	}
	return drpcFlow{drpcStream{s}, s}, nil
}

// drpcStream is a stream of either end.
type drpcStream struct {
	messages interface {
		Send(*wire.Message) error
		Recv() (*wire.Message, error)
	}
}

func (d drpcStream) send(msg []byte) error { return d.messages.Send(&wire.Message{Data: msg}) }

func (d drpcStream) recv() ([]byte, error) {
	m, err := d.messages.Recv()
	return m.GetData(), err
}

type drpcFlow struct {
	drpcStream
	s interface{ CloseSend() error }
}

func (d drpcFlow) closeSend() error { return d.s.CloseSend() }
