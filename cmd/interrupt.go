package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errInterrupted says that a signal ended the command early.
var errInterrupted = errors.New("interrupted")

// untilInterrupted is the error of prepare as one of usage, or that a signal came
// first: whatever the preparation waits for, it is left behind.
func untilInterrupted(ctx context.Context, prepare func() error) error {
	ended, err := await(ctx, echo, prepare)
	if !ended || ctx.Err() != nil {
		return errInterrupted
	}
	return usage(err)
}

// readerPatience is how long an export waits for whoever is to read it: to open
// the other end of a FIFO, or to go on once the command is to end.
const readerPatience = 10 * time.Second

// opened is untilInterrupted that waits no longer than that.
func opened(ctx context.Context, open func() error) error {
	limited, cancel := context.WithTimeout(ctx, readerPatience)
	defer cancel()
	err := untilInterrupted(limited, open)
	if err == errInterrupted && ctx.Err() == nil {
		return usage(fmt.Errorf("an export was not open within %v: it is a FIFO, and nobody reads it", readerPatience))
	}
	return err
}

// readOut is the error of write, or that its reader did not go on after a signal.
func readOut(ctx context.Context, write func() error) error {
	grace := echo
	if ctx.Err() != nil { // before, and what is finished is to be kept
		grace = readerPatience
	}
	ended, err := await(ctx, grace, write)
	if !ended {
		return errors.New("an export was not read to its end: it is cut short")
	}
	return err
}

// await is f's error. Once ctx has ended it is waited for no longer than grace.
func await(ctx context.Context, grace time.Duration, f func() error) (ended bool, err error) {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return true, err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return true, err
	case <-time.After(grace):
		return false, nil
	}
}
