package connection

import (
	"bytes"
	"crypto/rand"
	"errors"

	"golang.org/x/sys/unix"
)

// secretBytes is the length of what is said to prove who one is.
const secretBytes = 16

// errStranger is of a connection whose other end did not say what this process
// had it say.
var errStranger = errors.New("somebody else answered")

// greet sends a secret from each of two blocking sockets, which hear takes out of
// the other, or they are not connected to each other, or not in time. Nothing is
// left of it.
func greet(pair [2]int, hear func(fd int, secret []byte, until deadline) error, until deadline) error {
	for i, from := range pair {
		secret := make([]byte, secretBytes)
		rand.Read(secret)
		if n, err := unix.Write(from, secret); err != nil {
			return err
		} else if n != len(secret) {
			return errStranger
		}
		if err := hear(pair[1-i], secret, until); err != nil {
			return err
		}
	}
	return nil
}

// hearInStream wants the secret to be the first that comes, perhaps in parts.
func hearInStream(fd int, secret []byte, until deadline) error {
	heard := make([]byte, 0, len(secret))
	for len(heard) < len(secret) {
		n, err := receive(fd, heard[len(heard):cap(heard)], until)
		if err != nil {
			return err
		}
		heard = heard[:len(heard)+n]
		if n == 0 || !bytes.HasPrefix(secret, heard) {
			return errStranger
		}
	}
	return nil
}

// hearDatagram throws away what comes before the secret.
func hearDatagram(fd int, secret []byte, until deadline) error {
	heard := make([]byte, len(secret)+1)
	for {
		n, err := receive(fd, heard, until)
		if err != nil || bytes.Equal(heard[:n], secret) {
			return err
		}
	}
}

func receive(fd int, into []byte, until deadline) (int, error) {
	for {
		if err := until.poll(unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}); err != nil {
			return 0, err
		}
		n, _, err := unix.Recvfrom(fd, into, unix.MSG_DONTWAIT)
		if err != unix.EAGAIN && err != unix.EINTR {
			return n, err
		}
	}
}
