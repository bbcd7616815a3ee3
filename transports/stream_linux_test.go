package transports

import (
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// streams are all specs whose messages are framed in a byte stream.
var streams = []string{
	"pipe", "pipe:wait=spin", "pipe:wait=go",
	"pipe:wait=poll", "pipe:wait=epoll",
	"fifo", "fifo:wait=go",
	"unix", "unix:wait=spin", "unix:wait=go",
	"tcp", "tcp:wait=epoll", "tcp:wait=go", "vsock", "vsock:wait=go",
	"vmsplice", "vmsplice:wait=poll", "vmsplice:wait=go", "vmsplice:api=inplace",
	"sockmap", "sockmap:wait=go",
}

// parseStream is parse, and skips a test where the host cannot run the spec.
func parseStream(t *testing.T, text string, size int) Spec {
	t.Helper()
	s := parse(t, text, size)
	if err := transport(t, s.Transport).Probe(s); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	return s
}

func TestStreamKeepsBoundaries(t *testing.T) {
	for _, text := range streams {
		for name, size := range pageSizes {
			t.Run(text+"/"+name, func(t *testing.T) {
				producer, consumer := openPair(t, parseStream(t, text, size))
				buf := make([]byte, size)
				lengths := []int{1, 2, 3, 64, 1, size, 5, size - 1, size, 1}
				for _, n := range lengths {
					send(t, producer, message(n))
				}
				for _, n := range lengths {
					receive(t, consumer, buf, message(n))
				}
				send(t, consumer, message(9))
				receive(t, producer, buf, message(9))
				if err := producer.Send(message(size + 1)); !errors.Is(err, ErrTooLong) {
					t.Errorf("a message too long: %v", err)
				}
			})
		}
	}
}

func TestStreamCarriesMoreThanTheKernelBuffers(t *testing.T) {
	const size = 1 << 20
	for _, text := range streams {
		t.Run(text, func(t *testing.T) {
			e := openWithEcho(t, parseStream(t, text, size))
			buf := make([]byte, size)
			for _, n := range []int{size, 1, 300_000, 4096, size - 1, 70_001} {
				send(t, e, message(n))
				receive(t, e, buf, message(n))
			}
		})
	}
}

func TestStreamEndsAfterTheLastMessage(t *testing.T) {
	for _, text := range streams {
		for name, size := range pageSizes {
			t.Run(text+"/"+name, func(t *testing.T) {
				producer, consumer := openPair(t, parseStream(t, text, size))
				buf := make([]byte, size)
				send(t, consumer, message(8)) // which the producer never reads
				send(t, producer, message(7))
				for range 2 {
					if err := producer.Close(); err != nil {
						t.Fatal(err)
					}
				}
				receive(t, consumer, buf, message(7))
				expectEnd(t, consumer, buf)
				// A signal (SIGPIPE) would have ended the test.
				err := consumer.Send(message(1))
				if err == nil { // TCP asks the peer first
					err = consumer.Send(message(1))
				}
				if !errors.Is(err, unix.EPIPE) || !strings.Contains(err.Error(), "the peer closed its end") {
					t.Errorf("send to a closed peer: %v", err)
				}
			})
		}
	}
}

// receiveRaw returns the error of receiving what is written to a pipe by hand.
func receiveRaw(t *testing.T, s Spec, written []byte) error {
	t.Helper()
	link := create(t, s)
	consumer := open(t, s, Consumer, link)
	w := link.Files(Producer)[1]
	if _, err := w.Write(written); err != nil {
		t.Fatal(err)
	}
	w.Close()
	_, err := consumer.Recv(make([]byte, s.Size))
	return err
}

func TestStreamThatEndsInsideAMessage(t *testing.T) {
	for name, size := range pageSizes {
		whole := frame(5, "abcde")
		for sent := 1; sent < len(whole); sent++ {
			if err := receiveRaw(t, parse(t, "pipe", size), whole[:sent]); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s, %d bytes of a frame: %v", name, sent, err)
			}
		}
	}
}

func TestStreamThatIsCorrupt(t *testing.T) {
	for name, size := range pageSizes {
		for _, n := range []uint32{0, uint32(size) + 1, 1 << 31, 1<<32 - 1} {
			if err := receiveRaw(t, parse(t, "pipe", size), frame(n, "abc")); err == nil || !strings.Contains(err.Error(), "corrupt") {
				t.Errorf("%s, a length of %d: %v", name, n, err)
			}
		}
	}
}

// TestUniformStream: messages of one size keep their boundaries without a
// header, and a stream that ends inside one is told from one that ends behind.
func TestUniformStream(t *testing.T) {
	for _, text := range streams {
		t.Run(text, func(t *testing.T) {
			s := parseStream(t, text, 100)
			s.Uniform = true
			producer, consumer := openPair(t, s)
			buf := make([]byte, 100)
			for i := range 3 {
				send(t, producer, message(100 + 256*i)[:100])
			}
			for i := range 3 {
				receive(t, consumer, buf, message(100 + 256*i)[:100])
			}
			if err := producer.Send(message(99)); err == nil {
				t.Error("a message of another size was sent")
			}
			if err := producer.Send(message(101)); !errors.Is(err, ErrTooLong) {
				t.Errorf("a message too long: %v", err)
			}
			if err := producer.Close(); err != nil {
				t.Fatal(err)
			}
			expectEnd(t, consumer, buf)
		})
	}
	s := parse(t, "pipe", 100)
	s.Uniform = true
	if err := receiveRaw(t, s, message(99)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("99 of 100 bytes: %v", err)
	}
}

// TestGoWaitsInThePoller: a descriptor that blocks in the kernel instead takes
// no deadline.
func TestGoWaitsInThePoller(t *testing.T) {
	for _, text := range []string{"pipe:wait=go", "unix:wait=go"} {
		s := parse(t, text, 8)
		consumer := open(t, s, Consumer, create(t, s)).(*framedStream)
		conn, err := consumer.in.rawConn()
		if err != nil {
			t.Fatal(err)
		}
		conn.Control(func(fd uintptr) {
			if nonblock, err := unix.FcntlInt(fd, unix.F_GETFL, 0); err != nil || nonblock&unix.O_NONBLOCK == 0 {
				t.Errorf("%s: a blocking descriptor (flags %#x, error %v)", text, nonblock, err)
			}
		})
	}
}

func TestNoAllocationPerMessage(t *testing.T) {
	for _, text := range append(streams, "unix:type=seqpacket", "unix:type=dgram", "unix:type=dgram,wait=go", "file", "file:sync=dsync") {
		for name, size := range pageSizes {
			t.Run(text+"/"+name, func(t *testing.T) {
				producer, consumer := openPair(t, parseStream(t, text, size))
				msg, buf := message(size), make([]byte, size)
				allocated := testing.AllocsPerRun(100, func() {
					send(t, producer, msg)
					receive(t, consumer, buf, msg)
				})
				if allocated != 0 {
					t.Errorf("%v allocations for a message", allocated)
				}
			})
		}
	}
}
