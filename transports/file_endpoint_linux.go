package transports

import (
	"encoding/binary"
	"errors"
	"io"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A fileEndpoint is one side's view of the two files.
type fileEndpoint struct {
	*filePair
	slots    slots
	sent     uint64 // messages
	taken    uint64 // of those, at least so many were received by the peer
	received uint64 // messages
}

func (e *fileEndpoint) Send(msg []byte) error {
	n := len(msg)
	if !e.plain || uint(n-1) >= uint(e.size) || e.sent-e.taken >= e.slots.n-1 {
		return e.sendAny(msg)
	}
	binary.LittleEndian.PutUint32(e.frame[recordLength:], uint32(n))
	copy(e.frame[recordMessage:], msg)
	record, at := recordMessage-recordLength+n, e.slots.at(e.sent)
	if int(rawSyscall(unix.SYS_PWRITE64, e.ownFD, uintptr(unsafe.Pointer(&e.frame[recordLength])), uintptr(record), uintptr(at+e.slots.record+recordLength), 0, 0)) != record {
		return e.sendAny(msg)
	}
	e.mark[0] = e.slots.lap(e.sent)
	if rawSyscall(unix.SYS_PWRITE64, e.ownFD, uintptr(unsafe.Pointer(&e.mark[0])), 1, uintptr(at), 0, 0) != 1 {
		return e.sendAny(msg)
	}
	e.sent++
	if !e.sync {
		return nil
	}
	return e.stored()
}

// sendAny is Send for every kind of record, and where there may be no room.
func (e *fileEndpoint) sendAny(msg []byte) error {
	if err := checkSend(len(msg), e.size); err != nil {
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
	receipt, err := e.readMark(0)
	if err != nil {
		return err
	}
	if more := receipt - byte(e.taken/e.slots.quarter()); more > 0 {
		e.taken += uint64(more) * e.slots.quarter()
		return nil
	}
	return e.await()
}

// fill fills the next slot.
func (e *fileEndpoint) fill(length uint32, msg []byte) error {
	at := e.slots.at(e.sent)
	if err := e.put(length, msg, at+e.slots.record); err != nil {
		return err
	}
	if err := e.writeMark(e.slots.lap(e.sent), at, e.flags); err != nil {
		return err
	}
	e.sent++
	return e.stored()
}

func (e *fileEndpoint) Recv(buf []byte) (int, error) {
	if !e.plain || e.watch != nil || len(buf) < e.size {
		return e.recvAny(buf)
	}
	at, lap := e.slots.at(e.received), e.slots.lap(e.received)
	for {
		if rawSyscall(unix.SYS_PREAD64, e.peerFD, uintptr(unsafe.Pointer(&e.mark[0])), 1, uintptr(at), 0, 0) != 1 {
			return e.recvAny(buf)
		}
		if e.mark[0] == lap {
			break
		}
	}
	record := recordMessage - recordLength + e.size
	got := int(rawSyscall(unix.SYS_PREAD64, e.peerFD, uintptr(unsafe.Pointer(&e.frame[recordLength])), uintptr(record), uintptr(at+e.slots.record+recordLength), 0, 0))
	n := int(binary.LittleEndian.Uint32(e.frame[recordLength:]))
	if got != record || uint(n-1) >= uint(e.size) {
		return e.recvAny(buf)
	}
	copy(buf, e.frame[recordMessage:][:n])
	return n, e.pass()
}

// recvAny is Recv for every kind of record and every way of waiting.
func (e *fileEndpoint) recvAny(buf []byte) (int, error) {
	if err := checkRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	at := e.slots.at(e.received)
	for {
		lap, err := e.readMark(at)
		if err != nil {
			return 0, err
		}
		if lap == e.slots.lap(e.received) {
			return e.take(buf, at+e.slots.record)
		}
		if err := e.await(); err != nil {
			return 0, err
		}
	}
}

// take receives the message in the record at offset at.
func (e *fileEndpoint) take(buf []byte, at int64) (int, error) {
	length, have, err := e.get(buf, at)
	if err != nil {
		return 0, err
	}
	if have < recordMessage+e.size {
		return 0, e.truncated(at)
	}
	if length == endOfMessages {
		return 0, io.EOF
	}
	if err := e.checkLength(length); err != nil {
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
	return e.writeMark(byte(e.received/e.slots.quarter()), 0, 0)
}

func (e *fileEndpoint) Close() error {
	if e.closed() {
		return nil
	}
	return errors.Join(e.fill(endOfMessages, nil), e.release())
}
