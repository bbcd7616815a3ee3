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
// and a slot is a record, whose first byte is the lap in which it was last
// written, from 1, modulo 256.
//
// A write is no atomic thing to a reader, who may see a part of it. So the
// record is written first, and then, by a call of its own, the lap. Lap and
// receipt are single bytes because nobody ever sees half of a byte.
//
// With direct=yes that is no different, because storage writes several blocks in
// any order. There lap and receipt have a block each, and the record begins with
// the next one. Both sides go past the page cache, or the one would look there
// for what the other has stored; a direct write has reached the storage, or its
// cache, before the lap is written.
type file struct{}

const (
	firstSlot     = 4096
	leastSlots    = 4
	endOfMessages = math.MaxUint32
)

func (file) Info() Info {
	return Info{
		Name:    "file",
		Doc:     "a file in each direction, written and read in slots (pwrite, pread)",
		Kind:    File,
		Caps:    NeedsDir,
		MaxSize: largestMessage,
		Options: []Option{
			fileWait(),
			fileSync("writes as of O_DSYNC, two a message: stored before the peer can see it"),
			directOption(),
		},
	}
}

// fileWait is the option wait of the transports over files.
func fileWait() Option {
	return Option{Name: "wait", Doc: "what an end does while there is nothing new or no room", Values: []Value{
		{Name: "poll", Doc: "read again", Waits: Spins},
		{Name: "inotify", Doc: "sleep until the peer has written (IN_MODIFY)", Waits: Sleeps},
	}}
}

// fileSync is the option sync of the transports over files.
func fileSync(dsync string) Option {
	return Option{Name: "sync", Doc: "what is pushed to storage, and when", Values: []Value{
		{Name: "none", Doc: "nothing: the kernel writes back when it likes"},
		{Name: "sync", Doc: "fdatasync after each message: Send returns when it is stored"},
		{Name: "dsync", Doc: dsync},
	}}
}

func (file) Probe(s Spec) error { return probeFile(s, nil) }

// probeFile says whether a file in s.Dir can be used as s says; the function
// tries what else there is to try on one. Where none can be made, Create says
// why.
func probeFile(s Spec, try func(*os.File) error) error {
	if err := probeSize(s); err != nil || s.Dir == "" {
		return err
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(s.Dir, &fs); err == nil && fs.Type == unix.HUGETLBFS_MAGIC {
		return unsupported{fmt.Sprintf("%s is a hugetlbfs, whose files can be mapped but not written: choose another --dir", s.Dir)}
	}
	direct := s.Option("direct") == "yes"
	if try == nil && !direct {
		return nil
	}
	f, err := createUnnamed(s.Dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	if direct {
		err = setDirect(s, f)
	}
	if err == nil && try != nil {
		err = try(f)
	}
	return err
}

func (t file) Create(s Spec) (Link, error) {
	if err := t.Probe(s); err != nil {
		return nil, err
	}
	return createFilePair(s, func(f *os.File, block int) error {
		size := newSlots(s, block).end()
		if err := extend(f, size); err != nil {
			return fmt.Errorf("file: extend a file in %s to %d bytes: %w: %s", s.Dir, size, errno(err), fileRemedy(err))
		}
		// What is not stored would be in the way of a direct read.
		if err := settle(f, size, s.Option("sync") != "none" || block > 1); err != nil {
			return fmt.Errorf("file: write %d bytes to a file in %s: %w: %s", size, s.Dir, errno(err), fileRemedy(err))
		}
		return nil
	})
}

// createFilePair makes a file for each side, as prepare makes them ready.
func createFilePair(s Spec, prepare func(f *os.File, block int) error) (Link, error) {
	there, err := createFile(s, prepare)
	if err != nil {
		return nil, err
	}
	back, err := createFile(s, prepare)
	if err != nil {
		closeOnce(there...)
		return nil, err
	}
	return &ownFiles{
		Producer: {there[0], back[1]},
		Consumer: {back[0], there[1]},
	}, nil
}

// createFile makes the file that one side writes and opens it again for its
// peer, so that the two processes share the file and not the descriptor's state.
func createFile(s Spec, prepare func(f *os.File, block int) error) (_ []*os.File, err error) {
	own, err := createUnnamed(s.Dir)
	if err != nil {
		return nil, fmt.Errorf("%s: create a file in %s: %w: %s", s.Transport, s.Dir, errno(err), fileRemedy(err))
	}
	files := []*os.File{own}
	defer func() {
		if err != nil {
			closeOnce(files...)
		}
	}()
	block, err := blockOf(s, own)
	if err != nil {
		return nil, err
	}
	if err := prepare(own, block); err != nil {
		return nil, err
	}
	shown, err := os.Open(procName(own))
	if err != nil {
		return nil, fmt.Errorf("%s: open a file in %s for its reader: %w: %s", s.Transport, s.Dir, errno(err), readerRemedy(err))
	}
	files = append(files, shown)
	if block > 1 {
		err = errors.Join(setDirect(s, own), setDirect(s, shown))
	}
	return files, err
}

func readerRemedy(err error) string {
	if errors.Is(err, unix.ENOENT) {
		return "mount /proc"
	}
	return fileRemedy(err)
}

// procName is a name for an open file that has none. See proc(5).
func procName(f *os.File) string { return fmt.Sprintf("/proc/thread-self/fd/%d", f.Fd()) }

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
	first  int64  // bytes
	stride int64  // bytes
	record int64  // where in a slot its record begins
}

// newSlots returns slots for about s.Capacity bytes.
func newSlots(s Spec, block int) slots {
	capacity := s.Capacity
	if capacity == 0 {
		capacity = defaultCapacity
	}
	record := 0
	if block > 1 {
		record = block
	}
	stride := record + recordStride(s.Size, block)
	n := leastSlots
	for n*2 <= capacity/stride {
		n *= 2
	}
	return slots{n: uint64(n), first: int64(up(firstSlot, block)), stride: int64(stride), record: int64(record)}
}

// end is where the file ends.
func (s slots) end() int { return int(s.first) + int(s.n)*int(s.stride) }

// at is where the message after i others lies.
func (s slots) at(i uint64) int64 { return s.first + int64(i&(s.n-1))*s.stride }

// lap marks the slot of the message after i others as written. It differs from
// what the lap before left there, and in the first lap from zero.
func (s slots) lap(i uint64) byte { return byte(i/s.n + 1) }

// quarter is how many messages are received between two receipts.
func (s slots) quarter() uint64 { return s.n / 4 }

func (file) Open(s Spec, _ Side, files []*os.File) (Endpoint, error) {
	p, err := openFilePair(s, files)
	if err != nil {
		return nil, err
	}
	return &fileEndpoint{filePair: p, slots: newSlots(s, p.block)}, nil
}
