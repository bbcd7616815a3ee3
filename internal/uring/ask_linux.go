package uring

import (
	"math/bits"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/cpu"
	"golang.org/x/sys/unix"
)

// Transfer does one operation on n bytes at p with the registered file of that
// index, and waits until it is done. The result is as of the system call: an
// error is -errno. The kernel no longer uses the bytes when it returns.
func (r *Ring) Transfer(op Opcode, file int32, p unsafe.Pointer, n int) int {
	r.inFlight = p
	r.ask(entry{opcode: op, flags: entryFixedFile, fd: file, addr: uint64(uintptr(p)), len: uint32(n)})
	submit, wait, flags := 1, 1, enterGetEvents
	if r.config.Spin {
		wait = 0
	}
	if r.config.SQPoll {
		// The thread that takes entries goes to sleep when it has seen none for a
		// while, having said so; the store of the tail is a full fence.
		submit = 0
		if atomic.LoadUint32(r.sqFlags)&sqNeedWakeup != 0 {
			flags |= enterSQWakeup
		} else if r.config.Spin {
			return r.spin()
		}
	}
	for {
		took := r.enter(submit, wait, flags)
		if c, ok := r.take(); ok {
			r.Release()
			return int(c.Result)
		}
		switch {
		case took < 0 && took != -int(unix.EINTR):
			return r.takeBack(took, submit)
		case took > 0:
			submit = 0
		}
		if r.config.Spin && submit == 0 {
			return r.spin()
		}
	}
}

// spin waits for the one completion that is due. Where the kernel leaves the
// last steps of it to the thread that waits, it says so, and they are done by
// entering it.
func (r *Ring) spin() int {
	for {
		if c, ok := r.take(); ok {
			r.Release()
			return int(c.Result)
		}
		if atomic.LoadUint32(r.sqFlags)&sqTaskrun != 0 {
			if e := r.enter(0, 0, enterGetEvents); e < 0 && e != -int(unix.EINTR) {
				return e
			}
			continue
		}
		pause()
	}
}

// takeBack undoes an ask that the kernel refused with -errno, so that it does
// not take that entry the next time, instead of the next one.
func (r *Ring) takeBack(errno, submit int) int {
	if submit > 0 {
		r.tail--
		atomic.StoreUint32(r.sqTail, r.tail)
	}
	return errno
}

// Message puts data and result into another ring's completions, by one system
// call that does not wait. The result is 0 or -errno.
func (r *Ring) Message(fd int32, data uint64, result int32) int {
	r.ask(entry{opcode: MsgRing, flags: entrySkipSuccess, fd: fd, off: data, len: uint32(result)})
	for {
		took := r.enter(1, 0, 0)
		if took == -int(unix.EINTR) {
			continue
		}
		if took < 0 {
			return r.takeBack(took, 1)
		}
		if c, failed := r.take(); failed {
			r.Release()
			return int(c.Result)
		}
		return 0
	}
}

// Watch asks for a completion as soon as fd has one of these events of
// poll(2), whose Result is then what fd has.
func (r *Ring) Watch(fd int32, events uint32) error {
	if cpu.IsBigEndian { // poll32_events is "word-reversed for BE"
		events = bits.RotateLeft32(events, 16)
	}
	r.ask(entry{opcode: PollAdd, fd: fd, opFlags: events})
	for {
		took := r.enter(1, 0, 0)
		if took == -int(unix.EINTR) {
			continue
		}
		if took < 0 {
			return unix.Errno(-r.takeBack(took, 1))
		}
		return nil
	}
}

// Next waits for the next completion. The result is 0 or -errno. The room of
// those taken is the kernel's again after Release, or once Next has waited: a
// ring that fills up meanwhile loses nothing, but must enter the kernel to get
// at the rest, which one that spins never does.
func (r *Ring) Next() (c Completion, errno int) {
	for {
		if c, ok := r.take(); ok {
			return c, 0
		}
		r.Release() // the kernel compares with it to know whether to wait
		if r.config.Spin {
			for atomic.LoadUint32(r.cqTail) == r.head {
				pause()
			}
		} else if e := r.enter(0, 1, enterGetEvents); e < 0 && e != -int(unix.EINTR) {
			return Completion{}, e
		}
	}
}

// take returns the oldest completion that was not taken yet, if there is one.
func (r *Ring) take() (Completion, bool) {
	if r.head == r.seen {
		r.seen = atomic.LoadUint32(r.cqTail)
		if r.head == r.seen {
			return Completion{}, false
		}
	}
	c := r.completions[r.head&uint32(len(r.completions)-1)]
	r.head++
	return c, true
}

// Release gives the room of all completions taken back to the kernel.
func (r *Ring) Release() { atomic.StoreUint32(r.cqHead, r.head) }
