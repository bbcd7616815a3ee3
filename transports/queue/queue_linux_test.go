package queue

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"ipcbench/transports"
	"ipcbench/transports/internal/pairtest"
)

// queueSpecs are all specs of kernel queues.
var queueSpecs = []string{
	"mq", "mq:wait=poll", "mq:wait=epoll", "mq:wait=spin", "mq:wait=go",
	"sysvmsg", "sysvmsg:wait=spin",
}

// eachQueue runs test on a link of each of them that this host can make. The
// consumer is opened first and closed last, because an end of sysvmsg takes the
// thread, which here is the same, back to where it found it.
func eachQueue(t *testing.T, test func(t *testing.T, s transports.Spec, producer, consumer transports.Endpoint)) {
	for _, text := range queueSpecs {
		t.Run(text, func(t *testing.T) {
			s := pairtest.Parse(t, text, 8)
			if err := pairtest.Transport(t, s.Transport).Probe(s); err != nil {
				t.Skip(err)
			}
			link := pairtest.Create(t, s)
			consumer := pairtest.Open(t, s, transports.Consumer, link)
			test(t, s, pairtest.Open(t, s, transports.Producer, link), consumer)
		})
	}
}

// TestQueueEnds: a queue knows no end. A peer that closes is seen when all that
// it sent has been received.
func TestQueueEnds(t *testing.T) {
	eachQueue(t, func(t *testing.T, s transports.Spec, producer, consumer transports.Endpoint) {
		pairtest.Send(t, producer, pairtest.Message(7))
		pairtest.Send(t, producer, pairtest.Message(8))
		for range 2 {
			if err := producer.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := consumer.Send(pairtest.Message(1)); err == nil || !strings.Contains(err.Error(), "the peer closed its end") {
			t.Errorf("send to a closed peer: %v", err)
		}
		buf := make([]byte, s.Size)
		pairtest.Receive(t, consumer, buf, pairtest.Message(7))
		pairtest.Receive(t, consumer, buf, pairtest.Message(8))
		pairtest.ExpectEnd(t, consumer, buf)
	})
}

// fillQueue sends until a queue of the usual limits is full, and returns how many
// messages that took.
func fillQueue(t *testing.T, s transports.Spec, e transports.Endpoint) int {
	t.Helper()
	n := usualQueueMax / s.Size
	if s.Transport == "mq" {
		n = newMQLimits().depth(s)
	}
	for range n {
		pairtest.Send(t, e, pairtest.Message(s.Size))
	}
	return n
}

// TestQueueEndNeedsNoRoom: a Close that waited for room would hang here, and
// one whose mark was lost would make the reader hang.
func TestQueueEndNeedsNoRoom(t *testing.T) {
	eachQueue(t, func(t *testing.T, s transports.Spec, producer, consumer transports.Endpoint) {
		sent := fillQueue(t, s, producer)
		if err := producer.Close(); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, s.Size)
		for range sent {
			pairtest.Receive(t, consumer, buf, pairtest.Message(s.Size))
		}
		pairtest.ExpectEnd(t, consumer, buf)
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
			s := pairtest.Parse(t, text, 8)
			if err := pairtest.Transport(t, s.Transport).Probe(s); err != nil {
				t.Skip(err)
			}
			link := pairtest.Create(t, s)
			consumer := pairtest.Open(t, s, transports.Consumer, link)
			full, ended := make(chan error, 1), make(chan error, 1)
			go func() {
				producer, err := pairtest.Transport(t, s.Transport).Open(s, transports.Producer, link.For(transports.Producer))
				for n := 0; err == nil; n++ {
					if n == 5 { // some messages are under way
						full <- nil
					}
					err = producer.Send(pairtest.Message(8))
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
