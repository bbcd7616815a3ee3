package notify

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/pairtest"
)

// TestLastMessage: a message that was sent before its sender closed is received,
// and so is one of a sender that died, whose death is an error and not the end.
func TestLastMessage(t *testing.T) {
	for _, text := range []string{"futex", "futex:wait=spin", "signal", "signal:wait=sigwait"} {
		for _, ends := range []string{"closes", "dies"} {
			t.Run(text+" "+ends, func(t *testing.T) {
				pairtest.Quiet(t)
				s := pairtest.Parse(t, text, 8)
				link := pairtest.Create(t, s)
				consumer := pairtest.Open(t, s, transports.Consumer, link)
				pairtest.OnThread(func() {
					producer, err := pairtest.Transport(t, s.Transport).Open(s, transports.Producer, link.For(transports.Producer))
					if err != nil {
						t.Error(err)
						return
					}
					if err := producer.Send(pairtest.Message(7)); err != nil {
						t.Error(err)
					}
					if ends == "closes" {
						if err := errors.Join(producer.Close(), producer.Close()); err != nil {
							t.Error(err)
						}
					} else if e, ok := producer.(*signalEndpoint); ok {
						e.held.Close() // as the kernel does for a process that dies
					}
				})
				buf := make([]byte, 8)
				pairtest.Receive(t, consumer, buf, pairtest.Message(7))
				if ends == "closes" || s.Transport == "signal" {
					pairtest.ExpectEnd(t, consumer, buf)
				} else if _, err := consumer.Recv(buf); err == nil || !strings.Contains(err.Error(), "the peer died") {
					t.Errorf("after the death of the peer: %v", err)
				}
				// What there is room for may be sent to a peer that is gone, and not more.
				var err error
				for sent := 0; err == nil && sent <= signalWindow; sent++ {
					err = consumer.Send(pairtest.Message(1))
				}
				if !errors.Is(err, unix.EPIPE) {
					t.Errorf("send to a peer that is gone: %v", err)
				}
			})
		}
	}
}
