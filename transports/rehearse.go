package transports

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
)

// Rehearse makes a link of spec, opens both ends, has a message go there and back
// and closes them, in this process. It makes every system call that a launch makes
// for its first message and for its end, and so finds out what Probe, which is
// cheap, cannot: that a sandbox lets memory be made and not mapped, or a queue be
// opened and not used. What this host refuses is an [errors.ErrUnsupported].
//
// It is for a process that does nothing else, and ends when it returns: the
// collector is off from then on, an end may be left waiting for one that failed,
// and a sandbox may kill it.
func Rehearse(spec Spec) error {
	t, err := Lookup(spec.Transport)
	if err != nil {
		return err
	}
	link, err := t.Create(spec)
	if err != nil {
		return err
	}
	defer link.Close()
	if !spec.Caps().Has(NeedsCollector) {
		debug.SetGCPercent(-1) // an end waits in raw system calls,
	}
	runtime.GOMAXPROCS(max(4, runtime.GOMAXPROCS(0))) // and has a processor of Go's for itself
	sides := []Side{Producer, Consumer}
	if spec.Caps().Has(OneProcess) {
		sides = sides[:1]
	}
	steps, begin := make(chan error, len(sides)), make(chan bool)
	for _, side := range sides {
		h, err := inherit(link.For(side))
		if err != nil {
			return err
		}
		go func() {
			runtime.LockOSThread() // which the runtime ends with the goroutine
			rehearse(t, spec, side, h, steps, begin)
		}()
	}
	await := func() (err error) {
		for range sides {
			if err = <-steps; err != nil {
				return refused(err)
			}
		}
		return nil
	}
	if err := await(); err != nil {
		return err
	}
	if err := link.Close(); err != nil { // or no end would see the other's
		return err
	}
	close(begin)
	return await()
}

// inherit returns what a process of that side would have: descriptors of its own.
func inherit(h Handover) (Handover, error) {
	own := Handover{Bytes: h.Bytes}
	for _, f := range h.Files {
		fd, err := syscall.Dup(int(f.Fd()))
		if err != nil {
			return own, fmt.Errorf("duplicate %s: %w", f.Name(), err)
		}
		own.Files = append(own.Files, os.NewFile(uintptr(fd), f.Name()))
	}
	return own, nil
}

// rehearse is the part of one end: it opens, and exchanges messages once it may
// begin. It tells how each of the two ended before it closes, so that what is heard
// first is not that a peer is gone.
func rehearse(t Transport, spec Spec, side Side, h Handover, steps chan<- error, begin <-chan bool) {
	e, err := t.Open(spec, side, h)
	steps <- err
	if err != nil {
		return
	}
	<-begin
	if !spec.Caps().Has(OwnLoop) {
		err = exchange(e, spec, side)
	}
	if err != nil {
		steps <- err
		return
	}
	steps <- e.Close()
}

func exchange(e Endpoint, spec Spec, side Side) (err error) {
	debug.SetPanicOnFault(true) // of this goroutine
	defer func() {
		fault, is := recover().(interface{ Addr() uintptr })
		if f, explains := e.(Faulter); is && explains {
			err = f.Fault(fault.Addr())
		}
	}()
	message, buf := bytes.Repeat([]byte{1}, max(1, spec.Size)), make([]byte, max(1, spec.Size))
	if side == Producer {
		if err := e.Send(message); err != nil {
			return err
		}
	}
	n, err := e.Recv(buf)
	if err != nil {
		return err
	}
	if !bytes.Equal(buf[:n], message) {
		return fmt.Errorf("%s: the %s received %d bytes that nobody sent", spec, side, n)
	}
	if side == Producer {
		return nil
	}
	if err := e.Send(message); err != nil {
		return err
	}
	if _, err := e.Recv(buf); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: after the last message: %w", spec, cmp.Or(err, errors.New("another one")))
	}
	return nil
}

// refusals are the errors of a system call that a host or a sandbox does not let a
// process make, whenever it tries.
var refusals = []error{syscall.EPERM, syscall.EACCES, syscall.ENOSYS, syscall.EOPNOTSUPP}

func refused(err error) error {
	if slices.ContainsFunc(refusals, func(r error) bool { return errors.Is(err, r) }) {
		return Unsupported(err.Error())
	}
	return err
}
