package transports

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// An ownFiles is a link of which each side inherits files of its own.
type ownFiles [2][]*os.File

func (l *ownFiles) Files(s Side) []*os.File { return l[s] }

func (l *ownFiles) Close() error { return errors.Join(closeOnce(l[0]...), closeOnce(l[1]...)) }

// closeOnce closes all that is not closed yet.
func closeOnce[C io.Closer](all ...C) error {
	var errs []error
	for _, c := range all {
		err := c.Close()
		if !errors.Is(err, os.ErrClosed) && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// A sharedFiles is a link of files that both sides inherit.
type sharedFiles []*os.File

func (l sharedFiles) Files(Side) []*os.File { return l }

func (l sharedFiles) Close() error { return closeOnce(l...) }

// share gives each side a descriptor of fd, which then belongs to the link.
func (l *ownFiles) share(fd int, name string) error {
	l[Producer] = append(l[Producer], os.NewFile(uintptr(fd), name))
	again, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("duplicate %s: %w: %s", name, err, kernelRemedy(err))
	}
	l[Consumer] = append(l[Consumer], os.NewFile(uintptr(again), name))
	return nil
}

// addPipe gives reader the read end of a new pipe and its peer the write end.
func (l *ownFiles) addPipe(reader Side) error {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("create a pipe: %w: %s", err, kernelRemedy(err))
	}
	l[reader] = append(l[reader], os.NewFile(uintptr(fds[0]), "a pipe's read end"))
	l[reader.Peer()] = append(l[reader.Peer()], os.NewFile(uintptr(fds[1]), "a pipe's write end"))
	return nil
}

// linkOf is link as a Link, which is nil where there is an error.
func linkOf(link *ownFiles, err error) (Link, error) {
	if err != nil {
		return nil, err
	}
	return link, nil
}
