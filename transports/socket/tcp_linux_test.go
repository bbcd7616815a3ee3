package socket

import (
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/pairtest"
	"ipcbench/transports/internal/stream"
)

// TestConnectionEndsAfterTheLastMessage: an end that closes with something
// unread must not take back what it has sent itself.
func TestConnectionEndsAfterTheLastMessage(t *testing.T) {
	for _, wait := range []string{"block", "go"} {
		producer, consumer := pairtest.OpenPair(t, pairtest.Parse(t, "tcp:wait="+wait, 1000))
		buf := make([]byte, 1000)
		pairtest.Send(t, consumer, pairtest.Message(8))
		for n := 1; n <= 50; n++ {
			pairtest.Send(t, producer, pairtest.Message(n))
		}
		if err := producer.Close(); err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 50; n++ {
			pairtest.Receive(t, consumer, buf, pairtest.Message(n))
		}
		pairtest.ExpectEnd(t, consumer, buf)
	}
}

func TestTCPOptionsAreSet(t *testing.T) {
	option := func(text string, level, name int) int {
		t.Helper()
		s := pairtest.Parse(t, text, 8)
		if err := (tcp{}).Probe(s); err != nil {
			t.Skip(err)
		}
		value, err := unix.GetsockoptInt(int(pairtest.Create(t, s).For(transports.Consumer).Files[0].Fd()), level, name)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	if option("tcp", unix.IPPROTO_TCP, unix.TCP_NODELAY) == 0 || option("tcp:nodelay=no", unix.IPPROTO_TCP, unix.TCP_NODELAY) != 0 {
		t.Error("TCP_NODELAY does not follow nodelay")
	}
	if got := option("tcp:buffer=256KiB", unix.SOL_SOCKET, unix.SO_SNDBUF); got != 2*256<<10 {
		t.Errorf("buffer=256KiB: SO_SNDBUF is %d", got)
	}
	if got := option("tcp:busypoll=50us", unix.SOL_SOCKET, unix.SO_BUSY_POLL); got != busyPollMicros {
		t.Errorf("busypoll=50us: SO_BUSY_POLL is %d", got)
	}
}

// TestNagleStaysOn: making a net.Conn of a socket turns TCP_NODELAY on.
func TestNagleStaysOn(t *testing.T) {
	for _, wait := range []string{"block", "go"} {
		s := pairtest.Parse(t, "tcp:nodelay=no,wait="+wait, 8)
		e := pairtest.Open(t, s, transports.Producer, pairtest.Create(t, s)).(*stream.Framed)
		conn, err := e.In.RawConn()
		if err != nil {
			t.Fatal(err)
		}
		conn.Control(func(fd uintptr) {
			if on, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY); err != nil || on != 0 {
				t.Errorf("wait=%s: TCP_NODELAY is %d, error %v", wait, on, err)
			}
		})
	}
}
