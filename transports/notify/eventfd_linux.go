package notify

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
)

func init() { transports.Register(eventfd{}) }

// eventfd is an eventfd in each direction, whose counter is the message. See
// eventfd(2).
//
// A write adds to the counter and waits where the sum would not fit; a read
// takes all there is. So one bit in every write makes the kernel itself keep
// messages apart: a second one does not fit beside it.
//
//	bit 63      a message
//	bit 62      the end; alone, or added to the last message if that is unread
//	bits 0-61   if bit 61 is 0, a message of 8 bytes; otherwise the length, from
//	            bit 56, and 7 bytes of it. The eighth, if there is one, follows
//	            in a word of its own.
//
// The end always fits, because the counter goes to 2^64-2 and no message has
// all of the lower bits. So Close need not wait for a peer that does not read.
//
// The benchmark's messages of 8 bytes begin with a number, which is small, so
// that each is one write and one read.
type eventfd struct{}

const (
	wordMessage = 1 << 63
	wordEnd     = 1 << 62
	wordEscaped = 1 << 61
	lengthShift = 56
)

var eventfdInfo = transports.Info{
	Name:    "eventfd",
	Also:    []string{"event"},
	Doc:     "an eventfd in each direction, whose counter is the message, one at a time (eventfd2)",
	Kind:    transports.Notification,
	Group:   group,
	MaxSize: wordBytes,
	Options: []transports.Option{eventfdWait()},
}

func (eventfd) Info() transports.Info { return eventfdInfo }

// eventfdWait is the option wait as it is for an eventfd.
func eventfdWait() transports.Option {
	wait := descriptor.WaitOption()
	for i, v := range wait.Values {
		switch v.Name {
		case "poll":
			wait.Values[i].Doc = "sleep in poll(2) before each read; a write sleeps by itself, because to poll there always is room"
		case "epoll":
			wait.Values[i].Doc = "sleep in epoll_wait(2), level-triggered, before each read; a write sleeps by itself, because to epoll there always is room"
		}
	}
	return wait
}

func (eventfd) Probe(s transports.Spec) error { return transports.ProbeSize(s) }

func (t eventfd) Create(s transports.Spec) (transports.Link, error) {
	if err := t.Probe(s); err != nil {
		return nil, err
	}
	link := &links.PerSide{}
	for range link { // what the producer writes, and then what the consumer does
		if err := addEventfd(link); err != nil {
			link.Close()
			return nil, fmt.Errorf("eventfd: %w", err)
		}
	}
	return link, nil
}

func addEventfd(link *links.PerSide) error {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return remedy.Refused("create an eventfd (eventfd2)", err, "use a kernel that has it")
	}
	return link.Share(fd, "an eventfd")
}

func (eventfd) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	ends, err := descriptor.Open(s, h.Files)
	if err != nil {
		return nil, err
	}
	e := &eventfdEndpoint{out: ends[side], in: ends[side.Peer()], size: s.Size}
	if e.in.Ready != nil {
		// A write has to sleep by itself, see eventfdWait.
		for _, d := range ends {
			if err := unix.SetNonblock(int(d.FD), false); err != nil {
				links.Close(ends...)
				return nil, fmt.Errorf("eventfd: clear O_NONBLOCK: %w", err)
			}
		}
	}
	e.plain = e.in.Ready == nil && e.in.Polled == nil
	return e, nil
}

type eventfdEndpoint struct {
	in, out descriptor.Descriptor
	size    int    // of the longest message
	plain   bool   // a read needs nothing before it
	word    uint64 // being written
	got     uint64 // read last
	ended   bool   // the peer's end was read
	closed  bool
}

// Send makes the one write of a short form by itself, for the reason that
// stream.Uniform gives.
func (e *eventfdEndpoint) Send(msg []byte) error {
	if len(msg) == wordBytes && e.size == wordBytes && e.plain {
		if v := binary.LittleEndian.Uint64(msg); v < wordEscaped {
			e.word = wordMessage | v
			if kernel.Syscall(unix.SYS_WRITE, e.out.FD, uintptr(unsafe.Pointer(&e.word)), wordBytes, 0, 0, 0) == wordBytes {
				return nil
			}
		}
	}
	return e.sendAny(msg)
}

// sendAny is Send for every form and every way of waiting.
func (e *eventfdEndpoint) sendAny(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	var whole [wordBytes]byte
	copy(whole[:], msg)
	v := binary.LittleEndian.Uint64(whole[:])
	var err error
	if len(msg) == wordBytes && v < wordEscaped {
		err = e.write(wordMessage | v)
	} else {
		err = e.write(wordMessage | wordEscaped | uint64(len(msg))<<lengthShift | v&(1<<lengthShift-1))
		if err == nil && len(msg) == wordBytes {
			err = e.write(wordMessage | v>>lengthShift)
		}
	}
	if err != nil {
		return kernel.SendFailed("eventfd", len(msg), err)
	}
	return nil
}

func (e *eventfdEndpoint) write(word uint64) error {
	e.word = word
	_, err := e.out.Send(unix.SYS_WRITE, unsafe.Pointer(&e.word), wordBytes, 0, 0, 0)
	return err
}

func (e *eventfdEndpoint) Recv(buf []byte) (int, error) {
	if len(buf) < wordBytes || !e.plain || e.ended {
		return e.recvAny(buf)
	}
	if kernel.Syscall(unix.SYS_READ, e.in.FD, uintptr(unsafe.Pointer(&e.got)), wordBytes, 0, 0, 0) != wordBytes {
		return e.recvAny(buf)
	}
	if v := e.got - wordMessage; v < wordEscaped && e.size == wordBytes {
		binary.LittleEndian.PutUint64(buf, v)
		return wordBytes, nil
	}
	return e.decode(buf)
}

// recvAny is Recv for every way of waiting.
func (e *eventfdEndpoint) recvAny(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	if e.ended {
		return 0, io.EOF
	}
	if err := e.read(); err != nil {
		return 0, err
	}
	return e.decode(buf)
}

func (e *eventfdEndpoint) read() error {
	if _, err := e.in.Receive(unix.SYS_READ, unsafe.Pointer(&e.got), wordBytes, 0, 0, 0); err != nil {
		return fmt.Errorf("eventfd: receive: %w", err)
	}
	return nil
}

// decode takes the message out of the word that was read, and out of the next
// one where it has two.
func (e *eventfdEndpoint) decode(buf []byte) (int, error) {
	e.ended = e.got&wordEnd != 0
	if e.got&wordMessage == 0 && e.ended {
		return 0, io.EOF
	}
	v := e.got &^ (wordMessage | wordEnd)
	n := wordBytes
	if v&wordEscaped != 0 {
		n = int(v &^ wordEscaped >> lengthShift)
		v &= 1<<lengthShift - 1
		if n == wordBytes && !e.ended {
			if err := e.read(); err != nil {
				return 0, err
			}
			e.ended = e.got&wordEnd != 0
			v |= e.got << lengthShift
		}
	}
	if n == 0 || n > e.size {
		return 0, fmt.Errorf("eventfd: receive: a message of %d bytes on a link for 1 to %d: something else has written to the eventfd", n, e.size)
	}
	var whole [wordBytes]byte
	binary.LittleEndian.PutUint64(whole[:], v)
	return copy(buf[:e.size], whole[:n]), nil
}

func (e *eventfdEndpoint) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	err := e.write(wordEnd)
	if err != nil {
		err = fmt.Errorf("eventfd: send the end mark: %w", err)
	}
	return errors.Join(err, links.Close(e.out, e.in))
}
