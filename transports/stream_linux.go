package transports

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// openStream makes an end that reads from the first of files and writes to the
// last.
func openStream(s Spec, files []*os.File) (Endpoint, error) {
	ends, err := openDescriptors(s, files)
	if err != nil {
		return nil, err
	}
	f := stream{what: s.Transport, size: s.Size, in: ends[0], out: ends[len(ends)-1]}
	if s.Uniform {
		return &uniformStream{f}, nil
	}
	return newFramedStream(f), nil
}

// A stream is what both ways of finding messages in a byte stream share.
type stream struct {
	in, out descriptor
	size    int    // of the longest message
	what    string // the transport, for errors
	empties bool   // see openConnection
	closed  bool
}

// length returns the length of the message whose header is at the start of
// head, as far as it is among the got bytes of the frame that were read, and
// whether the frame is whole.
func (f *stream) length(head []byte, got int) (n int, whole bool, err error) {
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
func (f *stream) failed(got int, err error) error {
	if err != nil {
		return fmt.Errorf("%s: receive: %w", f.what, err)
	}
	if got == 0 {
		return io.EOF
	}
	return fmt.Errorf("%s: receive: the stream ended %d bytes into a message: %w: the peer died while it sent", f.what, got, io.ErrUnexpectedEOF)
}

func (f *stream) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	if f.empties {
		empty(f.in)
	}
	return closeOnce(f.out, f.in)
}

// A framedStream puts each frame together in a buffer of its own, as a Go
// program does over an io.Writer.
type framedStream struct {
	stream
	frame    []byte // being sent
	buf      []byte // room for the largest frame
	from, to int    // the part of buf that was read and not yet handed over
}

func newFramedStream(f stream) *framedStream {
	return &framedStream{
		stream: f,
		frame:  make([]byte, headerBytes+f.size),
		buf:    make([]byte, headerBytes+f.size),
	}
}

func (s *framedStream) Send(msg []byte) error {
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

func (s *framedStream) Recv(buf []byte) (int, error) {
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
