package peer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
)

// A Control is a worker's side of the conversation with its driver.
type Control struct {
	Side    transports.Side
	file    *os.File
	decoder *json.Decoder
}

// Idle is the error in a process that was started as a worker and did not become
// one: it would start workers of its own, which would do the same. It is nil in
// any other.
func Idle() error {
	if role := os.Getenv(roleEnv); role != "" {
		return fmt.Errorf("this process was started as a worker (%s) and did not become one: call bench.Worker first in main, or in TestMain", role)
	}
	return nil
}

// Serve runs work and ends the process, where the driver started it for this
// role; otherwise it returns at once. An error is its last words, and ends it
// with status 1, or 3 where the error is that the peer was gone.
func Serve(role string, work func(*Control) error) {
	if os.Getenv(roleEnv) != role {
		return
	}
	yieldMemory()
	unix.CloseOnExec(controlFD)
	file := os.NewFile(controlFD, "control")
	c := &Control{file: file, decoder: json.NewDecoder(file)}
	if len(os.Args) > 1 && os.Args[1] == transports.Consumer.String() {
		c.Side = transports.Consumer
	}
	if err := work(c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitStatus(err))
	}
	os.Exit(0)
}

// exitPeerGone is the status of a worker whose peer's end was closed when it
// should not have been: the peer knows more about it.
const exitPeerGone = 3

func exitStatus(err error) int {
	for _, gone := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.EPIPE, syscall.ECONNRESET, syscall.ECONNREFUSED} {
		if errors.Is(err, gone) {
			return exitPeerGone
		}
	}
	return 1
}

// Hear waits for the next value that the driver tells.
func (c *Control) Hear(v any) error {
	if err := c.decoder.Decode(v); err != nil {
		return fmt.Errorf("hear from the driver: %w", err)
	}
	return nil
}

// Tell sends the driver a value.
func (c *Control) Tell(v any) error {
	if err := json.NewEncoder(c.file).Encode(v); err != nil {
		return fmt.Errorf("tell the driver: %w", err)
	}
	return nil
}

// Ready tells the driver that this end is open and waits until both are.
func (c *Control) Ready() error { return c.ReadyFor(new(string)) }

// ReadyFor is Ready, and hears what the driver tells all as they start.
func (c *Control) ReadyFor(what any) error {
	if err := c.Tell("ready"); err != nil {
		return err
	}
	return c.Hear(what)
}

// Inherited is what a worker is told of its end of a link: the descriptors
// themselves it was started with.
type Inherited struct {
	Files int // how many
	Bytes []byte
}

// Inherit is what to tell a worker that was started with the files of h.
func Inherit(h transports.Handover) Inherited { return Inherited{len(h.Files), h.Bytes} }

// Handover is what this worker opens its end of the link by.
func (c *Control) Handover(i Inherited) transports.Handover {
	return c.Handovers([]Inherited{i})[0]
}

// Handovers is the same of a worker that has an end of several links.
func (c *Control) Handovers(all []Inherited) []transports.Handover {
	var handovers []transports.Handover
	fd := firstLinkFD
	for _, i := range all {
		h := transports.Handover{Files: make([]*os.File, i.Files), Bytes: i.Bytes}
		for n := range h.Files {
			unix.CloseOnExec(fd)
			h.Files[n] = os.NewFile(uintptr(fd), fmt.Sprintf("descriptor %d", fd))
			fd++
		}
		handovers = append(handovers, h)
	}
	return handovers
}
