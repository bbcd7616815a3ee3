package notify

import (
	"bytes"
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/pairtest"
)

// TestEventfdCarriesEveryWord: also words that have the bits which mark a
// message, the end and the longer form, and the least and the largest.
func TestEventfdCarriesEveryWord(t *testing.T) {
	producer, consumer := pairtest.OpenPair(t, pairtest.Parse(t, "eventfd", 8))
	buf := make([]byte, 8)
	// Longer forms are two writes, for which the counter has no room at once: a
	// consumer in the same goroutine cannot take them.
	for _, v := range []uint64{0, 1, 1<<56 - 1, 1 << 56, wordEscaped - 1} {
		m := binary.LittleEndian.AppendUint64(nil, v)
		pairtest.Send(t, producer, m)
		pairtest.Receive(t, consumer, buf, m)
	}
	for n := 1; n < 8; n++ {
		for _, b := range []byte{0, 0xff} {
			m := bytes.Repeat([]byte{b}, n)
			pairtest.Send(t, producer, m)
			pairtest.Receive(t, consumer, buf, m)
		}
	}
	for i, wait := range []string{"block", "poll", "epoll", "spin"} {
		e := pairtest.OpenWithEcho(t, pairtest.Parse(t, "eventfd:wait="+wait, 8))
		for _, v := range []uint64{wordEscaped, wordEnd, wordMessage, wordMessage | wordEnd | wordEscaped, ^uint64(0) - uint64(i), ^uint64(0)} {
			m := binary.LittleEndian.AppendUint64(nil, v)
			pairtest.Send(t, e, m)
			pairtest.Receive(t, e, buf, m)
		}
	}
}

// TestEventfdHoldsOneMessage: the counter itself refuses a second message, and
// Close has room for the end beside the first.
func TestEventfdHoldsOneMessage(t *testing.T) {
	s := pairtest.Parse(t, "eventfd:wait=spin", 8)
	link := pairtest.Create(t, s)
	counter := int(link.For(transports.Producer).Files[transports.Producer].Fd())
	producer, consumer := pairtest.Open(t, s, transports.Producer, link), pairtest.Open(t, s, transports.Consumer, link)
	largest := binary.LittleEndian.AppendUint64(nil, wordEscaped-1)
	pairtest.Send(t, producer, largest)
	least := binary.LittleEndian.AppendUint64(nil, wordMessage)
	if n, err := unix.Write(counter, least); err != unix.EAGAIN {
		t.Errorf("a second message was taken: %d bytes, error %v", n, err)
	}
	for range 2 {
		if err := producer.Close(); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 8)
	pairtest.Receive(t, consumer, buf, largest)
	pairtest.ExpectEnd(t, consumer, buf)
}
