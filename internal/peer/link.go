package peer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ipcbench/transports"
)

// MakeLink is the transport's Create for a driver that goes on whatever that does:
// it waits no longer than ctx and a moment, and a panic is an error. So it is with
// the Close of the link that it returns. What is made later is closed again.
func MakeLink(ctx context.Context, t transports.Transport, spec transports.Spec) (transports.Link, error) {
	link, err := within(ctx, spec.Transport+": making the link",
		func() (transports.Link, error) { return t.Create(spec) },
		func(late transports.Link) {
			if late != nil {
				late.Close()
			}
		})
	if err != nil {
		return nil, err
	}
	takeInChildren()
	return &shelteredLink{Link: link, what: spec.Transport + ": closing the link", ctx: ctx}, nil
}

type shelteredLink struct {
	transports.Link
	what string
	ctx  context.Context
	hung error // of a Close that goes on
}

func (l *shelteredLink) Close() error {
	if l.hung != nil {
		return l.hung
	}
	_, err := within(l.ctx, l.what,
		func() (struct{}, error) { return struct{}{}, l.Link.Close() },
		func(struct{}) {})
	if errors.As(err, new(unended)) {
		l.hung = err
	}
	return err
}

// unended is that a call goes on: nothing can end it.
type unended struct {
	what  string
	cause error
}

func (u unended) Error() string { return u.what + " had not ended" }
func (u unended) Unwrap() error { return u.cause }

// moment is how long a call may go on when its time is over, or the run is: it may
// have made what it is about to take away again.
const moment = time.Second

// within calls f and waits for it no longer than ctx, and a moment. What f returns
// after that is handed to late.
func within[T any](ctx context.Context, what string, f func() (T, error), late func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		r.err = Sheltered(what, func() (err error) { r.value, err = f(); return err })
		done <- r
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-done:
		return r.value, r.err
	case <-time.After(moment):
		go func() { late((<-done).value) }()
		var none T
		return none, unended{what, ctx.Err()}
	}
}

// Sheltered returns f's error, or that it panicked: what is called is a plug-in's.
func Sheltered(what string, f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%s panicked: %v", what, cause)
		}
	}()
	return f()
}
