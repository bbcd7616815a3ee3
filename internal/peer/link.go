package peer

import (
	"context"
	"fmt"
	"time"

	"ipcbench/transports"
)

// MakeLink is the transport's Create for a driver that goes on whatever it does:
// it waits no longer than ctx, and a panic is an error. So it is with the Close of
// the link that it returns. What is made after all is closed again.
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
	return shelteredLink{link, spec.Transport}, nil
}

type shelteredLink struct {
	transports.Link
	transport string
}

// closing is how long a link may take to close. It is closed when the time of a
// launch is over, too.
const closing = 5 * time.Second

func (l shelteredLink) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	_, err := within(ctx, l.transport+": closing the link",
		func() (struct{}, error) { return struct{}{}, l.Link.Close() },
		func(struct{}) {})
	return err
}

// unended is that a call goes on: nothing can end it.
type unended struct {
	what  string
	cause error
}

func (u unended) Error() string { return u.what + " had not ended" }
func (u unended) Unwrap() error { return u.cause }

// within calls f and waits for it no longer than ctx. What f returns after that
// is handed to late.
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
