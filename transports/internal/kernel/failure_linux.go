package kernel

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// SendFailed is the error of a Send of n bytes by transport what.
func SendFailed(what string, n int, err error) error {
	if PeerGone(err) {
		return fmt.Errorf("%s: send %d bytes: %w: the peer closed its end or died", what, n, err)
	}
	return fmt.Errorf("%s: send %d bytes: %w", what, n, err)
}

// PeerGone says whether a write failed because nobody is left to read: EPIPE
// from pipes and streams; from datagram sockets first ECONNREFUSED, then
// ENOTCONN; ECONNRESET from any socket whose peer left something unread.
func PeerGone(err error) bool {
	return errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNREFUSED) ||
		errors.Is(err, unix.ENOTCONN) || errors.Is(err, unix.ECONNRESET)
}

// Errno strips what os adds to a system call's error, because the caller says
// it better.
func Errno(err error) error {
	if e := unix.Errno(0); errors.As(err, &e) {
		return e
	}
	return err
}
