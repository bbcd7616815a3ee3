package transports

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLastMessage: a message that was sent before its sender closed is received,
// and so is one of a sender that died, whose death is an error and not the end.
func TestLastMessage(t *testing.T) {
	for _, text := range []string{"futex", "futex:wait=spin", "signal", "signal:wait=sigwait"} {
		for _, ends := range []string{"closes", "dies"} {
			t.Run(text+" "+ends, func(t *testing.T) {
				quiet(t)
				s := parse(t, text, 8)
				link := create(t, s)
				consumer := open(t, s, Consumer, link)
				onThread(func() {
					producer, err := transport(t, s.Transport).Open(s, Producer, link.Files(Producer))
					if err != nil {
						t.Error(err)
						return
					}
					if err := producer.Send(message(7)); err != nil {
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
				receive(t, consumer, buf, message(7))
				if ends == "closes" || s.Transport == "signal" {
					expectEnd(t, consumer, buf)
				} else if _, err := consumer.Recv(buf); err == nil || !strings.Contains(err.Error(), "the peer died") {
					t.Errorf("after the death of the peer: %v", err)
				}
				// What there is room for may be sent to a peer that is gone, and not more.
				var err error
				for sent := 0; err == nil && sent <= signalWindow; sent++ {
					err = consumer.Send(message(1))
				}
				if !errors.Is(err, unix.EPIPE) {
					t.Errorf("send to a peer that is gone: %v", err)
				}
			})
		}
	}
}
