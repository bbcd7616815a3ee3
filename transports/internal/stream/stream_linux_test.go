package stream_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	_ "ipcbench/transports/all"
	"ipcbench/transports/internal/pairtest"
	"ipcbench/transports/internal/stream"
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
func parseStream(t *testing.T, text string, size int) transports.Spec {
	t.Helper()
	s := pairtest.Parse(t, text, size)
	if err := pairtest.Transport(t, s.Transport).Probe(s); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	return s
}

func TestStreamKeepsBoundaries(t *testing.T) {
	for _, text := range streams {
		for name, size := range pairtest.PageSizes {
			t.Run(text+"/"+name, func(t *testing.T) {
				producer, consumer := pairtest.OpenPair(t, parseStream(t, text, size))
				buf := make([]byte, size)
				lengths := []int{1, 2, 3, 64, 1, size, 5, size - 1, size, 1}
				for _, n := range lengths {
					pairtest.Send(t, producer, pairtest.Message(n))
				}
				for _, n := range lengths {
					pairtest.Receive(t, consumer, buf, pairtest.Message(n))
				}
				pairtest.Send(t, consumer, pairtest.Message(9))
				pairtest.Receive(t, producer, buf, pairtest.Message(9))
				if err := producer.Send(pairtest.Message(size + 1)); !errors.Is(err, transports.ErrTooLong) {
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
			e := pairtest.OpenWithEcho(t, parseStream(t, text, size))
			buf := make([]byte, size)
			for _, n := range []int{size, 1, 300_000, 4096, size - 1, 70_001} {
				pairtest.Send(t, e, pairtest.Message(n))
				pairtest.Receive(t, e, buf, pairtest.Message(n))
			}
		})
	}
}

func TestStreamEndsAfterTheLastMessage(t *testing.T) {
	for _, text := range streams {
		for name, size := range pairtest.PageSizes {
			t.Run(text+"/"+name, func(t *testing.T) {
				producer, consumer := pairtest.OpenPair(t, parseStream(t, text, size))
				buf := make([]byte, size)
				pairtest.Send(t, consumer, pairtest.Message(8)) // which the producer never reads
				pairtest.Send(t, producer, pairtest.Message(7))
				for range 2 {
					if err := producer.Close(); err != nil {
						t.Fatal(err)
					}
				}
				pairtest.Receive(t, consumer, buf, pairtest.Message(7))
				pairtest.ExpectEnd(t, consumer, buf)
				// A signal (SIGPIPE) would have ended the test.
				err := consumer.Send(pairtest.Message(1))
				if err == nil { // TCP asks the peer first
					err = consumer.Send(pairtest.Message(1))
				}
				if !errors.Is(err, unix.EPIPE) || !strings.Contains(err.Error(), "the peer closed its end") {
					t.Errorf("send to a closed peer: %v", err)
				}
			})
		}
	}
}

// receiveRaw returns the error of receiving what is written to a pipe by hand.
func receiveRaw(t *testing.T, s transports.Spec, written []byte) error {
	t.Helper()
	link := pairtest.Create(t, s)
	consumer := pairtest.Open(t, s, transports.Consumer, link)
	w := link.For(transports.Producer).Files[1]
	if _, err := w.Write(written); err != nil {
		t.Fatal(err)
	}
	w.Close()
	_, err := consumer.Recv(make([]byte, s.Size))
	return err
}

func TestStreamThatEndsInsideAMessage(t *testing.T) {
	for name, size := range pairtest.PageSizes {
		whole := pairtest.Frame(5, "abcde")
		for sent := 1; sent < len(whole); sent++ {
			if err := receiveRaw(t, pairtest.Parse(t, "pipe", size), whole[:sent]); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s, %d bytes of a frame: %v", name, sent, err)
			}
		}
	}
}

func TestStreamThatIsCorrupt(t *testing.T) {
	for name, size := range pairtest.PageSizes {
		for _, n := range []uint32{0, uint32(size) + 1, 1 << 31, 1<<32 - 1} {
			if err := receiveRaw(t, pairtest.Parse(t, "pipe", size), pairtest.Frame(n, "abc")); err == nil || !strings.Contains(err.Error(), "corrupt") {
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
			producer, consumer := pairtest.OpenPair(t, s)
			buf := make([]byte, 100)
			for i := range 3 {
				pairtest.Send(t, producer, pairtest.Message(100 + 256*i)[:100])
			}
			for i := range 3 {
				pairtest.Receive(t, consumer, buf, pairtest.Message(100 + 256*i)[:100])
			}
			if err := producer.Send(pairtest.Message(99)); err == nil {
				t.Error("a message of another size was sent")
			}
			if err := producer.Send(pairtest.Message(101)); !errors.Is(err, transports.ErrTooLong) {
				t.Errorf("a message too long: %v", err)
			}
			if err := producer.Close(); err != nil {
				t.Fatal(err)
			}
			pairtest.ExpectEnd(t, consumer, buf)
		})
	}
	s := pairtest.Parse(t, "pipe", 100)
	s.Uniform = true
	if err := receiveRaw(t, s, pairtest.Message(99)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("99 of 100 bytes: %v", err)
	}
}

// TestGoWaitsInThePoller: a descriptor that blocks in the kernel instead takes
// no deadline.
func TestGoWaitsInThePoller(t *testing.T) {
	for _, text := range []string{"pipe:wait=go", "unix:wait=go"} {
		s := pairtest.Parse(t, text, 8)
		consumer := pairtest.Open(t, s, transports.Consumer, pairtest.Create(t, s)).(*stream.Framed)
		conn, err := consumer.In.RawConn()
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
		for name, size := range pairtest.PageSizes {
			t.Run(text+"/"+name, func(t *testing.T) {
				producer, consumer := pairtest.OpenPair(t, parseStream(t, text, size))
				msg, buf := pairtest.Message(size), make([]byte, size)
				allocated := testing.AllocsPerRun(100, func() {
					pairtest.Send(t, producer, msg)
					pairtest.Receive(t, consumer, buf, msg)
				})
				if allocated != 0 {
					t.Errorf("%v allocations for a message", allocated)
				}
			})
		}
	}
}
