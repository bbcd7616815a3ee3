package stream

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/kernel"
)

// A Uniform stream is one in which every message has the link's size,
// so that its boundaries need no header: each message is one write and one
// read of exactly its bytes, unless the kernel buffers less than that.
//
// Each method makes the one system call that usually does all by itself: for a
// process that was just switched to, every page of code on the way to it costs
// a TLB miss, and those were 5 % of a stream over one CPU.
type Uniform struct{ Stream }

func (s *Uniform) Send(msg []byte) error {
	sent := 0
	if len(msg) == s.Size && s.Out.Polled == nil {
		sent = int(kernel.Syscall(unix.SYS_WRITE, s.Out.FD, uintptr(unsafe.Pointer(unsafe.SliceData(msg))), uintptr(len(msg)), 0, 0, 0))
		if sent == len(msg) {
			return nil
		}
	}
	return s.SendRest(msg, max(sent, 0))
}

// SendRest sends what of msg was not sent yet.
func (s *Uniform) SendRest(msg []byte, sent int) error {
	if err := transports.CheckSend(len(msg), s.Size); err != nil {
		return err
	}
	if len(msg) != s.Size {
		return fmt.Errorf("%s: send %d bytes on a link where every message has %d", s.What, len(msg), s.Size)
	}
	for sent < len(msg) {
		n, err := s.Out.Write(msg[sent:])
		if err != nil {
			return kernel.SendFailed(s.What, len(msg), err)
		}
		sent += n
	}
	return nil
}

func (s *Uniform) Recv(buf []byte) (int, error) {
	got := 0
	if len(buf) >= s.Size && s.In.Ready == nil && s.In.Polled == nil {
		got = int(kernel.Syscall(unix.SYS_READ, s.In.FD, uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(s.Size), 0, 0, 0))
		if got == s.Size {
			return got, nil
		}
	}
	return s.RecvRest(buf, max(got, 0))
}

// RecvRest receives what of a message was not received yet.
func (s *Uniform) RecvRest(buf []byte, got int) (int, error) {
	if err := transports.CheckRecv(len(buf), s.Size); err != nil {
		return 0, err
	}
	for got < s.Size {
		n, err := s.In.Read(buf[got:s.Size])
		if n == 0 {
			return 0, s.Failed(got, err)
		}
		got += n
	}
	return s.Size, nil
}
