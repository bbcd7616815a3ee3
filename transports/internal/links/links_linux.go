package links

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/remedy"
)

// A PerSide is a link of which each side inherits files of its own.
type PerSide [2][]*os.File

// For returns the files of one side.
func (l *PerSide) For(s transports.Side) transports.Handover { return transports.Handover{Files: l[s]} }

func (l *PerSide) Close() error { return errors.Join(Close(l[0]...), Close(l[1]...)) }

// Close closes all that is not closed yet.
func Close[C io.Closer](all ...C) error {
	var errs []error
	for _, c := range all {
		err := c.Close()
		if !errors.Is(err, os.ErrClosed) && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// A Shared is a link of files that both sides inherit.
type Shared []*os.File

// For returns the files, whichever side it is.
func (l Shared) For(transports.Side) transports.Handover { return transports.Handover{Files: l} }

func (l Shared) Close() error { return Close(l...) }

// Share gives each side a descriptor of fd, which then belongs to the link.
func (l *PerSide) Share(fd int, name string) error { return l.Add(os.NewFile(uintptr(fd), name)) }

// Add gives each side a descriptor of what f is, which then belongs to the link.
func (l *PerSide) Add(f *os.File) error {
	l[transports.Producer] = append(l[transports.Producer], f)
	again, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return remedy.Refused(fmt.Sprintf("duplicate %s (F_DUPFD_CLOEXEC)", f.Name()), err, "use a kernel that can")
	}
	l[transports.Consumer] = append(l[transports.Consumer], os.NewFile(uintptr(again), f.Name()))
	return nil
}

// AddPipe gives reader the read end of a new pipe and its peer the write end.
func (l *PerSide) AddPipe(reader transports.Side) error {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return remedy.Refused("create a pipe (pipe2)", err, "use a kernel that has it")
	}
	l[reader] = append(l[reader], os.NewFile(uintptr(fds[0]), "a pipe's read end"))
	l[reader.Peer()] = append(l[reader.Peer()], os.NewFile(uintptr(fds[1]), "a pipe's write end"))
	return nil
}

// Of is link as a Link, which is nil where there is an error.
func Of(link *PerSide, err error) (transports.Link, error) {
	if err != nil {
		return nil, err
	}
	return link, nil
}
