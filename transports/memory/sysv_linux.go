package memory

import (
	"errors"
	"fmt"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
	"ipcbench/transports/internal/ring"
	"ipcbench/transports/internal/unbroken"
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
	Also:    []string{"sysv-shm", "sysvshm", "system-v", "shmget", "shared-memory"},
	Doc:     "a System V shared memory segment, a ring in each direction (shmget)",
	Kind:    transports.Memory,
	Group:   group,
	Caps:    transports.CanInPlace | transports.ManyLinks,
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
	segment := ring.LargestIn(s, most)
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
	g, err := newSegment(s, ring.Bytes(s, huge), 0)
	if err == nil {
		err = g.release()
	}
	return err
}

// whyNoSegment explains an error of shmget.
func whyNoSegment(s transports.Spec, size int, err error) error {
	reason := fmt.Sprintf("sysv: make a segment of %d bytes: %v", size, err)
	switch {
	case err == unix.EINVAL:
		return transports.Unsupported(fmt.Sprintf("%s: it is more than kernel.shmmax: %s", reason, remedy.OnMachine(fmt.Sprintf("sysctl kernel.shmmax=%d", size))))
	case ring.HugeBytes(s) > 0:
		return ring.HugeError(s, size, ring.HugeBytes(s), err)
	case err == unix.ENOSPC:
		return transports.Unsupported(reason + ": raise kernel.shmmni (segments) or kernel.shmall (pages of all segments)")
	}
	return remedy.Refused(fmt.Sprintf("sysv: make a segment of %d bytes (shmget)", size), err, "use a kernel with CONFIG_SYSVIPC")
}

// A segment is attached here and removed: nobody finds it but by its number, and
// it is gone when the last process detaches it or ends. On Linux, others can still
// attach until then.
type segment struct {
	id  int
	mem []byte
}

func (g segment) release() error { return unix.SysvShmDetach(g.mem) }

// newSegment makes one of size bytes, in the pages that s asks for, at a multiple
// of align where that is not 0. There is no segment that is removed from the
// start, so it is made, attached and removed in a row that no kill breaks off.
func newSegment(s transports.Spec, size, align int) (segment, error) {
	// What could not be removed is not made: there is no segment -1.
	if _, err := unix.SysvShmCtl(-1, unix.IPC_RMID, nil); err != unix.EINVAL {
		return segment{}, remedy.Refused("sysv: remove a segment (shmctl)", err, "use a kernel with CONFIG_SYSVIPC")
	}
	flags := unix.IPC_CREAT | 0o600
	if huge := ring.HugeBytes(s); huge > 0 {
		flags |= shmHugeTLB | ring.HugeShift(huge)
	}
	var calls []unbroken.Call
	mem, err := ring.MapAligned(size, align, func(at unsafe.Pointer, fixed bool) (unsafe.Pointer, error) {
		attach := uintptr(0)
		if fixed {
			attach = shmRemap
		}
		calls = []unbroken.Call{
			{Trap: unix.SYS_SHMGET, Args: [6]uintptr{unix.IPC_PRIVATE, uintptr(size), uintptr(flags)}},
			{Trap: unix.SYS_SHMAT, Args: [6]uintptr{0, uintptr(at), attach}, OfMade: 1},
			{Trap: unix.SYS_SHMCTL, Args: [6]uintptr{0, unix.IPC_RMID}, OfMade: 1},
		}
		unbroken.Do(calls)
		if _, err := calls[0].Result(); err != nil {
			return nil, whyNoSegment(s, size, err)
		}
		mem, err := calls[1].Memory()
		if err != nil {
			err = remedy.Refused(fmt.Sprintf("sysv: attach a segment of %d bytes (shmat)", size), err, "free some memory, raise the limit of address space (ulimit -v) or vm.max_map_count")
		}
		return mem, err
	})
	id, _ := calls[0].Result()
	if _, failed := calls[2].Result(); failed != nil && failed != unix.ECANCELED {
		err = errors.Join(err, remedy.Refused(fmt.Sprintf("sysv: remove segment %d (shmctl), which is to be done by ipcrm -m %[1]d", id), failed, "use a kernel that can"))
	}
	g := segment{int(id), mem}
	if err != nil && mem != nil {
		g.release()
	}
	return g, err
}

// scratch is new memory for ring.Probe.
func (sysv) scratch(size, align int) ([]byte, func(), error) {
	g, err := newSegment(transports.Spec{}, size, align)
	return g.mem, func() { g.release() }, err
}

// A segmentLink keeps a segment attached, and so alive, until the ends have
// attached it.
type segmentLink struct {
	links.Shared
	segment
}

// For tells the ends the segment's number, by which they find it.
func (l *segmentLink) For(side transports.Side) transports.Handover {
	h := l.Shared.For(side)
	h.Bytes = strconv.AppendInt(nil, int64(l.id), 10)
	return h
}

func (l *segmentLink) Close() error {
	err := l.Shared.Close()
	if l.mem != nil {
		err = errors.Join(err, l.release())
		l.mem = nil
	}
	return err
}

func (v sysv) Create(s transports.Spec) (transports.Link, error) {
	if err := v.Probe(s); err != nil {
		return nil, err
	}
	page := ring.THPBytes(s)
	g, err := newSegment(s, ring.Bytes(s, ring.HugeBytes(s)), page)
	if err != nil {
		return nil, err
	}
	link := &segmentLink{segment: g}
	if link.Shared, err = ring.Share(s); err == nil && page > 0 {
		err = ring.AdviseHuge(g.mem)
	}
	if err != nil {
		link.Close()
		return nil, fmt.Errorf("sysv: make a segment of %d bytes: %w", len(g.mem), err)
	}
	return link, nil
}

func (sysv) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	memory, err := openSegment(s, string(h.Bytes))
	if err != nil {
		links.Close(h.Files...)
		return nil, err
	}
	return ring.Open(s, side, memory, h.Files)
}

// openSegment attaches the segment of that number.
func openSegment(s transports.Spec, number string) (ring.Memory, error) {
	id, err := strconv.Atoi(number)
	if err != nil {
		return ring.Memory{}, fmt.Errorf("sysv: the segment's number: %w", err)
	}
	size := ring.Bytes(s, ring.HugeBytes(s))
	s.Begin(transports.Mapping)
	mem, err := attach(id, size, ring.THPBytes(s))
	s.Begin(transports.Opening)
	if err != nil {
		return ring.Memory{}, fmt.Errorf("sysv: attach segment %d of %d bytes (shmat): %w: see that the driver still runs (ipcs -m)", id, size, err)
	}
	return ring.Memory{Mem: mem, Unmap: unix.SysvShmDetach, Name: "the segment", Why: "the kernel could not provide the page"}, nil
}

// attach maps a segment of size bytes, at a multiple of align where that is not 0.
func attach(id, size, align int) ([]byte, error) {
	return ring.MapAligned(size, align, func(at unsafe.Pointer, fixed bool) (unsafe.Pointer, error) {
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
}
