package transports

import (
	"errors"
	"io"
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
	e.received++
	if e.received%e.slots.quarter() != 0 {
		return int(length), nil
	}
	return int(length), e.writeMark(byte(e.received/e.slots.quarter()), 0, 0)
}

func (e *fileEndpoint) Close() error {
	if e.closed() {
		return nil
	}
	return errors.Join(e.fill(endOfMessages, nil), e.release())
}
