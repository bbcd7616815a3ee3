package transports

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func init() { Register(mmap{}) }

// mmap is a file that both processes map shared: a ring in each direction,
// written and read as memory. See mmap(2), msync(2). On a hugetlbfs the file
// consists of huge pages.
type mmap struct{}

func (mmap) Info() Info {
	return Info{
		Name:    "mmap",
		Doc:     "a file that both processes map, a ring in each direction (mmap)",
		Kind:    Memory,
		Caps:    CanInPlace | NeedsDir,
		MaxSize: largestMessage,
		Options: ringOptions(Option{Name: "sync", Doc: "what is pushed to storage, and when", Values: []Value{
			{Name: "none", Doc: "nothing: the kernel writes back when it likes"},
			{Name: "async", Doc: "msync(MS_ASYNC) of each message, which on Linux starts nothing"},
			{Name: "sync", Doc: "msync(MS_SYNC) of each message: Send returns when it is stored"},
		}}),
	}
}

func (mmap) Probe(s Spec) error {
	if s.Dir == "" {
		return probeSize(s)
	}
	create := func() (*os.File, error) { return createUnnamed(s.Dir) }
	huge := hugePageIn(s.Dir)
	if err := probeMemory(s, huge, scratchFile(create), func() string { return smallFile(s.Dir) }); err != nil || huge == 0 {
		return err
	}
	f, err := create()
	if err != nil {
		return nil // Create says what is wrong with the directory
	}
	defer f.Close()
	if err := reserveHuge(f, ringBytes(s, huge)); err != nil {
		return hugeError(s, ringBytes(s, huge), huge, err)
	}
	return nil
}

// hugePageIn is hugePageOf a file in dir.
func hugePageIn(dir string) int {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil || fs.Type != unix.HUGETLBFS_MAGIC {
		return 0
	}
	return int(fs.Bsize)
}

func (m mmap) Create(s Spec) (Link, error) {
	if err := m.Probe(s); err != nil {
		return nil, err
	}
	f, err := unnamedMemory(s, s.Dir, fileRemedy)
	if err != nil {
		return nil, err
	}
	return shareRing(s, f)
}

func (mmap) Open(s Spec, side Side, files []*os.File) (Endpoint, error) {
	memory, err := openFile(s, files[0], "the mapped file",
		"the file no longer reaches that far (something truncated it) or its filesystem could not provide the page")
	if err != nil {
		closeOnce(files[1:]...)
		return nil, err
	}
	e, err := openRing(s, side, memory, files[1:])
	if err != nil {
		return nil, err
	}
	if s.Option("sync") == "none" {
		return e, nil
	}
	flags := map[string]int{"async": unix.MS_ASYNC, "sync": unix.MS_SYNC}[s.Option("sync")]
	return &syncedEndpoint{ringEndpoint: *e, flags: flags, page: os.Getpagesize()}, nil
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
	_ InPlace = (*syncedEndpoint)(nil)
	_ Faulter = (*syncedEndpoint)(nil)
)
