package rpc

import (
	"context"
	"io"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"ipcbench/contrib/internal/over"
	"ipcbench/contrib/rpc/internal/wire"
	"ipcbench/transports"
)

func init() {
	transports.Register(library{
		info:  info("grpc", "gRPC with protobuf (google.golang.org/grpc): the consumer serves, a round trip is a call", callOption, over.Option),
		serve: serveGRPC, dial: dialGRPC,
	})
}

func serveGRPC(s transports.Spec, l *listener, t target) (stop func(), err error) {
	server := grpc.NewServer(grpc.MaxRecvMsgSize(roomFor(s)), grpc.MaxSendMsgSize(roomFor(s)))
	wire.RegisterExchangeServer(server, grpcService{target: t})
	go server.Serve(l)
	return server.Stop, nil
}

// roomFor is how long, in bytes, a protobuf message may be that has one of the link's.
func roomFor(s transports.Spec) int { return s.Size + 16 }

type grpcService struct {
	wire.UnimplementedExchangeServer
	target target
}

// errOver is what a call is told that nobody answers any more.
var errOver = status.Error(codes.OutOfRange, "the consumer has closed")

func (g grpcService) Call(_ context.Context, m *wire.Message) (*wire.Message, error) {
	reply, err := g.target.call(m.GetData())
	if err != nil {
		return nil, errOver
	}
	return &wire.Message{Data: reply}, nil
}

func (g grpcService) Flow(s wire.Exchange_FlowServer) error {
	return g.target.flow(grpcStream{s})
}

func dialGRPC(s transports.Spec, d *dialer) (client, error) {
	conn, err := grpc.NewClient("passthrough:///consumer",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return d.dial() }),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(roomFor(s)), grpc.MaxCallSendMsgSize(roomFor(s))))
	if err != nil {
		return nil, err
	}
	return &grpcClient{conn: conn}, nil
}

// grpcClient makes unary calls in two steps, which are those that a generated client has
// in one (grpc.ClientConn.Invoke): so that no goroutine is needed for the wait between.
type grpcClient struct {
	conn *grpc.ClientConn
	open grpc.ClientStream
}

func (g *grpcClient) begin(msg []byte) (err error) {
	g.open, err = g.conn.NewStream(context.Background(), &grpc.StreamDesc{}, wire.Exchange_Call_FullMethodName)
	if err != nil {
		return err
	}
	if err = g.open.SendMsg(&wire.Message{Data: msg}); err == io.EOF {
		return nil // the call has failed, and end is told why
	}
	return err
}

func (g *grpcClient) end() ([]byte, error) {
	var m wire.Message
	err := g.open.RecvMsg(&m)
	if status.Code(err) == codes.OutOfRange {
		return nil, io.EOF
	}
	return m.GetData(), err
}

func (g *grpcClient) flow(ctx context.Context) (flow, error) {
	s, err := wire.NewExchangeClient(g.conn).Flow(ctx)
	if err != nil {
		return nil, err
	}
	return grpcFlow{grpcStream{s}, s}, nil
}

func (g *grpcClient) close() error { return g.conn.Close() }

// grpcStream is a stream of either end.
type grpcStream struct {
	messages interface {
		SendMsg(any) error
		RecvMsg(any) error
	}
}

func (g grpcStream) send(msg []byte) error { return g.messages.SendMsg(&wire.Message{Data: msg}) }

func (g grpcStream) recv() ([]byte, error) {
	var m wire.Message
	err := g.messages.RecvMsg(&m)
	return m.GetData(), err
}

type grpcFlow struct {
	grpcStream
	s grpc.ClientStream
}

func (g grpcFlow) closeSend() error { return g.s.CloseSend() }
