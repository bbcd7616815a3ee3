package file

import (
	"encoding/binary"
	"errors"
	"io"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/filepair"
	"ipcbench/transports/internal/kernel"
)

// A fileEndpoint is one side's view of the two files.
type fileEndpoint struct {
	*filepair.Pair
	slots    slots
	sent     uint64 // messages
	taken    uint64 // of those, at least so many were received by the peer
	received uint64 // messages
}

func (e *fileEndpoint) Send(msg []byte) error {
	n := len(msg)
	if !e.Plain || uint(n-1) >= uint(e.Size) || e.sent-e.taken >= e.slots.n-1 {
		return e.sendAny(msg)
	}
	binary.LittleEndian.PutUint32(e.Frame[filepair.RecordLength:], uint32(n))
	copy(e.Frame[filepair.RecordMessage:], msg)
	record, at := filepair.RecordMessage-filepair.RecordLength+n, e.slots.at(e.sent)
	if int(kernel.Syscall(unix.SYS_PWRITE64, e.OwnFD, uintptr(unsafe.Pointer(&e.Frame[filepair.RecordLength])), uintptr(record), uintptr(at+e.slots.record+filepair.RecordLength), 0, 0)) != record {
		return e.sendAny(msg)
	}
	e.Mark[0] = e.slots.lap(e.sent)
	if kernel.Syscall(unix.SYS_PWRITE64, e.OwnFD, uintptr(unsafe.Pointer(&e.Mark[0])), 1, uintptr(at), 0, 0) != 1 {
		return e.sendAny(msg)
	}
	e.sent++
	if !e.Sync {
		return nil
	}
	return e.Stored()
}

// sendAny is Send for every kind of record, and where there may be no room.
func (e *fileEndpoint) sendAny(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.Size); err != nil {
		return err
	}
	// One slot is kept free for the end mark, so that Close never waits.
	for e.sent-e.taken >= e.slots.n-1 {
		if err := e.seeReceipt(); err != nil {
			return err
		}
	}
	return e.fill(uint32(len(msg)), msg)
}

// seeReceipt waits for the peer to have received more, or at least for
// something to have happened.
func (e *fileEndpoint) seeReceipt() error {
	receipt, err := e.ReadMark(0)
	if err != nil {
		return err
	}
	if more := receipt - byte(e.taken/e.slots.quarter()); more > 0 {
		e.taken += uint64(more) * e.slots.quarter()
		return nil
	}
	return e.Await()
}

// fill fills the next slot.
func (e *fileEndpoint) fill(length uint32, msg []byte) error {
	at := e.slots.at(e.sent)
	if err := e.Put(length, msg, at+e.slots.record); err != nil {
		return err
	}
	if err := e.WriteMark(e.slots.lap(e.sent), at, e.Flags); err != nil {
		return err
	}
	e.sent++
	return e.Stored()
}

func (e *fileEndpoint) Recv(buf []byte) (int, error) {
	if !e.Plain || e.Watch != nil || len(buf) < e.Size {
		return e.recvAny(buf)
	}
	at, lap := e.slots.at(e.received), e.slots.lap(e.received)
	for {
		if kernel.Syscall(unix.SYS_PREAD64, e.PeerFD, uintptr(unsafe.Pointer(&e.Mark[0])), 1, uintptr(at), 0, 0) != 1 {
			return e.recvAny(buf)
		}
		if e.Mark[0] == lap {
			break
		}
	}
	record := filepair.RecordMessage - filepair.RecordLength + e.Size
	got := int(kernel.Syscall(unix.SYS_PREAD64, e.PeerFD, uintptr(unsafe.Pointer(&e.Frame[filepair.RecordLength])), uintptr(record), uintptr(at+e.slots.record+filepair.RecordLength), 0, 0))
	n := int(binary.LittleEndian.Uint32(e.Frame[filepair.RecordLength:]))
	if got != record || uint(n-1) >= uint(e.Size) {
		return e.recvAny(buf)
	}
	copy(buf, e.Frame[filepair.RecordMessage:][:n])
	return n, e.pass()
}

// recvAny is Recv for every kind of record and every way of waiting.
func (e *fileEndpoint) recvAny(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.Size); err != nil {
		return 0, err
	}
	at := e.slots.at(e.received)
	for {
		lap, err := e.ReadMark(at)
		if err != nil {
			return 0, err
		}
		if lap == e.slots.lap(e.received) {
			return e.take(buf, at+e.slots.record)
		}
		if err := e.Await(); err != nil {
			return 0, err
		}
	}
}

// take receives the message in the record at offset at.
func (e *fileEndpoint) take(buf []byte, at int64) (int, error) {
	length, have, err := e.Get(buf, at)
	if err != nil {
		return 0, err
	}
	if have < filepair.RecordMessage+e.Size {
		return 0, e.Truncated(at)
	}
	if length == filepair.EndOfMessages {
		return 0, io.EOF
	}
	if err := e.CheckLength(length); err != nil {
		return 0, err
	}
	return int(length), e.pass()
}

// pass goes on to the next slot, and now and then says so.
func (e *fileEndpoint) pass() error {
	e.received++
	if e.received%e.slots.quarter() != 0 {
		return nil
	}
	return e.WriteMark(byte(e.received/e.slots.quarter()), 0, 0)
}

func (e *fileEndpoint) Close() error {
	if e.Closed() {
		return nil
	}
	return errors.Join(e.Flush(), e.fill(filepair.EndOfMessages, nil), e.Release())
}
