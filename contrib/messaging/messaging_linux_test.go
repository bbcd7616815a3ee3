package messaging

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"ipcbench/transports"
)

// specs are the transports of this package, each over all that it can be over.
func specs(t *testing.T) []transports.Spec {
	var all []transports.Spec
	for _, text := range []string{"mangos", "mangos:over=tcp", "zmq", "zmq:over=tcp"} {
		spec, err := transports.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		spec.Size = 4096
		all = append(all, spec)
	}
	return all
}

// open makes a link and both ends of it.
func open(t *testing.T, spec transports.Spec) (ends [2]transports.Endpoint) {
	t.Helper()
	tr, err := transports.Lookup(spec.Transport)
	if err != nil {
		t.Fatal(err)
	}
	link, err := tr.Create(spec)
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan error)
	for _, side := range []transports.Side{transports.Producer, transports.Consumer} {
		go func() { // each greets the other
			var err error
			ends[side], err = tr.Open(spec, side, link.For(side))
			opened <- err
		}()
	}
	if err := errors.Join(<-opened, <-opened, link.Close()); err != nil {
		t.Fatal(err)
	}
	return ends
}

// TestCloseLosesNothing: an end that sends less than the library queues and closes at once
// has sent all of it; over Unix sockets also with messages left that it never received, of
// which TCP resets the connection.
func TestCloseLosesNothing(t *testing.T) {
	const count = 8 // less than the shortest of the queues, so that nobody need receive
	for _, spec := range specs(t) {
		t.Run(spec.String(), func(t *testing.T) {
			ends := open(t, spec)
			senders := ends[:]
			if spec.Option("over") == "tcp" {
				senders = ends[:1]
			}
			for i := range count {
				for side, e := range senders {
					if err := e.Send(fmt.Appendf(nil, "%d from %d", i, side)); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := ends[0].Close(); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, spec.Size)
			for i := range count {
				n, err := ends[1].Recv(buf)
				if want := fmt.Sprintf("%d from 0", i); err != nil || string(buf[:n]) != want {
					t.Fatalf("received %q, %v instead of %q", buf[:n], err, want)
				}
			}
			for range 2 {
				if _, err := ends[1].Recv(buf); err != io.EOF {
					t.Errorf("after the last message: %v", err)
				}
			}
			if err := ends[1].Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSendingToNobodyFails: both libraries would take messages for a peer that has gone, and
// drop them or wait for another one.
func TestSendingToNobodyFails(t *testing.T) {
	for _, spec := range specs(t) {
		t.Run(spec.String(), func(t *testing.T) {
			ends := open(t, spec)
			ends[1].Close()
			msg := make([]byte, spec.Size)
			for range 10_000 {
				if err := ends[0].Send(msg); err != nil {
					ends[0].Close()
					return
				}
			}
			t.Error("10000 messages were sent to a peer that has closed")
		})
	}
}
