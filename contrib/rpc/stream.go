package rpc

import (
	"context"
	"io"
	"sync"
)

// streaming is the producer's end of one call that lasts. It begins with the first
// message that is sent or wanted.
type streaming struct {
	client     client
	connection *connection
	cancel     context.CancelFunc
	flow       func() (flow, error)
	closed     bool
}

func newStreaming(c client, over *connection) *streaming {
	ctx, cancel := context.WithCancel(context.Background())
	return &streaming{client: c, connection: over, cancel: cancel, flow: sync.OnceValues(func() (flow, error) { return c.flow(ctx) })}
}

func (s *streaming) Send(msg []byte) error {
	f, err := s.flow()
	if err == nil {
		err = f.send(msg)
	}
	return err
}

func (s *streaming) Recv(buf []byte) (int, error) {
	if s.closed {
		return 0, io.EOF
	}
	f, err := s.flow()
	if err == nil {
		return receive(f, buf)
	}
	return 0, s.connection.explain(err)
}

// Close says that there is no more, and hangs up once the consumer has seen that: what was
// sent may still be in the library.
func (s *streaming) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	if f, err := s.flow(); err == nil && f.closeSend() == nil {
		for err == nil {
			_, err = f.recv()
		}
	}
	s.cancel()
	err := s.client.close()
	s.connection.Close()
	return err
}

// streamed is the consumer's.
type streamed struct {
	connection *connection
	stop       func()
	flows      chan stream // the one there is
	stream     stream      // nil: it has not come
	over       chan struct{}
	once, done sync.Once
}

func newStreamed(c *connection) *streamed {
	return &streamed{connection: c, flows: make(chan stream, 1), over: make(chan struct{})}
}

func (s *streamed) serve(stop func()) { s.stop = stop }

func (s *streamed) call([]byte) ([]byte, error) { return nil, io.EOF }

// flow is what the server calls, in a goroutine that lives as long as the stream.
func (s *streamed) flow(f stream) error {
	s.flows <- f
	select {
	case <-s.over:
	case <-s.connection.over:
	}
	return nil
}

// await waits for the stream.
func (s *streamed) await() error {
	if s.stream != nil {
		return nil
	}
	select {
	case s.stream = <-s.flows:
		return nil
	case <-s.connection.over:
		return s.connection.why
	}
}

func (s *streamed) Send(msg []byte) error {
	if err := s.await(); err != nil {
		return err
	}
	return s.stream.send(msg)
}

// Recv lets the call return when its producer has closed, who waits for that.
func (s *streamed) Recv(buf []byte) (int, error) {
	if err := s.await(); err != nil {
		return 0, err
	}
	n, err := receive(s.stream, buf)
	if err != nil {
		s.finish()
		err = s.connection.explain(err)
	}
	return n, err
}

func (s *streamed) finish() { s.done.Do(func() { close(s.over) }) }

func (s *streamed) Close() error {
	s.once.Do(func() {
		if s.await() == nil {
			s.finish()
			<-s.connection.over
		}
		s.stop()
		s.connection.Close()
	})
	return nil
}

func receive(f stream, buf []byte) (int, error) {
	message, err := f.recv()
	return copy(buf, message), err
}
