package kernel

import "golang.org/x/sys/unix"

// A call that is refused for want of something that all processes share (EAGAIN) is
// made again at once, so often, and then every millisecond, for two seconds: by then
// nobody is believed to give any of it back.
const (
	refusalsAtOnce = 1 << 10
	mostRefusals   = refusalsAtOnce + 2000
)

// Refusals is how many times in a row a call was refused.
type Refusals int

// Again counts one more and says whether to make the call again, having given others
// the time to make that possible.
func (r *Refusals) Again() bool {
	switch *r++; {
	case *r >= mostRefusals:
		return false
	case *r > refusalsAtOnce:
		unix.Nanosleep(&unix.Timespec{Nsec: 1e6}, nil)
	default:
		Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0, 0, 0, 0)
	}
	return true
}
