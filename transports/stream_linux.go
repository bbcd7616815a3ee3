package transports

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A byte stream knows no messages, so unless all are of one size, each is sent
// as a frame: a header that starts with the message's length, four bytes
// little-endian, and the message. A frame is one system call on either side, as
// an unframed message is, unless it is larger than what the kernel buffers.
//
// headerBytes is not four, because the kernel copies a message twice as fast
// between addresses that are multiples of it.
const headerBytes = 16

// copyLimit is up to which size of message a copy costs less than a second
// vector in the system call.
const copyLimit = 4096

// openStream makes an end that reads from the first of files and writes to the
// last.
func openStream(s Spec, files []*os.File, poll func(*os.File) (pollable, error)) (Endpoint, error) {
	ends, err := openDescriptors(s, files, poll)
	if err != nil {
		return nil, err
	}
	f := framed{what: s.Transport, size: s.Size, in: ends[0], out: ends[len(ends)-1]}
	if s.Uniform {
		return &uniformStream{f}, nil
	}
	if s.Size > copyLimit && s.Option("wait") != "go" {
		return &vectoredStream{framed: f}, nil
	}
	return newCopiedStream(f), nil
}

// A framed is what all ways of finding messages in a byte stream share.
type framed struct {
	in, out descriptor
	size    int    // of the longest message
	what    string // the transport, for errors
	closed  bool
}

// length returns the length of the message whose header is at the start of
// head, as far as it is among the got bytes of the frame that were read, and
// whether the frame is whole.
func (f *framed) length(head []byte, got int) (n int, whole bool, err error) {
	if got < headerBytes {
		return 0, false, nil
	}
	announced := binary.LittleEndian.Uint32(head)
	if announced == 0 || int64(announced) > int64(f.size) {
		return 0, false, fmt.Errorf("%s: receive: a frame of %d bytes on a link for 1 to %d: the stream is corrupt", f.what, announced, f.size)
	}
	n = int(announced)
	return n, got >= headerBytes+n, nil
}

// failed is the error of a Recv that got no further than got bytes into a
// message, because of err or, where that is nil, because the stream ended.
func (f *framed) failed(got int, err error) error {
	if err != nil {
		return fmt.Errorf("%s: receive: %w", f.what, err)
	}
	if got == 0 {
		return io.EOF
	}
	return fmt.Errorf("%s: receive: the stream ended %d bytes into a message: %w: the peer died while it sent", f.what, got, io.ErrUnexpectedEOF)
}

func (f *framed) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	return closeOnce(f.out, f.in)
}

// A copiedStream puts each frame together in a buffer of its own, as a Go
// program does over an io.Writer.
type copiedStream struct {
	framed
	frame    []byte // being sent
	buf      []byte // room for the largest frame
	from, to int    // the part of buf that was read and not yet handed over
}

func newCopiedStream(f framed) *copiedStream {
	return &copiedStream{
		framed: f,
		frame:  make([]byte, headerBytes+f.size),
		buf:    make([]byte, headerBytes+f.size),
	}
}

func (s *copiedStream) Send(msg []byte) error {
	if err := checkSend(len(msg), s.size); err != nil {
		return err
	}
	binary.LittleEndian.PutUint32(s.frame, uint32(len(msg)))
	end := headerBytes + copy(s.frame[headerBytes:], msg)
	for sent := 0; sent < end; {
		n, err := s.out.write(s.frame[sent:end])
		if err != nil {
			return sendFailed(s.what, len(msg), err)
		}
		sent += n
	}
	return nil
}

func (s *copiedStream) Recv(buf []byte) (int, error) {
	if err := checkRecv(len(buf), s.size); err != nil {
		return 0, err
	}
	for {
		have := s.buf[s.from:s.to]
		n, whole, err := s.length(have, len(have))
		if err != nil {
			return 0, err
		}
		if whole {
			s.from += headerBytes + n
			return copy(buf, have[headerBytes:][:n]), nil
		}
		// The start of a frame moves to the front, where the rest has room.
		s.from, s.to = 0, copy(s.buf, have)
		got, err := s.in.read(s.buf[s.to:])
		if got == 0 {
			return 0, s.failed(s.to, err)
		}
		s.to += got
	}
}

// A vectoredStream hands the kernel the header and the message where they lie
// (writev(2), readv(2)).
type vectoredStream struct {
	framed
	iov   [2]unix.Iovec
	head  [headerBytes]byte
	ahead []byte // bytes read beyond the last message
	store []byte // what ahead lies in
}

func (s *vectoredStream) Send(msg []byte) error {
	if err := checkSend(len(msg), s.size); err != nil {
		return err
	}
	binary.LittleEndian.PutUint32(s.head[:], uint32(len(msg)))
	for sent := 0; sent < headerBytes+len(msg); {
		n, err := transfer(unix.SYS_WRITEV, s.out.fd, s.rest(msg, sent), len(s.iov))
		if err != nil {
			return sendFailed(s.what, len(msg), err)
		}
		sent += n
	}
	return nil
}

// Recv asks for as much as the largest frame holds: exactly one message where
// all are of the link's size. What it gets of the next ones is kept.
func (s *vectoredStream) Recv(buf []byte) (int, error) {
	if err := checkRecv(len(buf), s.size); err != nil {
		return 0, err
	}
	n, whole, err := s.length(s.ahead, len(s.ahead))
	if err != nil {
		return 0, err
	}
	if whole {
		copy(buf, s.ahead[headerBytes:][:n])
		s.ahead = s.ahead[headerBytes+n:]
		return n, nil
	}
	return s.read(buf[:s.size])
}

// read completes the frame that ahead may have the start of.
func (s *vectoredStream) read(body []byte) (int, error) {
	got := copy(s.head[:], s.ahead)
	got += copy(body, s.ahead[got:])
	s.ahead = nil
	for {
		n, whole, err := s.length(s.head[:], got)
		if err != nil {
			return 0, err
		}
		if whole {
			s.store = append(s.store[:0], body[n:got-headerBytes]...)
			s.ahead = s.store
			return n, nil
		}
		more, err := transfer(unix.SYS_READV, s.in.fd, s.rest(body, got), len(s.iov))
		if more == 0 {
			return 0, s.failed(got, err)
		}
		got += more
	}
}

// rest returns the vector of what follows the first done bytes of the frame of
// head and body.
func (s *vectoredStream) rest(body []byte, done int) unsafe.Pointer {
	setVector(&s.iov, s.head[min(done, headerBytes):], body[max(done-headerBytes, 0):])
	return unsafe.Pointer(&s.iov)
}

func setVector(iov *[2]unix.Iovec, head, body []byte) {
	iov[0].Base, iov[0].Len = unsafe.SliceData(head), uint64(len(head))
	iov[1].Base, iov[1].Len = unsafe.SliceData(body), uint64(len(body))
}
