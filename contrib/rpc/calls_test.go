package rpc

import (
	"io"
	"sync/atomic"
	"testing"

	"ipcbench/contrib/internal/over"
	"ipcbench/transports"
)

// counting counts the calls of what it calls.
type counting struct {
	target
	calls *atomic.Int64
}

func (c counting) call(message []byte) ([]byte, error) {
	c.calls.Add(1)
	return c.target.call(message)
}

// ends are both ends of a link of grpc, in this process, and how many calls there were.
func ends(t *testing.T) (producer, consumer transports.Endpoint, calls *atomic.Int64) {
	t.Helper()
	calls = new(atomic.Int64)
	l := library{info: info("counted", "grpc", callOption, over.Option), dial: dialGRPC,
		serve: func(s transports.Spec, l *listener, t target) (func(), error) {
			return serveGRPC(s, l, counting{t, calls})
		}}
	spec, err := transports.Parse("grpc")
	if err != nil {
		t.Fatal(err)
	}
	spec.Size = 64
	link, err := l.Create(spec)
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	open := func(side transports.Side) transports.Endpoint {
		e, err := l.Open(spec, side, link.For(side))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	return open(transports.Producer), open(transports.Consumer), calls
}

// TestCalls: a message with its echo is one call, and one that is not answered is one too.
func TestCalls(t *testing.T) {
	const count = 10
	for _, answered := range []bool{true, false} {
		producer, consumer, calls := ends(t)
		done := make(chan error)
		go func() {
			buf := make([]byte, 64)
			for {
				n, err := consumer.Recv(buf)
				if err == io.EOF {
					done <- consumer.Close()
					return
				}
				if err == nil && answered {
					err = consumer.Send(buf[:n])
				}
				if err != nil {
					done <- err
					return
				}
			}
		}()
		for range count {
			err := producer.Send([]byte("message"))
			if err == nil && answered {
				_, err = producer.Recv(make([]byte, 64))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := producer.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if calls.Load() != count {
			t.Errorf("answered %v: %d messages were %d calls", answered, count, calls.Load())
		}
	}
}
