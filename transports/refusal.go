package transports

import (
	"errors"
	"fmt"
	"syscall"
)

// Unsupported is why this host cannot run a spec, and the remedy if there is one.
// It is an [errors.ErrUnsupported], and does not begin by saying so.
type Unsupported string

func (u Unsupported) Error() string { return string(u) }

// Unwrap returns [errors.ErrUnsupported].
func (u Unsupported) Unwrap() error { return errors.ErrUnsupported }

// ProbeSize is the part of Probe that all transports share: it refuses a spec
// for messages larger than its MaxSize.
func ProbeSize(s Spec) error {
	if limit := s.MaxSize(); limit > 0 && s.Size > limit {
		return Unsupported(fmt.Sprintf("%s takes messages of at most %d bytes, not %d", s, limit, s.Size))
	}
	return nil
}

// ErrTooLong is wrapped by the refusal of a message longer than Spec.Size.
var ErrTooLong error = syscall.EMSGSIZE

// CheckSend refuses a message of n bytes that Send, or Loan, must not take on a
// link for at most size.
func CheckSend(n, size int) error {
	if n > size {
		return tooLong(n, size)
	}
	if n == 0 {
		return errors.New("send 0 bytes: a message has at least one")
	}
	return nil
}

func tooLong(n, size int) error {
	return fmt.Errorf("send %d bytes: %w: this link was made for at most %d", n, ErrTooLong, size)
}

// CheckRecv refuses a buffer of room bytes that a message of a link for at most
// size may not fit in.
func CheckRecv(room, size int) error {
	if room < size {
		return fmt.Errorf("receive into %d bytes: messages of this link take up to %d", room, size)
	}
	return nil
}
