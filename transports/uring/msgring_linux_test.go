package uring

import (
	"errors"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"ipcbench/transports"
	"ipcbench/transports/internal/pairtest"
)

// TestMsgringKeepsAll streams through the smallest queue, with a reader that
// falls behind: the kernel would queue without bound, and a ring that spins
// would never see the rest.
func TestMsgringKeepsAll(t *testing.T) {
	for _, text := range []string{"msgring", "msgring:wait=spin"} {
		t.Run(text, func(t *testing.T) {
			s := pairtest.Parse(t, text, 8)
			s.Capacity = 1
			needsRing(t, s)
			defer debug.SetGCPercent(debug.SetGCPercent(-1)) // see openPair
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
			link := pairtest.Create(t, s)
			consumer := pairtest.Open(t, s, transports.Consumer, link)
			const count = 300
			sent := make(chan error, 1)
			go func() {
				runtime.LockOSThread() // for good: the ring is this thread's
				producer, err := pairtest.Transport(t, s.Transport).Open(s, transports.Producer, link.For(transports.Producer))
				for i := 0; err == nil && i < count; i++ {
					err = producer.Send(pairtest.Message(i%8 + 1))
				}
				if err == nil {
					err = producer.Close()
				}
				sent <- err
			}()
			buf := make([]byte, 8)
			for i := range count {
				pairtest.Receive(t, consumer, buf, pairtest.Message(i%8+1))
			}
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
			pairtest.ExpectEnd(t, consumer, buf)
		})
	}
}

// TestMsgringEndsAWaitForRoom: a sender whose peer goes while it waits for room
// is told, and the peer has what was sent before that.
func TestMsgringEndsAWaitForRoom(t *testing.T) {
	for _, text := range []string{"msgring", "msgring:wait=spin"} {
		s := pairtest.Parse(t, text, 8)
		s.Capacity = 64
		needsRing(t, s)
		producer, consumer := pairtest.OpenPair(t, s)
		for range 3 {
			pairtest.Send(t, producer, pairtest.Message(8))
		}
		buf := make([]byte, 8)
		pairtest.Receive(t, consumer, buf, pairtest.Message(8))
		pairtest.Send(t, producer, pairtest.Message(7)) // in the room of the one received
		if err := consumer.Close(); err != nil {
			t.Fatal(err)
		}
		if err := producer.Send(pairtest.Message(8)); err == nil || !strings.Contains(err.Error(), "the peer closed its end") {
			t.Errorf("%s: send without room to a closed peer: %v", text, err)
		}
		if _, err := producer.Recv(buf); err != io.EOF {
			t.Errorf("%s: receive from a closed peer: %v", text, err)
		}
	}
}

func TestMsgringRefuses(t *testing.T) {
	s := pairtest.Parse(t, "msgring", 8)
	needsRing(t, s)
	for capacity, fits := range map[int]bool{1 << 20: true, 1 << 21: false} {
		s.Capacity = capacity
		err := msgring{}.Probe(s)
		if fits != (err == nil) || !fits && !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("a capacity of %d bytes: %v", capacity, err)
		}
		link, err := msgring{}.Create(s)
		if fits != (err == nil) {
			t.Errorf("a capacity of %d bytes: %v", capacity, err)
		}
		if err == nil {
			link.Close()
		}
	}
	s.Capacity, s.Size = 0, 9
	if err := (msgring{}).Probe(s); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("9 bytes: %v", err)
	}
}
