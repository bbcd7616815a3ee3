package transports

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A uniformStream is a byte stream in which every message has the link's size,
// so that its boundaries need no header: each message is one write and one
// read of exactly its bytes, unless the kernel buffers less than that.
//
// Each method makes the one system call that usually does all by itself: for a
// process that was just switched to, every page of code on the way to it costs
// a TLB miss, and those were 5 % of a stream over one CPU.
type uniformStream struct{ stream }

func (s *uniformStream) Send(msg []byte) error {
	sent := 0
	if len(msg) == s.size && s.out.polled == nil {
		sent = int(rawSyscall(unix.SYS_WRITE, s.out.fd, uintptr(unsafe.Pointer(unsafe.SliceData(msg))), uintptr(len(msg)), 0, 0, 0))
		if sent == len(msg) {
			return nil
		}
	}
	return s.sendRest(msg, max(sent, 0))
}

// sendRest sends what of msg was not sent yet.
func (s *uniformStream) sendRest(msg []byte, sent int) error {
	if err := checkSend(len(msg), s.size); err != nil {
		return err
	}
	if len(msg) != s.size {
		return fmt.Errorf("%s: send %d bytes on a link where every message has %d", s.what, len(msg), s.size)
	}
	for sent < len(msg) {
		n, err := s.out.write(msg[sent:])
		if err != nil {
			return sendFailed(s.what, len(msg), err)
		}
		sent += n
	}
	return nil
}

func (s *uniformStream) Recv(buf []byte) (int, error) {
	got := 0
	if len(buf) >= s.size && s.in.ready == nil && s.in.polled == nil {
		got = int(rawSyscall(unix.SYS_READ, s.in.fd, uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(s.size), 0, 0, 0))
		if got == s.size {
			return got, nil
		}
	}
	return s.recvRest(buf, max(got, 0))
}

// recvRest receives what of a message was not received yet.
func (s *uniformStream) recvRest(buf []byte, got int) (int, error) {
	if err := checkRecv(len(buf), s.size); err != nil {
		return 0, err
	}
	for got < s.size {
		n, err := s.in.read(buf[got:s.size])
		if n == 0 {
			return 0, s.failed(got, err)
		}
		got += n
	}
	return s.size, nil
}
