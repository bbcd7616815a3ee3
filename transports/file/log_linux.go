package file

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/backing"
	"ipcbench/transports/internal/filepair"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/remedy"
)

func init() { transports.Register(log{}) }

// log is a file in each direction that its writer appends records to and its
// reader follows, as the logs of queues and databases on disk do. See pread(2),
// fallocate(2), inotify(7).
//
// Each side writes its own file and reads its peer's:
//
//	byte 0       how much the side has received: the number of quarters of a
//	             window of its peer's log, modulo 256
//	byte 4096    the records, one after another, each a multiple of 16 bytes
//
// A message is one write and one read. A reader that asks for the longest record
// gets as much as there is, and waits for the rest of a record it sees half of.
// That is sound because the file's length, by which the read ends, grows only
// after the bytes below it were copied; the kernel orders the two on every
// processor from Linux 6.8 on, and before that on those that keep stores in
// order, such as amd64. With direct=yes a record is whole blocks, and the length
// grows when they are stored.
//
// Writing at the end that it knows, the only writer needs no O_APPEND, with
// which it could not write its receipts (pwrite(2), BUGS).
//
// A log would fill the disk. So the writer waits while the reader is a window
// behind, and gives back what was received, in steps of logStep bytes, by
// punching a hole: the file is sparse, and its offsets only grow. Each step is a
// delay of one message in many thousands, as deleting a segment is in a log
// that is made of several files.
type log struct{}

// logStep is how many received bytes are given back at a time.
const logStep = 16 << 20

var logInfo = transports.Info{
	Name:    "log",
	Also:    []string{"append", "journal", "wal"},
	Doc:     "a file in each direction, which one side appends to and the other follows (pwrite, pread)",
	Kind:    transports.File,
	Group:   group,
	Caps:    transports.NeedsDir,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{
		filepair.WaitOption(),
		filepair.SyncOption("writes as of O_DSYNC: stored before the peer can see it"),
		filepair.DirectOption(),
	},
}

func (log) Info() transports.Info { return logInfo }

func (log) Probe(s transports.Spec) error {
	return filepair.Probe(s, func(f *os.File) error {
		if err := punch(int(f.Fd()), 0, logStep); err != nil {
			return transports.Unsupported(fmt.Sprintf("files in %s cannot give back their start (FALLOC_FL_PUNCH_HOLE: %v), so a log would fill it: choose another --dir", s.Dir, err))
		}
		return nil
	})
}

// Backing is a file in the link's directory.
func (log) Backing(s transports.Spec) (*os.File, error) { return backing.Unnamed(s.Dir) }

func (l log) Create(s transports.Spec) (transports.Link, error) {
	if err := l.Probe(s); err != nil {
		return nil, err
	}
	return filepair.Create(s, func(f *os.File, block int) error {
		size := filepair.Up(filepair.FirstSlot, block)
		if err := backing.Settle(f, size, s.Option("sync") != "none" || block > 1); err != nil {
			return fmt.Errorf("log: write %d bytes to a file in %s: %w: %s", size, s.Dir, kernel.Errno(err), remedy.File(err, s.Dir))
		}
		return nil
	})
}

func (log) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	p, err := filepair.Open(s, h.Files)
	if err != nil {
		return nil, err
	}
	capacity := s.Capacity
	if capacity == 0 {
		capacity = transports.DefaultCapacity
	}
	first := int64(filepair.Up(filepair.FirstSlot, p.Block))
	// A receipt comes up to a quarter late, and then a record must have room.
	quarter := int64(max(capacity/4, p.Stride()))
	return &logEndpoint{
		Pair:  p,
		first: first, quarter: quarter,
		end: first, at: first, taken: first, freed: first, due: first + quarter,
	}, nil
}

// A logEndpoint is one side's view of the two logs. All but quarter are offsets.
type logEndpoint struct {
	*filepair.Pair
	first   int64 // of the first record
	quarter int64 // of the window: bytes
	end     int64 // of the own log
	taken   int64 // at least so far the peer has received
	freed   int64 // so far the own log's storage was given back
	at      int64 // of the next record to receive
	due     int64 // the next receipt, when at gets here
}

func (e *logEndpoint) Send(msg []byte) error {
	n := len(msg)
	if !e.Plain || uint(n-1) >= uint(e.Size) || e.end+int64(e.Stride())-e.taken > 4*e.quarter {
		return e.sendAny(msg)
	}
	binary.LittleEndian.PutUint32(e.Frame[filepair.RecordLength:], uint32(n))
	copy(e.Frame[filepair.RecordMessage:], msg)
	record := filepair.RecordMessage - filepair.RecordLength + n
	if int(kernel.Syscall(unix.SYS_PWRITE64, e.OwnFD, uintptr(unsafe.Pointer(&e.Frame[filepair.RecordLength])), uintptr(record), uintptr(e.end+filepair.RecordLength), 0, 0)) != record {
		return e.sendAny(msg)
	}
	e.end += int64(filepair.RecordStride(n, 1))
	if !e.Sync {
		return nil
	}
	return e.Stored()
}

// sendAny is Send for every kind of record, and where there may be no room.
func (e *logEndpoint) sendAny(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.Size); err != nil {
		return err
	}
	for e.end+int64(e.Stride())-e.taken > 4*e.quarter {
		if err := e.seeReceipt(); err != nil {
			return err
		}
	}
	return e.add(uint32(len(msg)), msg)
}

// add appends a record.
func (e *logEndpoint) add(length uint32, msg []byte) error {
	if err := e.Put(length, msg, e.end); err != nil {
		return err
	}
	e.end += int64(filepair.RecordStride(len(msg), e.Block))
	return e.Stored()
}

// seeReceipt waits for the peer to have received more, or at least for
// something to have happened.
func (e *logEndpoint) seeReceipt() error {
	receipt, err := e.ReadMark(0)
	if err != nil {
		return err
	}
	more := receipt - byte((e.taken-e.first)/e.quarter)
	if more == 0 {
		return e.Await()
	}
	e.taken += int64(more) * e.quarter
	if e.taken-e.freed < logStep {
		return nil
	}
	if err := punch(int(e.OwnFD), e.freed, logStep); err != nil {
		return fmt.Errorf("log: give back %d bytes at %d: %w", logStep, e.freed, err)
	}
	e.freed += logStep
	return nil
}

// punch gives back n bytes of a file at offset at, which stay readable as zeros.
func punch(fd int, at, n int64) error {
	for {
		err := unix.Fallocate(fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, at, n)
		if err != unix.EINTR {
			return err
		}
	}
}

func (e *logEndpoint) Recv(buf []byte) (int, error) {
	if !e.Plain || e.Watch != nil || len(buf) < e.Size {
		return e.recvAny(buf)
	}
	record := filepair.RecordMessage - filepair.RecordLength + e.Size
	for looks, done := idle, 0; done == 0 && looks > 0; looks-- { // nothing was there
		done = int(kernel.Syscall(unix.SYS_PREAD64, e.PeerFD, uintptr(unsafe.Pointer(&e.Frame[filepair.RecordLength])), uintptr(record), uintptr(e.at+filepair.RecordLength), 0, 0))
		n := int(binary.LittleEndian.Uint32(e.Frame[filepair.RecordLength:]))
		if filepair.RecordLength+done >= filepair.RecordMessage+n && uint(n-1) < uint(e.Size) {
			copy(buf, e.Frame[filepair.RecordMessage:][:n])
			return n, e.pass(n)
		}
	}
	return e.recvAny(buf)
}

// recvAny is Recv for every kind of record and every way of waiting.
func (e *logEndpoint) recvAny(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.Size); err != nil {
		return 0, err
	}
	for looks := 1; ; looks++ {
		length, have, err := e.Get(buf, e.at)
		if err != nil {
			return 0, err
		}
		if have >= filepair.RecordMessage {
			if length == filepair.EndOfMessages {
				return 0, io.EOF
			}
			if err := e.CheckLength(length); err != nil {
				return 0, err
			}
			if have >= filepair.RecordMessage+int(length) {
				return int(length), e.pass(int(length))
			}
		}
		if looks%idle == 0 || e.Watch != nil && looks > 1 {
			if err := e.intact(); err != nil {
				return 0, err
			}
		}
		if err := e.Await(); err != nil {
			return 0, err
		}
	}
}

// idle is how often a reader that polls looks in vain, some milliseconds, before it
// looks whether what it has read is still there: a file that was cut short reads
// like one to which nothing was added. One that sleeps is woken by that.
const idle = 1 << 14

// intact says whether the peer's log ends where the next record may begin, or
// later. The last record may end less than its alignment before that.
func (e *logEndpoint) intact() error {
	size, err := e.PeerLength()
	if err == nil && size <= e.at-kernel.HeaderBytes {
		err = e.Truncated(size)
	}
	return err
}

// pass goes on to the record after one of n bytes, and now and then says so.
func (e *logEndpoint) pass(n int) error {
	e.at += int64(filepair.RecordStride(n, e.Block))
	if e.at < e.due {
		return nil
	}
	quarters := (e.at - e.first) / e.quarter
	e.due = e.first + (quarters+1)*e.quarter
	return e.WriteMark(byte(quarters), 0, 0)
}

// Close appends the end mark, for which there is always room.
func (e *logEndpoint) Close() error {
	if e.Closed() {
		return nil
	}
	return errors.Join(e.Flush(), e.add(filepair.EndOfMessages, nil), e.Release())
}
