package transports

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/internal/shm"
)

func init() { Register(mmap{}) }

// mmap is a file that both processes map shared: a ring in each direction,
// written and read as memory. See mmap(2), msync(2).
type mmap struct{}

// defaultCapacity is how many bytes of messages a ring holds where the spec
// does not say.
const defaultCapacity = 1 << 20

func (mmap) Info() Info {
	return Info{
		Name:    "mmap",
		Doc:     "a file mapped shared by both processes, a ring in each direction",
		Kind:    Memory,
		Caps:    CanInPlace | NeedsDir,
		MaxSize: largestMessage,
		Options: []Option{
			{Name: "wait", Doc: "what an end does while the ring is empty or full", Values: ringWaits()},
			{Name: "sync", Doc: "what is pushed to storage, and when", Values: []Value{
				{Name: "none", Doc: "nothing: the kernel writes back when it likes"},
				{Name: "async", Doc: "msync(MS_ASYNC) of each message, which on Linux starts nothing"},
				{Name: "sync", Doc: "msync(MS_SYNC) of each message: Send returns when it is stored"},
			}},
			{Name: "api", Doc: "how a message gets into and out of the memory", Values: []Value{
				{Name: "copy", Doc: "copied in by the producer and out by the consumer"},
				{Name: "inplace", Doc: "built and read where it lies"},
			}},
		},
	}
}

// ringWaits are the ways of waiting of a ring in shared memory.
func ringWaits() []Value {
	return []Value{
		{Name: "spin", Doc: "look again after a PAUSE", Waits: Spins},
		{Name: "yield", Doc: "spin a little, then sched_yield between looks", Waits: Yields},
		{Name: "futex", Doc: "sleep in the kernel at once", Waits: Sleeps},
		{Name: "hybrid", Doc: "spin a bounded time, then sleep", Waits: Sleeps},
	}
}

func ringWait(s Spec) shm.Wait {
	return map[string]shm.Wait{"spin": shm.Spin, "yield": shm.Yield, "futex": shm.Futex, "hybrid": shm.Hybrid}[s.Option("wait")]
}

func (mmap) Probe(s Spec) error { return probeSize(s) }

func (m mmap) Create(s Spec) (Link, error) {
	if err := m.Probe(s); err != nil {
		return nil, err
	}
	_, half := ringLayout(s)
	f, err := unnamedFile("mmap", s.Dir, 2*half)
	if err != nil {
		return nil, err
	}
	return sharedFile{f}, nil
}

// ringLayout returns the shape of one direction, and the bytes it takes, which
// are whole pages, so that msync of one direction does not touch the other.
func ringLayout(s Spec) (shm.Layout, int) {
	capacity := s.Capacity
	if capacity == 0 {
		capacity = defaultCapacity
	}
	layout := shm.NewLayout(s.Size, capacity)
	page := os.Getpagesize()
	return layout, (layout.Bytes() + page - 1) &^ (page - 1)
}

// A sharedFile is a link that is one file, which both sides inherit.
type sharedFile struct{ *os.File }

func (l sharedFile) Files(Side) []*os.File { return []*os.File{l.File} }

func (l sharedFile) Close() error {
	if err := l.File.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

func (mmap) Open(s Spec, side Side, files []*os.File) (Endpoint, error) {
	f := files[0]
	defer f.Close() // the mapping keeps the file
	layout, half := ringLayout(s)
	mem, err := unix.Mmap(int(f.Fd()), 0, 2*half, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mmap: map %d bytes of %s: %w", 2*half, f.Name(), err)
	}
	if err := faultIn(mem); err != nil {
		unix.Munmap(mem)
		return nil, err
	}
	e := newRingEndpoint(s, side, layout, mem)
	if s.Option("sync") == "none" {
		return &e, nil
	}
	flags := map[string]int{"async": unix.MS_ASYNC, "sync": unix.MS_SYNC}[s.Option("sync")]
	return &syncedEndpoint{ringEndpoint: e, flags: flags, page: os.Getpagesize()}, nil
}

// faultIn makes the pages of mem present and writable by this process, as
// writing to them would, without changing them. What would be a SIGBUS on a
// write is an error here. See madvise(2), MADV_POPULATE_WRITE (Linux 5.14);
// before that, the first lap faults.
func faultIn(mem []byte) error {
	err := unix.Madvise(mem, unix.MADV_POPULATE_WRITE)
	if err != nil && err != unix.EINVAL {
		return fmt.Errorf("mmap: fault in %d bytes of the mapped file: %w: the file is shorter than the mapping, or its filesystem is full", len(mem), err)
	}
	return nil
}

// A ringEndpoint is one end of a pair of rings in one piece of shared memory:
// the first half carries the producer's messages, the second the consumer's.
// Sending and receiving are the rings' own methods.
type ringEndpoint struct {
	shm.Writer
	shm.Reader
	mem []byte
}

func newRingEndpoint(s Spec, side Side, layout shm.Layout, mem []byte) ringEndpoint {
	halves := [2][]byte{mem[:len(mem)/2], mem[len(mem)/2:]}
	return ringEndpoint{
		Writer: *shm.NewWriter(halves[side], layout, ringWait(s)),
		Reader: *shm.NewReader(halves[side.Peer()], layout, ringWait(s)),
		mem:    mem,
	}
}

// Fault explains a SIGBUS in the mapping.
func (e *ringEndpoint) Fault(addr uintptr) error {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(e.mem)))
	if addr < start || addr >= start+uintptr(len(e.mem)) {
		return nil
	}
	return fmt.Errorf("mmap: touching offset %d of the mapped file raised SIGBUS: the file no longer reaches that far (something truncated it) or its filesystem could not provide the page", addr-start)
}

func (e *ringEndpoint) Close() error {
	if e.mem == nil {
		return nil
	}
	e.End()
	e.Quit()
	mem := e.mem
	e.mem = nil
	return unix.Munmap(mem)
}

// A syncedEndpoint hands each message to msync as it is sent.
type syncedEndpoint struct {
	ringEndpoint
	flags int // of msync
	page  int
}

func (e *syncedEndpoint) Send(msg []byte) error {
	if err := e.Writer.Send(msg); err != nil {
		return err
	}
	return e.push()
}

func (e *syncedEndpoint) Commit() error {
	e.Writer.Commit()
	return e.push()
}

// push hands the message sent last to msync, in whole pages as that demands.
// The peer may see the message before it is stored, as with write and
// fdatasync.
func (e *syncedEndpoint) push() error {
	at, length := e.Last()
	skip := int(uintptr(at) & uintptr(e.page-1))
	_, _, errno := unix.RawSyscall(unix.SYS_MSYNC, uintptr(at)-uintptr(skip), uintptr(length+skip), uintptr(e.flags))
	if errno != 0 {
		return fmt.Errorf("mmap: msync %d bytes of the mapped file: %w", length+skip, errno)
	}
	return nil
}

var (
	_ InPlace = (*ringEndpoint)(nil)
	_ Faulter = (*ringEndpoint)(nil)
	_ InPlace = (*syncedEndpoint)(nil)
)
