package ring

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"sort"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/internal/shm"
	"ipcbench/transports"
	"ipcbench/transports/internal/backing"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
)

// ways are how an end of a ring can wait, the default first.
var ways = []struct {
	transports.Value
	how shm.Wait
}{
	{transports.Value{Name: "spin", Doc: "look again after a PAUSE", Waits: transports.Spins, With: transports.CanTry}, shm.Spin},
	{transports.Value{Name: "yield", Doc: "spin a little, then sched_yield between looks", Waits: transports.Yields, With: transports.CanTry}, shm.Yield},
	{transports.Value{Name: "futex", Doc: "sleep in the kernel at once (futex)", Waits: transports.Sleeps}, shm.Futex},
	{transports.Value{Name: "hybrid", Doc: "spin a bounded time, then sleep (futex)", Waits: transports.SpinsFirst}, shm.Hybrid},
	{transports.Value{Name: "eventfd", Doc: "sleep in the kernel at once (read of an eventfd)", Waits: transports.Sleeps}, shm.Eventfd},
}

// Options are the options of every transport over shared memory, and
// between them its own.
func Options(own ...transports.Option) []transports.Option {
	wait := transports.Option{Name: "wait", Doc: "what an end does while the ring is empty or full"}
	for _, way := range ways {
		wait.Values = append(wait.Values, way.Value)
	}
	return append(append([]transports.Option{wait}, own...),
		transports.Option{Name: "ring", Doc: "how an end learns of a message", Values: []transports.Value{
			{Name: "slots", Doc: "each has a mark of its own, which the consumer polls"},
			{Name: byIndex, Doc: "an index of all, at which a consumer that found nothing looks later: many small ones sooner, a lone one later"},
		}},
		transports.Option{Name: "api", Doc: "how a message gets into and out of the memory", Values: []transports.Value{
			{Name: "copy", Doc: "copied in by the producer and out by the consumer"},
			{Name: "inplace", Doc: "built and read where it lies", Without: transports.ManyLinks | transports.CanTry},
			{Name: "burst", Doc: "copied, and those of a stream several by a call", Without: transports.ManyLinks | transports.CanTry, With: transports.Bursts},
		}},
		transports.Option{Name: "populate", Doc: "when an end's pages are mapped", Values: []transports.Value{
			{Name: "yes", Doc: "as it opens (MADV_POPULATE_WRITE)"},
			{Name: "no", Doc: "as each is touched first, by a page fault"},
		}},
		transports.Option{Name: "thp", Doc: "transparent huge pages", Values: []transports.Value{
			{Name: "system", Doc: "as the system is set"},
			{Name: "advise", Doc: "asked for (MADV_HUGEPAGE), by a mapping that whole ones fill"},
		}},
		transports.Option{Name: "lock", Doc: "whether the pages may leave memory", Values: []transports.Value{
			{Name: "no", Doc: "when the kernel likes"},
			{Name: "yes", Doc: "never (mlock2)"},
		}},
	)
}

// byIndex is the value of the option ring that asks for shm.IndexLayout.
const byIndex = "index"

// HasIndex says whether the spec asks for an index in place of marks.
func HasIndex(s transports.Spec) bool { return s.Option("ring") == byIndex }

func ringWait(s transports.Spec) shm.Wait {
	for _, way := range ways {
		if way.Name == s.Option("wait") {
			return way.how
		}
	}
	panic(fmt.Sprintf("%s: an option that Parse did not settle", s))
}

// slots returns the shape of one direction whose messages have marks.
func slots(s transports.Spec) shm.Layout { return shm.NewLayout(s.Size, capacity(s)) }

// index returns the shape of one direction that has an index.
func index(s transports.Spec) shm.IndexLayout {
	return shm.NewIndexLayout(s.Size, capacity(s), s.Uniform)
}

func capacity(s transports.Spec) int { return cmp.Or(s.Capacity, transports.DefaultCapacity) }

// halfBytes returns how much memory one direction takes, in whole pages, so that msync
// of one direction does not touch the other.
func halfBytes(s transports.Spec) int {
	bytes := slots(s).Bytes()
	if HasIndex(s) {
		bytes = index(s).Bytes()
	}
	return wholePieces(bytes, os.Getpagesize())
}

// Bytes returns how much memory both directions take, in whole huge pages
// of so many bytes where huge is not 0, and in whole transparent ones where the
// spec asks for these.
func Bytes(s transports.Spec, huge int) int {
	return wholePieces(2*halfBytes(s), max(huge, THPBytes(s), 1))
}

// LargestIn returns the largest message in bytes whose rings, with the options of s and
// at their shortest, fit in so many bytes of memory.
func LargestIn(s transports.Spec, memory uint64) int {
	return sort.Search(transports.LargestMessage, func(n int) bool {
		return uint64(Bytes(transports.Spec{Options: s.Options, Size: n + 1, Capacity: 1}, 0)) > memory
	})
}

func wholePieces(n, unit int) int { return (n + unit - 1) / unit * unit }

// Share makes the link of a ring: the files that lead to its memory, if any, and
// what the ends need to wait. It owns the files from now on, also when it fails.
func Share(s transports.Spec, files ...*os.File) (links.Shared, error) {
	link := links.Shared(files)
	if ringWait(s) != shm.Eventfd {
		return link, nil
	}
	for range 2 * 2 { // the reader and the writer of each direction
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
		if err != nil {
			link.Close()
			return nil, remedy.Refused(s.Transport+": create an eventfd (eventfd2)", err, "use a kernel that has it")
		}
		link = append(link, os.NewFile(uintptr(fd), "an eventfd"))
	}
	return link, nil
}

// NewFile makes an unnamed file in dir that holds a ring. Every byte of it
// is reserved, so that a full filesystem is an error here and no SIGBUS later.
func NewFile(s transports.Spec, dir string, advise func(error) string) (*os.File, error) {
	f, err := backing.Unnamed(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: create a file in %s: %w: %s", s.Transport, dir, kernel.Errno(err), advise(err))
	}
	size := Bytes(s, hugePageOf(f))
	if err := Reserve(s, f, size); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: extend a file in %s to %d bytes: %w: %s", s.Transport, dir, size, kernel.Errno(err), advise(err))
	}
	return f, nil
}

// Reserve makes a new file size bytes long, in the pages that the spec asks for.
func Reserve(s transports.Spec, f *os.File, size int) error {
	s.Begin(transports.Extending)
	defer s.Begin(transports.Creating)
	if page := THPBytes(s); page > 0 {
		return extendHuge(f, size, page)
	}
	return backing.Extend(f, size)
}

// ringEventfds returns the descriptors of the direction that side sends in.
func ringEventfds(files []*os.File, side transports.Side) shm.Eventfds {
	if len(files) == 0 {
		return shm.Eventfds{}
	}
	return shm.Eventfds{Reader: files[2*side].Fd(), Writer: files[2*side+1].Fd()}
}

// A Memory is mapped into this process.
type Memory struct {
	Mem   []byte
	Unmap func([]byte) error
	Name  string // "the mapped file"
	Why   string // why the kernel may have none when it is touched
}

// OpenFile maps f as the memory of a ring. The mapping keeps it: f is closed.
func OpenFile(s transports.Spec, f *os.File, name, fault string) (Memory, error) {
	defer f.Close()
	size := Bytes(s, hugePageOf(f))
	s.Begin(transports.Mapping)
	mem, err := mapShared(f, size, THPBytes(s))
	s.Begin(transports.Opening)
	if err != nil {
		return Memory{}, fmt.Errorf("%s: map %d bytes of %s: %w: %s", s.Transport, size, f.Name(), err, remedy.Mapping(err))
	}
	return Memory{mem, unmapShared, name, fault}, nil
}

// Open makes an end of the pair of rings in memory, and owns that and files
// from now on, also when it fails. It is an *Endpoint, or where the spec asks for an
// index an *IndexEndpoint.
func Open(s transports.Spec, side transports.Side, memory Memory, files []*os.File) (transports.Endpoint, error) {
	if err := prepare(s, memory); err != nil {
		memory.Unmap(memory.Mem)
		links.Close(files...)
		return nil, err
	}
	half := halfBytes(s)
	halves := [2][]byte{memory.Mem[:half], memory.Mem[half : 2*half]}
	out, in, how := halves[side], halves[side.Peer()], ringWait(s)
	outFDs, inFDs := ringEventfds(files, side), ringEventfds(files, side.Peer())
	mapped := mapping{memory, s.Transport, files}
	if HasIndex(s) {
		return &IndexEndpoint{*shm.NewIndexWriter(out, index(s), how, outFDs), *shm.NewIndexReader(in, index(s), how, inFDs), mapped}, nil
	}
	e := &Endpoint{*shm.NewWriter(out, slots(s), how, outFDs), *shm.NewReader(in, slots(s), how, inFDs), mapped}
	e.Answer(&e.Writer)
	return e, nil
}

// prepare does with the mapping what the options say. Huge pages come first,
// because pages that are there already stay as they are; a lock takes pages as
// they come.
func prepare(s transports.Spec, m Memory) error {
	defer s.Begin(transports.Opening)
	if s.Option("thp") == "advise" {
		if err := unix.Madvise(m.Mem, unix.MADV_HUGEPAGE); err != nil {
			return fmt.Errorf("%s: ask for huge pages for %s: %w: leave out thp=advise", s.Transport, m.Name, err)
		}
	}
	if s.Option("lock") == "yes" {
		s.Begin(transports.Locking)
		if err := lockOnFault(m.Mem); err != nil {
			return fmt.Errorf("%s: lock %d bytes of %s: %w: raise the limit of locked memory (ulimit -l)", s.Transport, len(m.Mem), m.Name, err)
		}
	}
	if s.Option("populate") == "no" {
		return nil
	}
	s.Begin(transports.Touching)
	if err := faultIn(m.Mem); err != nil {
		return fmt.Errorf("%s: fault in %d bytes of %s: %w: %s", s.Transport, len(m.Mem), m.Name, err, m.Why)
	}
	if s.Option("thp") == "advise" {
		if err := expectHuge(m.Mem); err != nil {
			return fmt.Errorf("%s: %w", s.Transport, err)
		}
	}
	return nil
}

// faultIn makes the pages of mem present and writable by this process, as
// writing to them would, without changing them. What would be a SIGBUS on a
// write is an error here. See madvise(2), MADV_POPULATE_WRITE (Linux 5.14);
// before that, each page is written to.
func faultIn(mem []byte) error {
	err := unix.Madvise(mem, unix.MADV_POPULATE_WRITE)
	if err != unix.EINVAL {
		return err
	}
	for at := 0; at < len(mem); at += os.Getpagesize() {
		atomic.AddUint32((*uint32)(unsafe.Pointer(&mem[at])), 0)
	}
	return nil
}

// lockOnFault keeps in memory what is there of mem, and what comes. See
// mlock2(2).
func lockOnFault(mem []byte) error {
	const onFault = 1 // MLOCK_ONFAULT
	_, _, errno := unix.Syscall(unix.SYS_MLOCK2, uintptr(unsafe.Pointer(unsafe.SliceData(mem))), uintptr(len(mem)), onFault)
	if errno != 0 {
		return errno
	}
	return nil
}

// An Endpoint is one end of a pair of rings in one piece of shared memory:
// the first carries the producer's messages, the second the consumer's.
// Sending and receiving are the rings' own methods.
type Endpoint struct {
	shm.Writer
	shm.Reader
	mapping
}

func (e *Endpoint) Close() error { return e.close(&e.Writer, &e.Reader) }

// An IndexEndpoint is an [Endpoint] whose rings have an index each.
type IndexEndpoint struct {
	shm.IndexWriter
	shm.IndexReader
	mapping
}

func (e *IndexEndpoint) Close() error { return e.close(&e.IndexWriter, &e.IndexReader) }

// A mapping is what every end of a pair of rings has beside them.
type mapping struct {
	Memory
	transport string
	eventfds  []*os.File // kept open
}

// Mapped is both rings.
func (m *mapping) Mapped() []byte { return m.Mem }

// Fault explains a SIGBUS in the mapping.
func (m *mapping) Fault(addr uintptr) error {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(m.Mem)))
	if addr < start || addr >= start+uintptr(len(m.Mem)) {
		return nil
	}
	return fmt.Errorf("%s: touching offset %d of %s raised SIGBUS: %s", m.transport, addr-start, m.Name, m.Why)
}

// close lets the peers of both rings see it.
func (m *mapping) close(out interface{ End() }, in interface{ Quit() }) error {
	if m.Mem == nil {
		return nil
	}
	out.End()
	in.Quit()
	mem := m.Mem
	m.Mem = nil
	return errors.Join(m.Unmap(mem), links.Close(m.eventfds...))
}

// end is what both kinds are.
type end interface {
	transports.InPlace
	transports.InBursts
	transports.Faulter
	transports.Mapped
	transports.Trier
}

var _, _ end = (*Endpoint)(nil), (*IndexEndpoint)(nil)

// mapShared maps size bytes of f, at a multiple of align bytes where that is not 0.
func mapShared(f *os.File, size, align int) ([]byte, error) {
	return MapAligned(size, align, func(at unsafe.Pointer, fixed bool) (unsafe.Pointer, error) {
		flags := unix.MAP_SHARED
		if fixed {
			flags |= unix.MAP_FIXED
		}
		return unix.MmapPtr(int(f.Fd()), 0, at, uintptr(size), unix.PROT_READ|unix.PROT_WRITE, flags)
	})
}

func unmapShared(mem []byte) error {
	return unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(mem)), uintptr(len(mem)))
}

// MapAligned calls place, which maps size bytes: fixed at an address that is a
// multiple of align and free, or anywhere where align is 0.
func MapAligned(size, align int, place func(at unsafe.Pointer, fixed bool) (unsafe.Pointer, error)) ([]byte, error) {
	if align == 0 {
		at, err := place(nil, false)
		if err != nil {
			return nil, err
		}
		return unsafe.Slice((*byte)(at), size), nil
	}
	// Reserve an address range that holds an aligned one, which the mapping
	// replaces, and give the rest back.
	room, err := unix.MmapPtr(-1, 0, nil, uintptr(size+align), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil, err
	}
	before := (align - int(uintptr(room)%uintptr(align))) % align
	at, err := place(unsafe.Add(room, before), true)
	if err != nil {
		unix.MunmapPtr(room, uintptr(size+align))
		return nil, err
	}
	if before > 0 {
		unix.MunmapPtr(room, uintptr(before))
	}
	if after := align - before; after > 0 {
		unix.MunmapPtr(unsafe.Add(at, size), uintptr(after))
	}
	return unsafe.Slice((*byte)(at), size), nil
}

// Probe is the part of Probe that all transports over shared memory have in
// common. huge is the size of the memory's huge pages, or 0. scratch makes new
// memory of the transport's kind, all at addresses that are multiples of align,
// and release gives it back; small says why it may not be in transparent huge
// pages, and the remedy.
func Probe(s transports.Spec, huge int, scratch func(size, align int) (mem []byte, release func(), err error), small func() string) error {
	if err := transports.ProbeSize(s); err != nil {
		if huge > 0 {
			return fmt.Errorf("%w: raise the number of huge pages (/sys/kernel/mm/hugepages)", err)
		}
		return err
	}
	if huge > 0 && s.Option("thp") == "advise" {
		return transports.Unsupported(s.String() + ": the memory is in huge pages of a fixed size, which are no transparent ones: leave out thp=advise")
	}
	if huge > 0 && s.Option("lock") == "yes" {
		return transports.Unsupported(s.String() + ": huge pages are never swapped out, and mlock does nothing: leave out lock=yes")
	}
	if s.Option("lock") == "yes" {
		if err := TryLock(Bytes(s, huge)); err != nil {
			return transports.Unsupported(fmt.Sprintf("%s: lock %d bytes of memory: %v: raise the limit of locked memory (ulimit -l)", s, Bytes(s, huge), err))
		}
	}
	if s.Option("thp") == "advise" {
		return tryHuge(s, scratch, small)
	}
	return nil
}

// TryLock finds out whether so many bytes can be locked, with memory that is
// never there.
func TryLock(size int) error {
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return err
	}
	defer unix.Munmap(mem)
	return lockOnFault(mem)
}

// hugePageOf returns the size in bytes of the huge pages that f consists of, or
// 0 where they are ordinary ones.
func hugePageOf(f *os.File) int {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &fs); err != nil || fs.Type != unix.HUGETLBFS_MAGIC {
		return 0
	}
	return int(fs.Bsize)
}
