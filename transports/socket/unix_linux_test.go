package socket

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/pairtest"
)

// datagramSpecs are all specs of sockets that keep boundaries.
var datagramSpecs = []string{
	"unix:type=seqpacket", "unix:type=seqpacket,wait=spin", "unix:type=seqpacket,wait=go",
	"unix:type=dgram", "unix:type=dgram,wait=spin", "unix:type=dgram,wait=go",
}

func TestDatagramLimit(t *testing.T) {
	for _, text := range datagramSpecs {
		t.Run(text, func(t *testing.T) {
			s := pairtest.Parse(t, text, 1)
			s.Size = s.MaxSize()
			producer, consumer := pairtest.OpenPair(t, s)
			buf := make([]byte, s.Size)
			for _, n := range []int{s.Size, 1, 2} {
				pairtest.Send(t, producer, pairtest.Message(n))
				pairtest.Receive(t, consumer, buf, pairtest.Message(n))
			}
			s.Size++
			err := unixSocket{}.Probe(s)
			if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "net.core.wmem_default") {
				t.Errorf("one byte more: %v", err)
			}
			if _, err := (unixSocket{}).Create(s); !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("Create does not agree with Probe: %v", err)
			}
		})
	}
}

// TestDatagramsEnd: a peer that closes is seen when all it sent has been
// received, also where the socket itself has no end, and also where what it was
// sent stays unread.
func TestDatagramsEnd(t *testing.T) {
	for _, text := range datagramSpecs {
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
			pairtest.Receive(t, consumer, buf, pairtest.Message(7))
			pairtest.ExpectEnd(t, consumer, buf)
			if err := consumer.Send(pairtest.Message(1)); err == nil || !strings.Contains(err.Error(), "the peer closed its end") {
				t.Errorf("send to a closed peer: %v", err)
			}
			if err := consumer.Close(); err != nil {
				t.Errorf("close after the peer: %v", err)
			}
		})
	}
}

// TestDatagramEndMarkDoesNotWait: a Close that waited for room would hang here.
func TestDatagramEndMarkDoesNotWait(t *testing.T) {
	s := pairtest.Parse(t, "unix:type=dgram", 8)
	link := pairtest.Create(t, s)
	socket := int(link.For(transports.Producer).Files[0].Fd())
	producer, consumer := pairtest.Open(t, s, transports.Producer, link), pairtest.Open(t, s, transports.Consumer, link)
	sent := 0
	for unix.Sendto(socket, pairtest.Message(8), unix.MSG_DONTWAIT, nil) == nil {
		sent++
	}
	if sent == 0 {
		t.Fatal("nothing could be sent")
	}
	if err := producer.Close(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 8)
	for range sent {
		pairtest.Receive(t, consumer, buf, pairtest.Message(8))
	}
	pairtest.ExpectEnd(t, consumer, buf)
}

func TestSocketBufferFollowsTheCapacity(t *testing.T) {
	s := pairtest.Parse(t, "unix", 64)
	s.Capacity = 64 << 10
	socket := int(pairtest.Create(t, s).For(transports.Consumer).Files[0].Fd())
	if n, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_SNDBUF); n != 2*s.Capacity || err != nil {
		t.Errorf("SO_SNDBUF is %d, error %v", n, err)
	}
	s = pairtest.Parse(t, "unix:buffer=256KiB", 64)
	socket = int(pairtest.Create(t, s).For(transports.Consumer).Files[0].Fd())
	if n, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_SNDBUF); n != 2*256<<10 || err != nil {
		t.Errorf("buffer=256KiB: SO_SNDBUF is %d, error %v", n, err)
	}
}

// TestDatagramsEndWhereTheBufferIsFull: Close does not wait for a peer that does
// not read, also where the buffer is larger than net.core.wmem_max.
func TestDatagramsEndWhereTheBufferIsFull(t *testing.T) {
	s := pairtest.Parse(t, "unix:type=dgram", 4096)
	s.Capacity = 8 << 20
	producer, consumer := pairtest.OpenPair(t, s)
	sent := 0
	for {
		err := unix.Send(int(producer.(*datagrams).d.FD), pairtest.Message(4096), unix.MSG_DONTWAIT)
		if err == unix.EAGAIN {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		sent++
	}
	if err := producer.Close(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	for range sent {
		pairtest.Receive(t, consumer, buf, pairtest.Message(4096))
	}
	pairtest.ExpectEnd(t, consumer, buf)
}
