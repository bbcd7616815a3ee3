package stdio

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
)

func init() { transports.Register(stdio{}) }

// stdio is a pipe in each direction, as os/exec gives a program and a plug-in that it
// starts, with buffers of package bufio's on them that are flushed after each message. The
// producer is the program: its ends are known to the runtime's poller. The consumer is the
// plug-in: it reads and writes as os.Stdin and os.Stdout do, in calls that block.
type stdio struct{}

var info = transports.Info{
	Name:    "stdio",
	Also:    []string{"stdin", "stdout", "plugin", "plug-in", "language-server", "lsp", "json-lines", "ndjson", "exec-pipe"},
	Doc:     "standard input and output of a plug-in: pipes, bufio, an encoding",
	Kind:    transports.Stream,
	Group:   group,
	Caps:    transports.SeesPeerDeath | transports.Allocates | transports.NeedsCollector | transports.OwnThreads,
	Waits:   transports.Parks,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{codecOption()},
}

func (stdio) Info() transports.Info { return info }

func (stdio) Probe(s transports.Spec) error { return transports.ProbeSize(s) }

func (stdio) Create(s transports.Spec) (transports.Link, error) {
	if err := transports.ProbeSize(s); err != nil {
		return nil, err
	}
	var l link
	for side := range l {
		in, out, err := os.Pipe()
		if err != nil {
			l.Close()
			return nil, fmt.Errorf("stdio: make a pipe: %w", err)
		}
		l[side].in, l[1-side].out = in, out
	}
	return &l, nil
}

// A link is what each side reads from and writes to.
type link [2]struct{ in, out *os.File }

func (l *link) For(side transports.Side) transports.Handover {
	return transports.Handover{Files: []*os.File{l[side].in, l[side].out}}
}

func (l *link) Close() error {
	return errors.Join(closeAll(l[0].in, l[0].out, l[1].in, l[1].out))
}

// closeAll closes what was made and is not closed yet.
func closeAll(files ...*os.File) error {
	var errs []error
	for _, f := range files {
		if f == nil {
			continue
		}
		if err := f.Close(); !errors.Is(err, os.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (stdio) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	defer closeAll(h.Files...)
	in, err := again(h.Files[0], side)
	if err != nil {
		return nil, err
	}
	out, err := again(h.Files[1], side)
	if err != nil {
		in.Close()
		return nil, err
	}
	buffered := bufio.NewWriter(out)
	e := &end{in: in, out: out, buffered: buffered, size: s.Size}
	e.codec = newCodec(s.Option(optionCodec), bufio.NewReader(in), buffered)
	return e, nil
}

// again returns the end of a pipe as a program of that side has it.
func again(f *os.File, side transports.Side) (*os.File, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("stdio: %w", err)
	}
	fd := -1
	if failed := raw.Control(func(old uintptr) { // f.Fd would make it blocking
		if fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			err = unix.SetNonblock(fd, side == transports.Producer)
		}
	}); err == nil {
		err = failed
	}
	if err != nil {
		if fd >= 0 {
			unix.Close(fd)
		}
		return nil, fmt.Errorf("stdio: duplicate a pipe: %w", err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

type end struct {
	in, out  *os.File
	buffered *bufio.Writer
	codec    codec
	size     int
	closed   bool
}

func (e *end) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	err := e.codec.encode(msg)
	if err == nil {
		err = e.buffered.Flush()
	}
	if err != nil {
		return fmt.Errorf("stdio: send %d bytes: %w", len(msg), err)
	}
	return nil
}

func (e *end) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	if e.closed {
		return 0, io.EOF
	}
	n, err := e.codec.decode(buf)
	if err != nil && err != io.EOF {
		return 0, fmt.Errorf("stdio: receive: %w", err)
	}
	return n, err
}

func (e *end) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	return closeAll(e.out, e.in)
}
