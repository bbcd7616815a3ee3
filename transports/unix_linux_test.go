package transports

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// datagramSpecs are all specs of sockets that keep boundaries.
var datagramSpecs = []string{
	"unix:type=seqpacket", "unix:type=seqpacket,wait=spin", "unix:type=seqpacket,wait=go",
	"unix:type=dgram", "unix:type=dgram,wait=spin", "unix:type=dgram,wait=go",
}

func TestDatagramLimit(t *testing.T) {
	for _, text := range datagramSpecs {
		t.Run(text, func(t *testing.T) {
			s := parse(t, text, 1)
			s.Size = s.MaxSize()
			producer, consumer := openPair(t, s)
			buf := make([]byte, s.Size)
			for _, n := range []int{s.Size, 1, 2} {
				send(t, producer, message(n))
				receive(t, consumer, buf, message(n))
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
			producer, consumer := openPair(t, parse(t, text, 8))
			buf := make([]byte, 8)
			send(t, consumer, message(8))
			send(t, producer, message(7))
			for range 2 {
				if err := producer.Close(); err != nil {
					t.Fatal(err)
				}
			}
			receive(t, consumer, buf, message(7))
			expectEnd(t, consumer, buf)
			if err := consumer.Send(message(1)); err == nil || !strings.Contains(err.Error(), "the peer closed its end") {
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
	s := parse(t, "unix:type=dgram", 8)
	link := create(t, s)
	socket := int(link.Files(Producer)[0].Fd())
	producer, consumer := open(t, s, Producer, link), open(t, s, Consumer, link)
	sent := 0
	for unix.Sendto(socket, message(8), unix.MSG_DONTWAIT, nil) == nil {
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
		receive(t, consumer, buf, message(8))
	}
	expectEnd(t, consumer, buf)
}

func TestSocketBufferFollowsTheCapacity(t *testing.T) {
	s := parse(t, "unix", 64)
	s.Capacity = 64 << 10
	socket := int(create(t, s).Files(Consumer)[0].Fd())
	if n, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_SNDBUF); n != 2*s.Capacity || err != nil {
		t.Errorf("SO_SNDBUF is %d, error %v", n, err)
	}
	s = parse(t, "unix:buffer=256KiB", 64)
	socket = int(create(t, s).Files(Consumer)[0].Fd())
	if n, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_SNDBUF); n != 2*256<<10 || err != nil {
		t.Errorf("buffer=256KiB: SO_SNDBUF is %d, error %v", n, err)
	}
}

// TestDatagramsEndWhereTheBufferIsFull: Close does not wait for a peer that does
// not read, also where the buffer is larger than net.core.wmem_max.
func TestDatagramsEndWhereTheBufferIsFull(t *testing.T) {
	s := parse(t, "unix:type=dgram", 4096)
	s.Capacity = 8 << 20
	producer, consumer := openPair(t, s)
	sent := 0
	for {
		err := unix.Send(int(producer.(*datagrams).d.fd), message(4096), unix.MSG_DONTWAIT)
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
		receive(t, consumer, buf, message(4096))
	}
	expectEnd(t, consumer, buf)
}
