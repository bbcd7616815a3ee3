package messaging

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"go.nanomsg.org/mangos/v3"
	"go.nanomsg.org/mangos/v3/protocol/pair"
	"go.nanomsg.org/mangos/v3/transport"

	"ipcbench/transports"
)

func init() {
	transport.RegisterTransport(inherited{})
	register(library{
		name: "mangos",
		also: []string{"nng", "nanomsg", "scalability-protocols"},
		doc:  "mangos, a PAIR socket at each end (the protocol of nanomsg and NNG)",
		open: openMangos,
	})
}

// mangosEnd is a PAIR socket of mangos, which speaks the protocol of nanomsg and NNG. It has
// a goroutine that sends and one that receives, and a queue for either.
type mangosEnd struct {
	socket mangos.Socket
	pipe   *mangosPipe
	size   int
	ended  bool // the stream has
	closed bool
}

func openMangos(size int, conn net.Conn) (transports.Endpoint, error) {
	socket, err := pair.NewSocket()
	if err != nil {
		return nil, err
	}
	e := &mangosEnd{socket: socket, size: size, pipe: &mangosPipe{flushed: make(chan struct{}), closed: make(chan struct{})}}
	dialer := &inheritedDialer{conn: conn, info: socket.Info(), pipe: e.pipe}
	err = socket.DialOptions(inherited{}.Scheme()+"://", map[string]any{optionDialer: dialer, mangos.OptionDialAsynch: false})
	if err != nil {
		socket.Close()
		return nil, fmt.Errorf("greet the peer: %w", err)
	}
	return e, nil
}

func (e *mangosEnd) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	err := e.pipe.lost()
	if err == nil {
		err = e.socket.Send(msg)
	}
	if err != nil {
		return fmt.Errorf("mangos: send %d bytes: %w", len(msg), err)
	}
	return nil
}

func (e *mangosEnd) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	if e.ended || e.closed {
		return 0, io.EOF
	}
	msg, err := e.socket.RecvMsg()
	if err != nil {
		return 0, fmt.Errorf("mangos: receive: %w", err)
	}
	defer msg.Free()
	if len(msg.Body) == 0 {
		e.ended = true
		if e.pipe.why != io.EOF {
			return 0, fmt.Errorf("mangos: receive: %w", e.pipe.why)
		}
		return 0, io.EOF
	}
	return copy(buf, msg.Body), nil
}

// Close waits until all that was sent is in the connection: closing a socket of mangos
// throws away what is in its queue.
func (e *mangosEnd) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	if err := e.socket.Send(nil); err == nil {
		<-e.pipe.flushed
	}
	e.socket.Close()
	return e.pipe.Close() // which the socket leaves to a goroutine
}

// A mangosPipe is a connection as mangos has it, with an end. The library has no end of
// stream, only events, which may overtake messages. An empty message, which no end sends,
// stays in order with them: received, it says that the connection has ended; sent, that all
// before it was written. Neither is on the wire. The library is not told that the peer is
// gone: it would throw away what that one had sent, and have a sender wait for another.
type mangosPipe struct {
	transport.Pipe
	why     error         // the connection ended, once an empty message was received
	flushed chan struct{} // closed once all that was sent is written, or never will be
	closed  chan struct{} // closed once the pipe is
	close   sync.Once
	failed  atomic.Pointer[error]
}

func (p *mangosPipe) Recv() (*mangos.Message, error) {
	if p.why != nil {
		<-p.closed // by its own end
		return nil, p.why
	}
	msg, err := p.Pipe.Recv()
	if err == nil {
		return msg, nil
	}
	p.why = err
	return mangos.NewMessage(0), nil
}

func (p *mangosPipe) Send(msg *mangos.Message) error {
	if len(msg.Body) == 0 {
		close(p.flushed)
	} else if p.lost() == nil {
		err := p.Pipe.Send(msg)
		if err == nil {
			return nil
		}
		p.failed.Store(&err)
	}
	msg.Free()
	return nil
}

// lost returns why nothing can be sent any more, nil where something can.
func (p *mangosPipe) lost() error {
	if err := p.failed.Load(); err != nil {
		return *err
	}
	return nil
}

func (p *mangosPipe) Close() error {
	p.close.Do(func() { close(p.closed) })
	if err := p.Pipe.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// inherited is the connection that a process inherits, as mangos knows ipc and tcp.
type inherited struct{}

// optionDialer is the option that a dialer of inherited has its connection by.
const optionDialer = "IPCBENCH-DIALER"

func (inherited) Scheme() string { return "inherited" }

func (inherited) NewDialer(string, mangos.Socket) (mangos.TranDialer, error) {
	return &inheritedDialer{}, nil
}

func (inherited) NewListener(string, mangos.Socket) (mangos.TranListener, error) {
	return nil, mangos.ErrBadTran
}

type inheritedDialer struct {
	conn net.Conn
	info mangos.ProtocolInfo
	pipe *mangosPipe
	used bool
}

// Dial greets the peer, as both ends do, and is over once it did. There is no second
// connection.
func (d *inheritedDialer) Dial() (mangos.TranPipe, error) {
	if d.used {
		return nil, mangos.ErrClosed
	}
	d.used = true
	var plain transport.ConnPipe
	if d.conn.LocalAddr().Network() == "unix" {
		plain = transport.NewConnPipeIPC(d.conn, d.info)
	} else {
		plain = transport.NewConnPipe(d.conn, d.info)
	}
	greeting := transport.NewConnHandshaker()
	greeting.Start(plain)
	var err error
	if d.pipe.Pipe, err = greeting.Wait(); err != nil {
		return nil, err
	}
	return d.pipe, nil
}

func (d *inheritedDialer) SetOption(name string, value any) error {
	given, ok := value.(*inheritedDialer)
	if name != optionDialer || !ok {
		return mangos.ErrBadOption
	}
	d.conn, d.info, d.pipe = given.conn, given.info, given.pipe
	return nil
}

func (d *inheritedDialer) GetOption(string) (any, error) { return nil, mangos.ErrBadOption }
