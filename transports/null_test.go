package transports

import (
	"errors"
	"io"
	"testing"
)

func TestNullHandsBackWhatItWasSent(t *testing.T) {
	e, err := null{}.Open(Spec{Transport: "null", Size: 4}, Producer, Handover{})
	if err != nil {
		t.Fatal(err)
	}
	msg, buf := []byte("abc"), make([]byte, 4)
	if err := e.Send(msg); err != nil {
		t.Fatal(err)
	}
	msg[0] = 'x' // it is the caller's again
	if err := e.Send(msg); err == nil {
		t.Error("a second message was taken before the first was received")
	}
	if n, err := e.Recv(buf); err != nil || string(buf[:n]) != "abc" {
		t.Errorf("received %q, error %v", buf[:n], err)
	}
	if _, err := e.Recv(buf); err == nil || err == io.EOF {
		t.Errorf("with nothing sent: error %v", err)
	}
	if err := e.Send(make([]byte, 5)); !errors.Is(err, ErrTooLong) {
		t.Errorf("a message too long: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Recv(buf); err != io.EOF {
		t.Errorf("after Close: error %v", err)
	}
}
