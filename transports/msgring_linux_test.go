package transports

import (
	"errors"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// TestMsgringKeepsAll streams through the smallest queue, with a reader that
// falls behind: the kernel would queue without bound, and a ring that spins
// would never see the rest.
func TestMsgringKeepsAll(t *testing.T) {
	for _, text := range []string{"msgring", "msgring:wait=spin"} {
		t.Run(text, func(t *testing.T) {
			s := parse(t, text, 8)
			s.Capacity = 1
			needsRing(t, s)
			defer debug.SetGCPercent(debug.SetGCPercent(-1)) // see openPair
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
			link := create(t, s)
			consumer := open(t, s, Consumer, link)
			const count = 300
			sent := make(chan error, 1)
			go func() {
				runtime.LockOSThread() // for good: the ring is this thread's
				producer, err := transport(t, s.Transport).Open(s, Producer, link.Files(Producer))
				for i := 0; err == nil && i < count; i++ {
					err = producer.Send(message(i%8 + 1))
				}
				if err == nil {
					err = producer.Close()
				}
				sent <- err
			}()
			buf := make([]byte, 8)
			for i := range count {
				receive(t, consumer, buf, message(i%8+1))
			}
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
			expectEnd(t, consumer, buf)
		})
	}
}

// TestMsgringEndsAWaitForRoom: a sender whose peer goes while it waits for room
// is told, and the peer has what was sent before that.
func TestMsgringEndsAWaitForRoom(t *testing.T) {
	for _, text := range []string{"msgring", "msgring:wait=spin"} {
		s := parse(t, text, 8)
		s.Capacity = 64
		needsRing(t, s)
		producer, consumer := openPair(t, s)
		for range 3 {
			send(t, producer, message(8))
		}
		buf := make([]byte, 8)
		receive(t, consumer, buf, message(8))
		send(t, producer, message(7)) // in the room of the one received
		if err := consumer.Close(); err != nil {
			t.Fatal(err)
		}
		if err := producer.Send(message(8)); err == nil || !strings.Contains(err.Error(), "the peer closed its end") {
			t.Errorf("%s: send without room to a closed peer: %v", text, err)
		}
		if _, err := producer.Recv(buf); err != io.EOF {
			t.Errorf("%s: receive from a closed peer: %v", text, err)
		}
	}
}

func TestMsgringRefuses(t *testing.T) {
	s := parse(t, "msgring", 8)
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
