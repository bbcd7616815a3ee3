// Package foreign registers a transport as another module might have it, for the
// tests of whatever has to get along with those: it is written with package net,
// a goroutine receives for each end, messages are garbage afterwards, and one
// end finds the other by an address.
//
// It must not know more of this module than such a transport would.
package foreign

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"ipcbench/transports"
)

func init() { transports.Register(foreign{}) }

// foreign is a connection of two Unix sockets. The consumer inherits a listener,
// the producer nothing but the address.
type foreign struct{}

var info = transports.Info{
	Name:    "foreign",
	Doc:     "a connection of package net's, received from by a goroutine",
	Kind:    transports.Stream,
	Caps:    transports.SeesPeerDeath | transports.Allocates | transports.NeedsCollector | transports.OwnThreads,
	Waits:   transports.Waiting{Name: "channel", Parks: true},
	MaxSize: 1 << 20,
}

func (foreign) Info() transports.Info { return info }

func (foreign) Probe(s transports.Spec) error { return transports.ProbeSize(s) }

func (foreign) Create(s transports.Spec) (transports.Link, error) {
	if err := transports.ProbeSize(s); err != nil {
		return nil, err
	}
	// A name that begins with @ is in no directory, and ends with its socket.
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: "@ipcbench-" + rand.Text()})
	if err != nil {
		return nil, fmt.Errorf("foreign: %w", err)
	}
	defer listener.Close()
	file, err := listener.File()
	if err != nil {
		return nil, fmt.Errorf("foreign: %w", err)
	}
	return &link{file: file, address: listener.Addr().String()}, nil
}

type link struct {
	file    *os.File
	address string
}

func (l *link) For(side transports.Side) transports.Handover {
	if side == transports.Producer {
		return transports.Handover{Bytes: []byte(l.address)}
	}
	return transports.Handover{Files: []*os.File{l.file}}
}

func (l *link) Close() error {
	if err := l.file.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

func (foreign) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	conn, err := connect(side, h)
	if err != nil {
		return nil, fmt.Errorf("foreign: %w", err)
	}
	e := &end{conn: conn, size: s.Size, arrived: make(chan []byte, 16)}
	go e.receive()
	return e, nil
}

func connect(side transports.Side, h transports.Handover) (net.Conn, error) {
	if side == transports.Producer {
		return net.Dial("unix", string(h.Bytes))
	}
	defer h.Files[0].Close()
	listener, err := net.FileListener(h.Files[0])
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	return listener.Accept()
}

type end struct {
	conn    net.Conn
	size    int
	arrived chan []byte // closed at the end of the stream
	err     error       // why it ended, once it has
	closed  bool
}

// receive passes on each message that arrives: its length in four bytes, and it.
func (e *end) receive() {
	defer close(e.arrived)
	in := bufio.NewReader(resumed{e.conn})
	for {
		var header [4]byte
		if _, e.err = io.ReadFull(in, header[:]); e.err != nil {
			return
		}
		msg := make([]byte, binary.LittleEndian.Uint32(header[:]))
		if _, e.err = io.ReadFull(in, msg); e.err != nil {
			return
		}
		e.arrived <- msg
	}
}

// resumed reads on after a socket has said, once, that its peer closed with
// something left to read: what that peer sent is still to come.
type resumed struct{ net.Conn }

func (r resumed) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	if errors.Is(err, syscall.ECONNRESET) {
		return r.Conn.Read(p)
	}
	return n, err
}

func (e *end) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	frame := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+len(msg)), uint32(len(msg)))
	if _, err := e.conn.Write(append(frame, msg...)); err != nil {
		return fmt.Errorf("foreign: send %d bytes: %w", len(msg), err)
	}
	return nil
}

func (e *end) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	msg, ok := <-e.arrived
	if ok {
		return copy(buf, msg), nil
	}
	if e.err == io.EOF || e.closed {
		return 0, io.EOF
	}
	return 0, fmt.Errorf("foreign: receive: %w", e.err)
}

// Close waits for the goroutine to end.
func (e *end) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	err := e.conn.Close()
	for range e.arrived {
	}
	return err
}
