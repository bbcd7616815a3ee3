package stream

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"ipcbench/transports"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
)

// Open makes an end that reads from the first of files and writes to the
// last.
func Open(s transports.Spec, files []*os.File) (transports.Endpoint, error) {
	ends, err := descriptor.Open(s, files)
	if err != nil {
		return nil, err
	}
	f := Stream{What: s.Transport, Size: s.Size, In: ends[0], Out: ends[len(ends)-1]}
	if s.Uniform {
		return &Uniform{f}, nil
	}
	return NewFramed(f), nil
}

// Stream is what both ways of finding messages in a byte stream share.
type Stream struct {
	In, Out descriptor.Descriptor
	Size    int    // of the longest message
	What    string // the transport, for errors
	empties bool   // see OpenConnection
	closed  bool
}

// Length returns the length of the message whose header is at the start of
// head, as far as it is among the got bytes of the frame that were read, and
// whether the frame is whole.
func (f *Stream) Length(head []byte, got int) (n int, whole bool, err error) {
	if got < kernel.HeaderBytes {
		return 0, false, nil
	}
	announced := binary.LittleEndian.Uint32(head)
	if announced == 0 || int64(announced) > int64(f.Size) {
		return 0, false, fmt.Errorf("%s: receive: a frame of %d bytes on a link for 1 to %d: the stream is corrupt", f.What, announced, f.Size)
	}
	n = int(announced)
	return n, got >= kernel.HeaderBytes+n, nil
}

// Failed is the error of a Recv that got no further than got bytes into a
// message, because of err or, where that is nil, because the stream ended.
func (f *Stream) Failed(got int, err error) error {
	if err != nil {
		return fmt.Errorf("%s: receive: %w", f.What, err)
	}
	if got == 0 {
		return io.EOF
	}
	return fmt.Errorf("%s: receive: the stream ended %d bytes into a message: %w: the peer died while it sent", f.What, got, io.ErrUnexpectedEOF)
}

func (f *Stream) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	if f.empties {
		empty(f.In)
	}
	return links.Close(f.Out, f.In)
}

// A Framed stream puts each frame together in a buffer of its own, as a Go
// program does over an io.Writer.
type Framed struct {
	Stream
	frame    []byte // being sent
	buf      []byte // room for the largest frame
	from, to int    // the part of buf that was read and not yet handed over
}

func NewFramed(f Stream) *Framed {
	return &Framed{
		Stream: f,
		frame:  make([]byte, kernel.HeaderBytes+f.Size),
		buf:    make([]byte, kernel.HeaderBytes+f.Size),
	}
}

func (s *Framed) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), s.Size); err != nil {
		return err
	}
	binary.LittleEndian.PutUint32(s.frame, uint32(len(msg)))
	end := kernel.HeaderBytes + copy(s.frame[kernel.HeaderBytes:], msg)
	for sent := 0; sent < end; {
		n, err := s.Out.Write(s.frame[sent:end])
		if err != nil {
			return kernel.SendFailed(s.What, len(msg), err)
		}
		sent += n
	}
	return nil
}

func (s *Framed) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), s.Size); err != nil {
		return 0, err
	}
	for {
		have := s.buf[s.from:s.to]
		n, whole, err := s.Length(have, len(have))
		if err != nil {
			return 0, err
		}
		if whole {
			s.from += kernel.HeaderBytes + n
			return copy(buf, have[kernel.HeaderBytes:][:n]), nil
		}
		// The start of a frame moves to the front, where the rest has room.
		s.from, s.to = 0, copy(s.buf, have)
		got, err := s.In.Read(s.buf[s.to:])
		if got == 0 {
			return 0, s.Failed(s.to, err)
		}
		s.to += got
	}
}
