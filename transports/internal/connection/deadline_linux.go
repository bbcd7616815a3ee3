package connection

import "golang.org/x/sys/unix"

// patience is how long, in ns, two sockets of one machine may take to find each
// other: long enough for TCP to ask once more, which it does after a second.
const patience = 3e9

// A deadline is a moment of CLOCK_MONOTONIC, in ns, at which the making of a link
// ends. It measures nothing.
type deadline int64

func newDeadline() deadline { return deadline(monotonic() + patience) }

func monotonic() int64 {
	var now unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return now.Nano()
}

// left returns how much time there is until then, in ms, rounded up.
func (d deadline) left() int { return int(max(0, (int64(d)-monotonic()+1e6-1)/1e6)) }

// poll waits for what the descriptors are asked for, or an error of one, until the
// deadline: then it is ETIMEDOUT.
func (d deadline) poll(fds ...unix.PollFd) error {
	for {
		n, err := unix.Poll(fds, d.left())
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 0:
			return unix.ETIMEDOUT
		default:
			return nil
		}
	}
}

// wait waits for so many ms, or until the deadline: then it is ETIMEDOUT.
func (d deadline) wait(ms int) error {
	if left := d.left(); left < ms {
		return unix.ETIMEDOUT
	}
	unix.Poll(nil, ms)
	return nil
}
