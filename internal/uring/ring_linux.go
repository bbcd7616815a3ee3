package uring

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Config is the shape of a ring and how its user waits.
type Config struct {
	Completions int  // room for as many, a power of two; 0: for two
	Spin        bool // look for a completion in the shared memory instead of sleeping in the kernel
	SQPoll      bool // a thread of the kernel takes what is asked for, so that asking takes no system call
	Shared      bool // more than one thread uses the ring: others post completions into it
}

// A Ring is asked for one operation at a time.
//
// Unless it is Shared, it belongs to the thread that made it: the kernel then
// completes nothing behind that thread's back, which spares it interrupts.
type Ring struct {
	fd     uintptr
	config Config

	sqTail, sqFlags, cqHead, cqTail *uint32 // shared with the kernel
	entries                         []entry
	completions                     []Completion
	tail, head, seen                uint32 // of what was asked for; of what was taken, and may be

	// inFlight is the buffer that the kernel uses. It is there for the compiler:
	// what a field of the heap points at cannot lie on a stack, which may move
	// while a ring that spins waits.
	inFlight unsafe.Pointer

	rings, entryMem []byte
	owned           bool // fd is the Ring's to close
}

// Setup makes a ring and returns its descriptor, for others to Attach. The
// error is an Errno.
func Setup(c Config) (fd int, err error) {
	fd, _, err = setup(c)
	return fd, err
}

// New makes a ring for the calling thread. The error is an Errno of
// io_uring_setup(2), or wraps one of mapping the ring's memory.
func New(c Config) (*Ring, error) {
	fd, p, err := setup(c)
	if err != nil {
		return nil, err
	}
	r, err := c.open(fd, p)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	r.owned = true
	return r, nil
}

// Attach opens a ring that Setup made, perhaps in another process, of the same
// Config. Where in its memory things lie is told only to who makes a ring; so
// another of the same shape is made, and thrown away.
func Attach(fd int, c Config) (*Ring, error) {
	like, p, err := setup(c)
	if err != nil {
		return nil, err
	}
	unix.Close(like)
	return c.open(fd, p)
}

// setup tries the cheapest kind of ring first: older kernels know fewer flags.
func setup(c Config) (int, *params, error) {
	kinds := []uint32{
		setupSingleIssuer | setupDeferTaskrun | setupTaskrunFlag, // Linux 6.1
		setupCoopTaskrun | setupTaskrunFlag,                      // Linux 5.19
		0,
	}
	if c.SQPoll || c.Shared {
		kinds = kinds[2:]
	}
	var err unix.Errno
	for _, flags := range kinds {
		p := &params{flags: flags}
		if c.SQPoll {
			p.flags |= setupSQPoll
		}
		if c.Completions > 0 {
			p.flags |= setupCQSize
			p.cqEntries = uint32(c.Completions)
		}
		var fd uintptr
		fd, _, err = unix.RawSyscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(p)), 0)
		if err == 0 && p.features&(featSingleMmap|featFastPoll) != featSingleMmap|featFastPoll {
			unix.Close(int(fd))
			err = unix.ENOSYS // before Linux 5.7 a read that waits occupies a thread of the kernel's
		}
		if err == 0 {
			return int(fd), p, nil
		}
		if err != unix.EINVAL {
			break
		}
	}
	return -1, nil, err
}

// open maps the memory of a ring.
func (c Config) open(fd int, p *params) (*Ring, error) {
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	size := max(int(p.sq.array)+4*int(p.sqEntries), int(p.cq.cqes)+int(p.cqEntries)*int(unsafe.Sizeof(Completion{})))
	rings, err := unix.Mmap(fd, offsetRings, size, prot, flags)
	if err != nil {
		return nil, fmt.Errorf("map a ring (mmap): %w", err)
	}
	entryMem, err := unix.Mmap(fd, offsetEntries, int(p.sqEntries)*int(unsafe.Sizeof(entry{})), prot, flags)
	if err != nil {
		unix.Munmap(rings)
		return nil, fmt.Errorf("map a ring (mmap): %w", err)
	}
	at := func(offset uint32) unsafe.Pointer { return unsafe.Pointer(&rings[offset]) }
	r := &Ring{
		fd:          uintptr(fd),
		config:      c,
		sqTail:      (*uint32)(at(p.sq.tail)),
		sqFlags:     (*uint32)(at(p.sq.flags)),
		cqHead:      (*uint32)(at(p.cq.head)),
		cqTail:      (*uint32)(at(p.cq.tail)),
		entries:     unsafe.Slice((*entry)(unsafe.Pointer(unsafe.SliceData(entryMem))), p.sqEntries),
		completions: unsafe.Slice((*Completion)(at(p.cq.cqes)), p.cqEntries),
		rings:       rings,
		entryMem:    entryMem,
	}
	// Which entry comes in which turn is another queue, of indices.
	for i := range p.sqEntries {
		*(*uint32)(at(p.sq.array + 4*i)) = i
	}
	return r, nil
}

// Supports says whether the kernel knows an operation.
func (r *Ring) Supports(op Opcode) (bool, error) {
	var p probe
	_, _, err := unix.RawSyscall6(unix.SYS_IO_URING_REGISTER, r.fd, registerProbe, uintptr(unsafe.Pointer(&p)), uintptr(len(p.ops)), 0, 0)
	if err != 0 {
		return false, err
	}
	return p.ops[op].flags&opSupported != 0, nil
}

// Register makes descriptors known to the ring, which then names them by their
// index. That spares the kernel looking them up, and counting who uses them, at
// each operation.
func (r *Ring) Register(fds ...int32) error {
	_, _, err := unix.RawSyscall6(unix.SYS_IO_URING_REGISTER, r.fd, registerFiles, uintptr(unsafe.Pointer(unsafe.SliceData(fds))), uintptr(len(fds)), 0, 0)
	if err != 0 {
		return fmt.Errorf("register %d descriptors: %w", len(fds), err)
	}
	return nil
}

// Close gives everything back. The registered files first: the kernel ends a
// ring in the background, and would keep them open until then.
func (r *Ring) Close() error {
	if r.rings == nil {
		return nil
	}
	err := errors.Join(unix.Munmap(r.rings), unix.Munmap(r.entryMem))
	r.rings = nil
	if !r.owned {
		return err
	}
	unix.RawSyscall6(unix.SYS_IO_URING_REGISTER, r.fd, unregisterFiles, 0, 0, 0, 0)
	return errors.Join(err, unix.Close(int(r.fd)))
}

// ask puts an entry in the queue.
func (r *Ring) ask(e entry) {
	r.entries[r.tail&uint32(len(r.entries)-1)] = e
	r.tail++
	atomic.StoreUint32(r.sqTail, r.tail)
}

// enter submits what was asked for and waits for as many completions. The
// result is how many entries the kernel took, or -errno.
func (r *Ring) enter(submit, wait, flags int) int {
	return int(ioUringEnter(r.fd, uintptr(submit), uintptr(wait), uintptr(flags)))
}
