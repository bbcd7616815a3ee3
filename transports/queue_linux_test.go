package transports

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// queueSpecs are all specs of kernel queues.
var queueSpecs = []string{
	"mq", "mq:wait=poll", "mq:wait=epoll", "mq:wait=spin", "mq:wait=go",
	"sysvmsg", "sysvmsg:wait=spin",
}

// eachQueue runs test on a link of each of them that this host can make. The
// consumer is opened first and closed last, because an end of sysvmsg takes the
// thread, which here is the same, back to where it found it.
func eachQueue(t *testing.T, test func(t *testing.T, s Spec, producer, consumer Endpoint)) {
	for _, text := range queueSpecs {
		t.Run(text, func(t *testing.T) {
			s := parse(t, text, 8)
			if err := transport(t, s.Transport).Probe(s); err != nil {
				t.Skip(err)
			}
			link := create(t, s)
			consumer := open(t, s, Consumer, link)
			test(t, s, open(t, s, Producer, link), consumer)
		})
	}
}

// TestQueueEnds: a queue knows no end. A peer that closes is seen when all that
// it sent has been received.
func TestQueueEnds(t *testing.T) {
	eachQueue(t, func(t *testing.T, s Spec, producer, consumer Endpoint) {
		send(t, producer, message(7))
		send(t, producer, message(8))
		for range 2 {
			if err := producer.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := consumer.Send(message(1)); err == nil || !strings.Contains(err.Error(), "the peer closed its end") {
			t.Errorf("send to a closed peer: %v", err)
		}
		buf := make([]byte, s.Size)
		receive(t, consumer, buf, message(7))
		receive(t, consumer, buf, message(8))
		expectEnd(t, consumer, buf)
	})
}

// fillQueue sends until a queue of the usual limits is full, and returns how many
// messages that took.
func fillQueue(t *testing.T, s Spec, e Endpoint) int {
	t.Helper()
	n := usualQueueMax / s.Size
	if s.Transport == "mq" {
		n = newMQLimits().depth(s)
	}
	for range n {
		send(t, e, message(s.Size))
	}
	return n
}

// TestQueueEndNeedsNoRoom: a Close that waited for room would hang here, and
// one whose mark was lost would make the reader hang.
func TestQueueEndNeedsNoRoom(t *testing.T) {
	eachQueue(t, func(t *testing.T, s Spec, producer, consumer Endpoint) {
		sent := fillQueue(t, s, producer)
		if err := producer.Close(); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, s.Size)
		for range sent {
			receive(t, consumer, buf, message(s.Size))
		}
		expectEnd(t, consumer, buf)
	})
}

// TestQueueLetsGoOfAWaitingSender: nobody will ever make room, and the sender
// ends all the same.
func TestQueueLetsGoOfAWaitingSender(t *testing.T) {
	// A thread that waits in a raw system call keeps its processor and cannot be
	// stopped for a collection.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for _, text := range queueSpecs {
		t.Run(text, func(t *testing.T) {
			s := parse(t, text, 8)
			if err := transport(t, s.Transport).Probe(s); err != nil {
				t.Skip(err)
			}
			link := create(t, s)
			consumer := open(t, s, Consumer, link)
			full, ended := make(chan error, 1), make(chan error, 1)
			go func() {
				producer, err := transport(t, s.Transport).Open(s, Producer, link.Files(Producer))
				for n := 0; err == nil; n++ {
					if n == 5 { // some messages are under way
						full <- nil
					}
					err = producer.Send(message(8))
				}
				full <- err
				if producer != nil {
					producer.Close()
				}
				ended <- err
			}()
			if err := <-full; err != nil {
				t.Fatal(err)
			}
			if err := consumer.Close(); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; !strings.Contains(err.Error(), "the peer closed its end") {
				t.Error(err)
			}
		})
	}
}
