package benchtest_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/bench/benchtest"
	"ipcbench/transports"
	_ "ipcbench/transports/all"
	"ipcbench/transports/transporttest"
)

// mine is a transport of another module's own: a pair of packet sockets, used
// by the plainest calls.
type mine struct{}

func init() { transports.Register(mine{}) }

func (mine) Info() transports.Info {
	return transports.Info{Name: "mine", Doc: "a transport that is no part of ipcbench", Kind: transports.Datagram, Caps: transports.SeesPeerDeath, MaxSize: largest}
}

const largest = 64 << 10

func (mine) Probe(s transports.Spec) error {
	if s.Size > largest {
		return fmt.Errorf("%w: messages have at most %d bytes", errors.ErrUnsupported, largest)
	}
	return nil
}

func (m mine) Create(s transports.Spec) (transports.Link, error) {
	if err := m.Probe(s); err != nil {
		return nil, err
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	return &link{os.NewFile(uintptr(fds[0]), "producer"), os.NewFile(uintptr(fds[1]), "consumer")}, nil
}

func (mine) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	return &endpoint{fd: int(h.Files[0].Fd()), file: h.Files[0], size: s.Size}, nil
}

type link [2]*os.File

func (l *link) For(side transports.Side) transports.Handover {
	return transports.Handover{Files: l[side : side+1]}
}

func (l *link) Close() error {
	for _, f := range l {
		f.Close() // again: os.ErrClosed, which is nothing new
	}
	return nil
}

type endpoint struct {
	fd   int
	file *os.File // keeps fd open
	size int
}

func (e *endpoint) Send(msg []byte) error {
	if len(msg) > e.size {
		return fmt.Errorf("send %d bytes: %w", len(msg), transports.ErrTooLong)
	}
	_, err := unix.Write(e.fd, msg)
	return err
}

func (e *endpoint) Recv(buf []byte) (int, error) {
	n, err := unix.Read(e.fd, buf)
	if n == 0 && err == nil {
		return 0, io.EOF
	}
	return n, err
}

func (e *endpoint) Close() error {
	if err := e.file.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

func TestMain(m *testing.M) {
	transporttest.Worker()
	benchtest.Main(m)
}

// TestMine holds the transport to the promises of the interface.
func TestMine(t *testing.T) { transporttest.Run(t, mine{}) }

// BenchmarkMine compares it with two of ours.
func BenchmarkMine(b *testing.B) {
	benchtest.Run(b, benchtest.Plan("mine", "unix:type=seqpacket", "pipe"))
}
