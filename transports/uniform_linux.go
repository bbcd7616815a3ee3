package transports

import (
	"fmt"
)

// A uniformStream is a byte stream in which every message has the link's size,
// so that its boundaries need no header: each message is one write and one
// read of exactly its bytes, unless the kernel buffers less than that.
type uniformStream struct{ framed }

func (s *uniformStream) Send(msg []byte) error {
	if err := checkSend(len(msg), s.size); err != nil {
		return err
	}
	if len(msg) != s.size {
		return fmt.Errorf("%s: send %d bytes on a link where every message has %d", s.what, len(msg), s.size)
	}
	for sent := 0; sent < len(msg); {
		n, err := s.out.write(msg[sent:])
		if err != nil {
			return sendFailed(s.what, len(msg), err)
		}
		sent += n
	}
	return nil
}

func (s *uniformStream) Recv(buf []byte) (int, error) {
	if err := checkRecv(len(buf), s.size); err != nil {
		return 0, err
	}
	for got := 0; got < s.size; {
		n, err := s.in.read(buf[got:s.size])
		if n == 0 {
			return 0, s.failed(got, err)
		}
		got += n
	}
	return s.size, nil
}
