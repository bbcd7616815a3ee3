package memory

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/backing"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
	"ipcbench/transports/internal/ring"
)

func init() { transports.Register(mmap{}) }

// mmap is a file that both processes map shared: a ring in each direction,
// written and read as memory. See mmap(2), msync(2). On a hugetlbfs the file
// consists of huge pages.
type mmap struct{}

var mmapInfo = transports.Info{
	Name:    "mmap",
	Also:    []string{"mapped-file", "mmap-file", "shared-file"},
	Doc:     "a file that both processes map, a ring in each direction (mmap)",
	Kind:    transports.Memory,
	Group:   group,
	Caps:    transports.CanInPlace | transports.ManyLinks | transports.NeedsDir,
	MaxSize: transports.LargestMessage,
	Options: ring.Options(transports.Option{Name: "sync", Doc: "what is pushed to storage, and when", Values: []transports.Value{
		{Name: "none", Doc: "nothing: the kernel writes back when it likes"},
		{Name: "async", Doc: "msync(MS_ASYNC) of each message, which on Linux starts nothing"},
		{Name: "sync", Doc: "msync(MS_SYNC) of each message: Send returns when it is stored", With: transports.Stores | transports.StoresBatch},
	}}),
}

func (mmap) Info() transports.Info { return mmapInfo }

func (mmap) Probe(s transports.Spec) error {
	if ring.HasIndex(s) && s.Option("sync") != "none" {
		return transports.Unsupported(s.String() + ": the index lies apart from the messages, and a message without it would be pushed to the storage in vain: leave out ring=index or sync")
	}
	if s.Caps().Has(transports.Bursts) && s.Option("sync") != "none" {
		return transports.Unsupported(s.String() + ": each message is pushed to the storage by itself: leave out api=burst or sync")
	}
	if s.Dir == "" {
		return transports.ProbeSize(s)
	}
	create := func() (*os.File, error) { return backing.Unnamed(s.Dir) }
	huge := hugePageIn(s.Dir)
	if err := ring.Probe(s, huge, ring.ScratchFile(create), func() string { return ring.SmallFile(s.Dir) }); err != nil || huge == 0 {
		return err
	}
	f, err := create()
	if err != nil {
		return nil // Create says what is wrong with the directory
	}
	defer f.Close()
	if err := ring.ReserveHuge(f, ring.Bytes(s, huge)); err != nil {
		return ring.HugeError(s, ring.Bytes(s, huge), huge, err)
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

// Backing is a file in the link's directory.
func (mmap) Backing(s transports.Spec) (*os.File, error) { return backing.Unnamed(s.Dir) }

func (m mmap) Create(s transports.Spec) (transports.Link, error) {
	if err := m.Probe(s); err != nil {
		return nil, err
	}
	f, err := ring.NewFile(s, s.Dir, func(err error) string { return remedy.File(err, s.Dir) })
	if err != nil {
		return nil, err
	}
	return ring.Share(s, f)
}

func (mmap) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	memory, err := ring.OpenFile(s, h.Files[0], "the mapped file",
		"the file no longer reaches that far (something truncated it) or its filesystem could not provide the page")
	if err != nil {
		links.Close(h.Files[1:]...)
		return nil, err
	}
	e, err := ring.Open(s, side, memory, h.Files[1:])
	if err != nil || s.Option("sync") == "none" {
		return e, err
	}
	flags := map[string]int{"async": unix.MS_ASYNC, "sync": unix.MS_SYNC}[s.Option("sync")]
	return &syncedEndpoint{Endpoint: *e.(*ring.Endpoint), flags: flags, page: uintptr(os.Getpagesize()), batch: max(1, s.Batch)}, nil
}

// A syncedEndpoint hands what it sends to msync: each message or, of a batch, all of
// it with its last one. The peer may see a message before it is stored, as with write
// and fdatasync.
type syncedEndpoint struct {
	ring.Endpoint
	flags int // of msync
	page  uintptr

	batch    int     // messages to a push
	unpushed int     // messages since the last one
	lo, hi   uintptr // where those lie
}

func (e *syncedEndpoint) Send(msg []byte) error {
	if err := e.Writer.Send(msg); err != nil {
		return err
	}
	return e.sent()
}

func (e *syncedEndpoint) Commit() error {
	e.Writer.Commit()
	return e.sent()
}

// sent takes the message sent last into the batch, and pushes that where it is full.
func (e *syncedEndpoint) sent() error {
	at, length := e.Last()
	lo := uintptr(at)
	hi := lo + uintptr(length)
	if e.unpushed > 0 {
		lo, hi = min(lo, e.lo), max(hi, e.hi)
	}
	e.lo, e.hi = lo, hi
	if e.unpushed++; e.unpushed < e.batch {
		return nil
	}
	return e.push()
}

// push hands the batch to msync, in whole pages as that demands. One that went round
// the end of the ring is pushed by one call as well, of all from its first slot to
// its last: what lies between was stored with the batch before, and clean pages are
// not written again.
func (e *syncedEndpoint) push() error {
	from := e.lo &^ (e.page - 1)
	_, _, errno := unix.RawSyscall(unix.SYS_MSYNC, from, e.hi-from, uintptr(e.flags))
	if errno != 0 {
		return fmt.Errorf("mmap: msync %d bytes of the mapped file: %w", e.hi-from, errno)
	}
	e.unpushed = 0
	return nil
}

// Close pushes what is left of a batch before the end of the stream is seen.
func (e *syncedEndpoint) Close() error {
	var err error
	if e.unpushed > 0 && e.Mem != nil {
		err = e.push()
	}
	return errors.Join(err, e.Endpoint.Close())
}

var (
	_ transports.InPlace = (*syncedEndpoint)(nil)
	_ transports.Faulter = (*syncedEndpoint)(nil)
)
