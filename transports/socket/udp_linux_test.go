package socket

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/pairtest"
)

var udpSpecs = []string{"udp", "udp:wait=poll", "udp:wait=epoll", "udp:wait=spin", "udp:wait=go"}

func TestUDPLimit(t *testing.T) {
	s := pairtest.Parse(t, "udp", 65507-16)
	producer, consumer := pairtest.OpenPair(t, s)
	pairtest.Send(t, producer, pairtest.Message(s.Size))
	pairtest.Receive(t, consumer, make([]byte, s.Size), pairtest.Message(s.Size))
	s.Size++
	err := udp{}.Probe(s)
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "65507") {
		t.Errorf("one byte more: %v", err)
	}
	if _, err := (udp{}).Create(s); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Create does not agree with Probe: %v", err)
	}
}

// TestUDPWindowIsNotDropped sends as much as is ever under way, at sizes around
// those where the kernel takes more memory for a datagram: none of it may be
// dropped, and a quarter of the buffer must stay free.
func TestUDPWindowIsNotDropped(t *testing.T) {
	for _, size := range []int{1, 64, 100, 500, 1024, 4096, 8192, 15900, 16384, 40000, 65491} {
		for _, capacity := range []int{0, 1, 256 << 10} {
			t.Run(fmt.Sprintf("%d bytes, capacity %d", size, capacity), func(t *testing.T) {
				s := pairtest.Parse(t, "udp", size)
				s.Capacity = capacity
				link := pairtest.Create(t, s)
				socket := int(link.For(transports.Consumer).Files[0].Fd())
				producer, consumer := pairtest.Open(t, s, transports.Producer, link), pairtest.Open(t, s, transports.Consumer, link)
				window := int(producer.(*udpEndpoint).window)
				if window < leastWindow || window > mostWindow {
					t.Fatalf("a window of %d", window)
				}
				for range window {
					pairtest.Send(t, producer, pairtest.Message(size))
				}
				buffer, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_RCVBUF)
				if err != nil {
					t.Fatal(err)
				}
				info, err := socketMemory(socket)
				if err != nil {
					t.Fatal(err)
				}
				if held := int(info[0]); held > buffer/4*3 {
					t.Errorf("%d messages take %d bytes of a buffer of %d", window, held, buffer)
				}
				if err := producer.Close(); err != nil {
					t.Fatal(err)
				}
				buf := make([]byte, size)
				for range window {
					pairtest.Receive(t, consumer, buf, pairtest.Message(size))
				}
				pairtest.ExpectEnd(t, consumer, buf)
			})
		}
	}
}

// TestUDPCountsALoss takes two messages away from under an end, which must say
// so and not go on.
func TestUDPCountsALoss(t *testing.T) {
	s := pairtest.Parse(t, "udp", 8)
	link := pairtest.Create(t, s)
	socket := int(link.For(transports.Consumer).Files[0].Fd())
	producer, consumer := pairtest.Open(t, s, transports.Producer, link), pairtest.Open(t, s, transports.Consumer, link)
	buf := make([]byte, 64)
	for range 3 {
		pairtest.Send(t, producer, pairtest.Message(8))
	}
	pairtest.Receive(t, consumer, buf, pairtest.Message(8))
	for range 2 {
		if _, _, err := unix.Recvfrom(socket, buf, 0); err != nil {
			t.Fatal(err)
		}
	}
	pairtest.Send(t, producer, pairtest.Message(8))
	if _, err := consumer.Recv(buf); err == nil || !strings.Contains(err.Error(), "2 messages were lost") {
		t.Errorf("after a loss: %v", err)
	}
}

// TestUDPCountsALossAtTheEnd: no message comes after it.
func TestUDPCountsALossAtTheEnd(t *testing.T) {
	s := pairtest.Parse(t, "udp", 8)
	link := pairtest.Create(t, s)
	socket := int(link.For(transports.Consumer).Files[0].Fd())
	producer, consumer := pairtest.Open(t, s, transports.Producer, link), pairtest.Open(t, s, transports.Consumer, link)
	buf := make([]byte, 64)
	pairtest.Send(t, producer, pairtest.Message(8))
	if _, _, err := unix.Recvfrom(socket, buf, 0); err != nil {
		t.Fatal(err)
	}
	if err := producer.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := consumer.Recv(buf); err == nil || !strings.Contains(err.Error(), "1 messages were lost") {
		t.Errorf("after a loss: %v", err)
	}
}

// TestUDPKeepsWhatComesWhileItWaits: an end that waits for its window to open
// finds its peer's messages in front of the receipt.
func TestUDPKeepsWhatComesWhileItWaits(t *testing.T) {
	for _, size := range []int{8, kernel.CopyLimit + 1} {
		for _, text := range udpSpecs {
			t.Run(fmt.Sprintf("%s, %d bytes", text, size), func(t *testing.T) {
				s := pairtest.Parse(t, text, size)
				producer, consumer := pairtest.OpenPair(t, s)
				// So many can always be sent, and are worth a receipt.
				half := int(producer.(*udpEndpoint).window / 2)
				buf := make([]byte, size)
				for range 5 { // so that the slots are used again
					for i := range half {
						pairtest.Send(t, consumer, pairtest.Message(1+i%size))
					}
					for range 3 {
						for range half {
							pairtest.Send(t, producer, pairtest.Message(size))
						}
						for range half {
							pairtest.Receive(t, consumer, buf, pairtest.Message(size))
						}
					}
					for i := range half {
						pairtest.Receive(t, producer, buf, pairtest.Message(1+i%size))
					}
				}
			})
		}
	}
}

// TestUDPEnds: a peer that closes is seen when all it sent has been received,
// also where what it was sent stays unread.
func TestUDPEnds(t *testing.T) {
	for _, text := range udpSpecs {
		t.Run(text, func(t *testing.T) {
			producer, consumer := pairtest.OpenPair(t, pairtest.Parse(t, text, 8))
			buf := make([]byte, 8)
			pairtest.Send(t, consumer, pairtest.Message(8))
			pairtest.Send(t, producer, pairtest.Message(7))
			for range 2 {
				if err := producer.Close(); err != nil {
					t.Fatal(err)
				}
			}
			pairtest.Send(t, consumer, pairtest.Message(1)) // to nobody, as UDP only then finds out
			if err := consumer.Send(pairtest.Message(1)); err == nil || !strings.Contains(err.Error(), "the peer closed its end") {
				t.Errorf("send to a closed peer: %v", err)
			}
			pairtest.Receive(t, consumer, buf, pairtest.Message(7))
			pairtest.ExpectEnd(t, consumer, buf)
			if err := consumer.Close(); err != nil {
				t.Errorf("close after the peer: %v", err)
			}
		})
	}
}

// TestUDPPeerDies: what a peer sent that was killed is received, and then comes
// no end, but an error. The socket tells only whoever sends.
func TestUDPPeerDies(t *testing.T) {
	for _, text := range udpSpecs {
		t.Run(text, func(t *testing.T) {
			s := pairtest.Parse(t, text, 8)
			link := pairtest.Create(t, s)
			consumer, producer := pairtest.Open(t, s, transports.Consumer, link), pairtest.Open(t, s, transports.Producer, link)
			pairtest.Send(t, producer, pairtest.Message(8))
			producer.(*udpEndpoint).d.Close()
			links.Close(link.For(transports.Producer).Files...)
			pairtest.Send(t, consumer, pairtest.Message(1))
			buf := make([]byte, 8)
			pairtest.Receive(t, consumer, buf, pairtest.Message(8))
			if _, err := consumer.Recv(buf); err == nil || !strings.Contains(err.Error(), "the peer died") {
				t.Errorf("receive from a dead peer: %v", err)
			}
		})
	}
}

func TestUDPBufferHasALimit(t *testing.T) {
	s := pairtest.Parse(t, "udp", 65491)
	s.Capacity = 1 << 30
	link, err := udp{}.Create(s)
	if err == nil {
		link.Close()
		t.Skip("net.core.rmem_max allows any buffer")
	}
	for what, err := range map[string]error{"create": err, "probe": udp{}.Probe(s)} {
		if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "net.core.rmem_max") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
