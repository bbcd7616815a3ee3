package socket

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/connection"
	"ipcbench/transports/internal/pairtest"
	"ipcbench/transports/internal/stream"
)

// needBPF skips a test where the host has no redirection.
func needBPF(t *testing.T) {
	t.Helper()
	if err := (sockmap{}).Probe(transports.Spec{}); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
}

// socketOf returns the socket of an end.
func socketOf(e transports.Endpoint) int {
	switch e := e.(*windowedStream).Endpoint.(type) {
	case *stream.Uniform:
		return int(e.In.FD)
	case *stream.Framed:
		return int(e.In.FD)
	}
	return -1
}

// TestSockmapSendsNoSegments: whatever is sent, TCP has no part in it.
func TestSockmapSendsNoSegments(t *testing.T) {
	needBPF(t)
	for _, uniform := range []bool{false, true} {
		s := pairtest.Parse(t, "sockmap", 60000)
		s.Uniform = uniform
		producer, consumer := pairtest.OpenPair(t, s)
		buf := make([]byte, s.Size)
		for _, ends := range [][2]transports.Endpoint{{producer, consumer}, {consumer, producer}} {
			before, err := segmentsSent(socketOf(ends[0]))
			if err != nil {
				t.Fatal(err)
			}
			for range 100 {
				pairtest.Send(t, ends[0], pairtest.Message(s.Size))
				pairtest.Receive(t, ends[1], buf, pairtest.Message(s.Size))
			}
			if after, err := segmentsSent(socketOf(ends[0])); after != before || err != nil {
				t.Errorf("uniform %v: 100 messages took %d segments, error %v", uniform, after-before, err)
			}
		}
	}
}

// TestSockmapIsNotTakenForTCP: a connection without the program is found out.
func TestSockmapIsNotTakenForTCP(t *testing.T) {
	pair, err := connection.TCP(pairtest.Parse(t, "tcp", 8))
	if err != nil {
		t.Skip(err)
	}
	defer connection.Close(pair)
	if err := verifyRedirection(pair); err == nil {
		t.Error("a plain TCP connection passed for a redirected one")
	}
}

// TestSockmapHasAWindow: the kernel would take far more than the window. What is
// used up of it comes back as the peer receives.
func TestSockmapHasAWindow(t *testing.T) {
	needBPF(t)
	s := pairtest.Parse(t, "sockmap:buffer=64KiB", 1024)
	producer, consumer := pairtest.OpenPair(t, s)
	e, buf := producer.(*windowedStream), make([]byte, s.Size)
	sent := 0
	for ; e.onWay < e.window; sent++ {
		pairtest.Send(t, producer, pairtest.Message(1024))
	}
	if sent != 64 {
		t.Errorf("%d messages of 1 KiB fill a window of 64 KiB", sent)
	}
	for range 16 { // a quarter, without which the next Send would not return
		pairtest.Receive(t, consumer, buf, pairtest.Message(1024))
	}
	pairtest.Send(t, producer, pairtest.Message(1024))
	for ; e.onWay < e.window; sent++ {
		pairtest.Send(t, producer, pairtest.Message(1024))
	}
	if sent != 79 {
		t.Errorf("after 16 were received, %d messages were sent in all", sent+1)
	}
	if err := consumer.Close(); err != nil {
		t.Fatal(err)
	}
	if err := producer.Send(pairtest.Message(1)); !errors.Is(err, unix.EPIPE) {
		t.Errorf("the peer closed and the window is used up: %v", err)
	}
}

// TestSockmapEndsAfterTheLastMessage: the end goes over TCP and what was sent
// does not, and yet it comes last, also where the closing end has not received
// all.
func TestSockmapEndsAfterTheLastMessage(t *testing.T) {
	needBPF(t)
	for _, text := range []string{"sockmap", "sockmap:wait=poll", "sockmap:wait=epoll", "sockmap:wait=spin", "sockmap:wait=go"} {
		s := pairtest.Parse(t, text, 5000)
		producer, consumer := pairtest.OpenPair(t, s)
		buf := make([]byte, s.Size)
		pairtest.Send(t, consumer, pairtest.Message(8)) // which the producer never reads
		for n := range 50 {
			pairtest.Send(t, producer, pairtest.Message(1+n*100))
		}
		if err := producer.Close(); err != nil {
			t.Fatal(err)
		}
		for n := range 50 {
			pairtest.Receive(t, consumer, buf, pairtest.Message(1+n*100))
		}
		pairtest.ExpectEnd(t, consumer, buf)
		if err := consumer.Send(pairtest.Message(1)); !errors.Is(err, unix.EPIPE) || !strings.Contains(err.Error(), "the peer closed its end") {
			t.Errorf("%s: send to a closed peer: %v", text, err)
		}
	}
}

func TestSockmapDoesNotAllocate(t *testing.T) {
	needBPF(t)
	for _, text := range []string{"sockmap", "sockmap:wait=go", "sockmap:wait=epoll", "sockmap:buffer=4KiB"} {
		producer, consumer := pairtest.OpenPair(t, pairtest.Parse(t, text, 5000))
		buf, msg := make([]byte, 5000), pairtest.Message(5000)
		if allocated := testing.AllocsPerRun(100, func() {
			pairtest.Send(t, producer, msg)
			pairtest.Receive(t, consumer, buf, msg)
		}); allocated != 0 {
			t.Errorf("%s: %v allocations for a message", text, allocated)
		}
	}
}

func TestSockmapRefusals(t *testing.T) {
	for err, remedy := range map[error]string{unix.EPERM: "CAP_BPF", unix.EINVAL: "CONFIG_BPF_STREAM_PARSER"} {
		refused := bpfRefused("load a program", err)
		if !errors.Is(refused, errors.ErrUnsupported) || !strings.Contains(refused.Error(), remedy) {
			t.Errorf("%v: %v", err, refused)
		}
	}
	if err := bpfRefused("load a program", unix.EMFILE); errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "ulimit -n") {
		t.Errorf("no descriptor to be had: %v", err)
	}
}
