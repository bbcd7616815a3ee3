package file

import (
	"fmt"
	"os"

	"ipcbench/transports"
	"ipcbench/transports/internal/backing"
	"ipcbench/transports/internal/filepair"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/remedy"
)

func init() { transports.Register(file{}) }

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

const leastSlots = 4

var fileInfo = transports.Info{
	Name:    "file",
	Also:    []string{"pwrite", "disk"},
	Doc:     "a file in each direction, written and read in slots (pwrite, pread)",
	Kind:    transports.File,
	Group:   group,
	Caps:    transports.NeedsDir,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{
		filepair.WaitOption(),
		filepair.SyncOption("writes as of O_DSYNC, two a message: stored before the peer can see it"),
		filepair.DirectOption(),
	},
}

func (file) Info() transports.Info { return fileInfo }

func (file) Probe(s transports.Spec) error { return filepair.Probe(s, nil) }

// Backing is a file in the link's directory.
func (file) Backing(s transports.Spec) (*os.File, error) { return backing.Unnamed(s.Dir) }

func (t file) Create(s transports.Spec) (transports.Link, error) {
	if err := t.Probe(s); err != nil {
		return nil, err
	}
	return filepair.Create(s, func(f *os.File, block int) error {
		size := newSlots(s, block).end()
		if err := backing.Extend(f, size); err != nil {
			return fmt.Errorf("file: extend a file in %s to %d bytes: %w: %s", s.Dir, size, kernel.Errno(err), remedy.File(err, s.Dir))
		}
		// What is not stored would be in the way of a direct read.
		if err := backing.Settle(f, size, s.Option("sync") != "none" || block > 1); err != nil {
			return fmt.Errorf("file: write %d bytes to a file in %s: %w: %s", size, s.Dir, kernel.Errno(err), remedy.File(err, s.Dir))
		}
		return nil
	})
}

// slots says where in a file the messages lie.
type slots struct {
	n      uint64 // a power of two
	first  int64  // bytes
	stride int64  // bytes
	record int64  // where in a slot its record begins
}

// newSlots returns slots for about s.Capacity bytes.
func newSlots(s transports.Spec, block int) slots {
	capacity := s.Capacity
	if capacity == 0 {
		capacity = transports.DefaultCapacity
	}
	record := 0
	if block > 1 {
		record = block
	}
	stride := record + filepair.RecordStride(s.Size, block)
	n := leastSlots
	for n*2 <= capacity/stride {
		n *= 2
	}
	return slots{n: uint64(n), first: int64(filepair.Up(filepair.FirstSlot, block)), stride: int64(stride), record: int64(record)}
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

func (file) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	p, err := filepair.Open(s, h.Files)
	if err != nil {
		return nil, err
	}
	return &fileEndpoint{Pair: p, slots: newSlots(s, p.Block)}, nil
}
