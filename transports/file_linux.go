package transports

import (
	"errors"
	"fmt"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

func init() { Register(file{}) }

// file is a regular file in each direction, written and read by system calls:
// what there is to do with a shared file short of mapping it. See pread(2),
// inotify(7).
//
// Each side writes its own file and reads its peer's:
//
//	byte 0       how much the side has received: the number of quarters of its
//	             peer's slots, modulo 256
//	byte 4096    the slots, a power of two of them, used in turn
//
// and a slot is
//
//	byte 0       the lap in which it was last written, from 1, modulo 256
//	bytes 4-7    the message's length, little-endian, or endOfMessages
//	bytes 16-    the message, aligned: see headerBytes
//
// A write is no atomic thing to a reader, who may see a part of it. So length
// and message are written first, and then, by a call of its own, the lap. Lap
// and receipt are single bytes because nobody ever sees half of a byte.
type file struct{}

const (
	firstSlot     = 4096
	slotLap       = 0
	slotLength    = 4
	slotMessage   = headerBytes
	leastSlots    = 4
	endOfMessages = math.MaxUint32
)

func (file) Info() Info {
	return Info{
		Name:    "file",
		Doc:     "a regular file in each direction, written and read by pwrite and pread",
		Kind:    File,
		Caps:    NeedsDir,
		MaxSize: largestMessage,
		Options: []Option{
			{Name: "wait", Doc: "what an end does while there is nothing new or no room", Values: []Value{
				{Name: "poll", Doc: "read again", Waits: Spins},
				{Name: "inotify", Doc: "sleep until the peer has written (IN_MODIFY)", Waits: Sleeps},
			}},
			{Name: "sync", Doc: "what is pushed to storage, and when", Values: []Value{
				{Name: "none", Doc: "nothing: the kernel writes back when it likes"},
				{Name: "sync", Doc: "fdatasync after each message: Send returns when it is stored"},
				{Name: "dsync", Doc: "writes as of O_DSYNC, two a message: stored before the peer can see it"},
			}},
		},
	}
}

func (file) Probe(s Spec) error {
	if err := probeSize(s); err != nil {
		return err
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(s.Dir, &fs); err == nil && fs.Type == unix.HUGETLBFS_MAGIC {
		return unsupported{fmt.Sprintf("%s is a hugetlbfs, whose files can be mapped but not written: choose another --dir", s.Dir)}
	}
	return nil
}

func (t file) Create(s Spec) (Link, error) {
	if err := t.Probe(s); err != nil {
		return nil, err
	}
	there, err := t.create(s)
	if err != nil {
		return nil, err
	}
	back, err := t.create(s)
	if err != nil {
		closeOnce(there...)
		return nil, err
	}
	return &ownFiles{
		Producer: {there[0], back[1]},
		Consumer: {back[0], there[1]},
	}, nil
}

// create makes the file that one side writes and opens it again for its peer,
// so that the two processes share the file and not the descriptor's state.
func (file) create(s Spec) ([]*os.File, error) {
	size := newSlots(s).end()
	own, err := unnamedFile("file", s.Dir, size)
	if err != nil {
		return nil, err
	}
	if err := settle(own, size, s.Option("sync") != "none"); err != nil {
		own.Close()
		return nil, fmt.Errorf("file: write %d bytes to a file in %s: %w: %s", size, s.Dir, errno(err), fileRemedy(err))
	}
	shown, err := os.Open(procName(own))
	if err != nil {
		own.Close()
		return nil, fmt.Errorf("file: open a file in %s for its reader: %w: %s", s.Dir, errno(err), readerRemedy(err))
	}
	return []*os.File{own, shown}, nil
}

func readerRemedy(err error) string {
	if errors.Is(err, unix.ENOENT) {
		return "mount /proc"
	}
	return fileRemedy(err)
}

// procName is a name for an open file that has none. See proc(5).
func procName(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

// settle writes zeros all over a new file, and stores them if stored, so that
// no message later pays for a first page in the cache or, on storage, for a
// block to be allocated.
func settle(f *os.File, size int, stored bool) error {
	zeros := make([]byte, min(size, 1<<20))
	for at := 0; at < size; at += len(zeros) {
		if _, err := f.WriteAt(zeros[:min(len(zeros), size-at)], int64(at)); err != nil {
			return err
		}
	}
	if !stored {
		return nil
	}
	return f.Sync()
}

// slots says where in a file the messages lie.
type slots struct {
	n      uint64 // a power of two
	stride int64  // bytes
}

// newSlots returns slots for about s.Capacity bytes.
func newSlots(s Spec) slots {
	capacity := s.Capacity
	if capacity == 0 {
		capacity = defaultCapacity
	}
	stride := (slotMessage + s.Size + headerBytes - 1) / headerBytes * headerBytes
	n := leastSlots
	for n*2 <= capacity/stride {
		n *= 2
	}
	return slots{n: uint64(n), stride: int64(stride)}
}

// end is where the file ends.
func (s slots) end() int { return firstSlot + int(s.n)*int(s.stride) }

// at is where the message after i others lies.
func (s slots) at(i uint64) int64 { return firstSlot + int64(i&(s.n-1))*s.stride }

// lap marks the slot of the message after i others as written. It differs from
// what the lap before left there, and in the first lap from zero.
func (s slots) lap(i uint64) byte { return byte(i/s.n + 1) }

// quarter is how many messages are received between two receipts.
func (s slots) quarter() uint64 { return s.n / 4 }

func (file) Open(s Spec, _ Side, files []*os.File) (Endpoint, error) {
	e := &fileEndpoint{
		own:    files[0],
		peer:   files[1],
		ownFD:  files[0].Fd(),
		peerFD: files[1].Fd(),
		size:   s.Size,
		slots:  newSlots(s),
		sync:   s.Option("sync") == "sync",
		frame:  make([]byte, slotMessage+min(s.Size, copyLimit)),
	}
	if s.Option("sync") == "dsync" {
		e.flags = unix.RWF_DSYNC
	}
	if s.Option("wait") == "inotify" {
		if err := e.watchPeer(); err != nil {
			e.release()
			return nil, err
		}
	}
	return e, nil
}
