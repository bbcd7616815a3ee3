package memory

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
	"ipcbench/transports/internal/ring"
)

func init() { transports.Register(sysv{}) }

// sysv is a System V shared memory segment, a ring in each direction. See
// sysvipc(7), shmget(2).
type sysv struct{}

// Flags of shmget and shmat that package unix lacks.
const (
	shmHugeTLB = 0o4000
	shmRemap   = 0o40000
)

var sysvInfo = transports.Info{
	Name:    "sysv",
	Doc:     "a System V shared memory segment, a ring in each direction (shmget)",
	Kind:    transports.Memory,
	Group:   group,
	Caps:    transports.CanInPlace,
	MaxSize: transports.LargestMessage,
	Options: ring.Options(ring.HugeOption()),
}

func (sysv) Info() transports.Info { return sysvInfo }

// Limit is what a segment has room for, and where it is to be in huge pages what
// their pool has.
func (sysv) Limit(s transports.Spec) int {
	pool := ring.LargestInPool(s)
	most, err := kernel.ReadNumber("/proc/sys/kernel/shmmax")
	if err != nil {
		return pool
	}
	segment := ring.LargestIn(most)
	if pool == 0 {
		return segment
	}
	return min(pool, segment)
}

func (v sysv) Probe(s transports.Spec) error {
	huge := ring.HugeBytes(s)
	if err := ring.Probe(s, huge, v.scratch, ring.SmallShmem); err != nil {
		return err
	}
	size := ring.Bytes(s, huge)
	id, err := newSegment(s, size)
	if err == nil {
		return removeSegment(id)
	}
	return whyNoSegment(s, size, err)
}

// whyNoSegment explains an error of shmget.
func whyNoSegment(s transports.Spec, size int, err error) error {
	reason := fmt.Sprintf("sysv: make a segment of %d bytes: %v", size, err)
	switch {
	case err == unix.EINVAL:
		return transports.Unsupported(fmt.Sprintf("%s: it is more than kernel.shmmax: sysctl kernel.shmmax=%d", reason, size))
	case err == unix.ENOSYS:
		return transports.Unsupported(reason + ": the kernel has no System V IPC: use one with CONFIG_SYSVIPC")
	case ring.HugeBytes(s) > 0:
		return ring.HugeError(s, size, ring.HugeBytes(s), err)
	case err == unix.ENOSPC:
		return transports.Unsupported(reason + ": raise kernel.shmmni (segments) or kernel.shmall (pages of all segments)")
	}
	return transports.Unsupported(reason + ": free some memory")
}

// newSegment makes a segment that nobody else finds. A process that is killed
// between this and removeSegment leaves it behind; there is no way to make one
// that is removed from the start.
func newSegment(s transports.Spec, size int) (id int, err error) {
	flags := unix.IPC_CREAT | 0o600
	if huge := ring.HugeBytes(s); huge > 0 {
		flags |= shmHugeTLB | ring.HugeShift(huge)
	}
	return unix.SysvShmGet(unix.IPC_PRIVATE, size, flags)
}

// removeSegment has the kernel free a segment once nobody is attached to it. On
// Linux, others can still attach until then.
func removeSegment(id int) error {
	if _, err := unix.SysvShmCtl(id, unix.IPC_RMID, nil); err != nil {
		return fmt.Errorf("sysv: remove segment %d: %w: ipcrm -m %d", id, err, id)
	}
	return nil
}

// attachNew makes a segment, attaches it and removes it: what is left is gone
// when the last process detaches it or ends.
func attachNew(s transports.Spec, size, align int) (id int, mem []byte, err error) {
	id, err = newSegment(s, size)
	if err != nil {
		return 0, nil, whyNoSegment(s, size, err)
	}
	mem, err = attachSegment(id, size, align)
	if err != nil {
		err = fmt.Errorf("sysv: attach a segment of %d bytes: %w: %s", size, err, remedy.Mapping(err))
	}
	if err := errors.Join(err, removeSegment(id)); err != nil {
		if mem != nil {
			unix.SysvShmDetach(mem)
		}
		return 0, nil, err
	}
	return id, mem, nil
}

// attachSegment maps a segment, at a multiple of align where that is not 0.
func attachSegment(id, size, align int) ([]byte, error) {
	mem, err := ring.MapAligned(size, align, func(at unsafe.Pointer, fixed bool) (unsafe.Pointer, error) {
		flags := 0
		if fixed {
			flags = shmRemap
		}
		mem, err := unix.SysvShmAttach(id, uintptr(at), flags)
		if err == nil && len(mem) != size {
			unix.SysvShmDetach(mem)
			err = fmt.Errorf("it has %d bytes", len(mem))
		}
		return unsafe.Pointer(unsafe.SliceData(mem)), err
	})
	if err != nil {
		return nil, err
	}
	return mem, nil
}

// scratch is new memory for ring.Probe.
func (sysv) scratch(size, align int) ([]byte, func(), error) {
	_, mem, err := attachNew(transports.Spec{}, size, align)
	return mem, func() { unix.SysvShmDetach(mem) }, err
}

// A segmentLink keeps a segment attached, and so alive, until the ends have
// attached it.
type segmentLink struct {
	links.Shared
	mem []byte
}

func (l *segmentLink) Close() error {
	err := l.Shared.Close()
	if l.mem != nil {
		err = errors.Join(err, unix.SysvShmDetach(l.mem))
		l.mem = nil
	}
	return err
}

// Create makes the segment. Its number, by which the ends find it, goes to them
// in a memfd.
func (v sysv) Create(s transports.Spec) (transports.Link, error) {
	if err := v.Probe(s); err != nil {
		return nil, err
	}
	fd, err := unix.MemfdCreate("ipcbench", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("sysv: make a memfd for the segment's number: %w: %s", err, remedy.Kernel(err))
	}
	files, err := ring.Share(s, os.NewFile(uintptr(fd), "a segment's number"))
	if err != nil {
		return nil, err
	}
	link := &segmentLink{Shared: files}
	page := ring.THPBytes(s)
	id, mem, err := attachNew(s, ring.Bytes(s, ring.HugeBytes(s)), page)
	if err != nil {
		link.Close()
		return nil, err
	}
	link.mem = mem
	if page > 0 {
		err = ring.AdviseHuge(mem)
	}
	if err == nil {
		_, err = fmt.Fprint(files[0], id)
	}
	if err != nil {
		link.Close()
		return nil, fmt.Errorf("sysv: make a segment of %d bytes: %w", len(mem), err)
	}
	return link, nil
}

func (sysv) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	memory, err := openSegment(s, h.Files[0])
	h.Files[0].Close()
	if err != nil {
		links.Close(h.Files[1:]...)
		return nil, err
	}
	e, err := ring.Open(s, side, memory, h.Files[1:])
	if err != nil {
		return nil, err
	}
	return e, nil
}

// openSegment attaches the segment whose number f holds.
func openSegment(s transports.Spec, f *os.File) (ring.Memory, error) {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, math.MaxInt64))
	if err != nil {
		return ring.Memory{}, fmt.Errorf("sysv: read the segment's number: %w", err)
	}
	id, err := strconv.Atoi(string(text))
	if err != nil {
		return ring.Memory{}, fmt.Errorf("sysv: read the segment's number: %w", err)
	}
	size := ring.Bytes(s, ring.HugeBytes(s))
	mem, err := attachSegment(id, size, ring.THPBytes(s))
	if err != nil {
		return ring.Memory{}, fmt.Errorf("sysv: attach segment %d of %d bytes: %w: see that the driver still runs (ipcs -m)", id, size, err)
	}
	return ring.Memory{Mem: mem, Unmap: unix.SysvShmDetach, Name: "the segment", Why: "the kernel could not provide the page"}, nil
}
