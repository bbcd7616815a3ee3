// Package message makes numbered messages that prove that they were carried,
// hands them to an endpoint and checks them on arrival.
//
// It knows bytes. It must not know what messages are exchanged for, nor how long
// that takes: both are the workload's.
package message

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// A message proves that it was carried: its first word holds its number and
// the phase it belongs to, its last word repeats them mixed with its length,
// and what lies between is a pattern. While warming up, and throughout with
// --verify full, the pattern depends on the number and every byte is checked.
// Otherwise the pattern stays the same from message to message, so that
// neither end spends its time on making it; both ends are checked, and every byte
// of one message in so many.
//
// Messages shorter than two words are patterned and checked whole, always.
type message []byte

// A Phase says what a message is for.
type Phase uint64

const (
	Warming  Phase = iota // not measured, every byte checked
	Marking               // the last of the warm-up: the receiver takes its bearings
	Measured              // counted
	Last                  // where ends are shared: the last that one of them sends, or receives
	phases   = 4
)

const wordBytes = 8

// stamp writes number and phase into both ends.
func (m message) stamp(number uint64, p Phase) {
	head := number*phases + uint64(p)
	if len(m) < 2*wordBytes {
		m.stampShort(head)
		return
	}
	m.stampLong(number, p)
}

// stampLong is stamp for a message of at least two words.
func (m message) stampLong(number uint64, p Phase) {
	head := number*phases + uint64(p)
	binary.LittleEndian.PutUint64(m, head)
	binary.LittleEndian.PutUint64(m[len(m)-wordBytes:], tail(head, len(m)))
}

// isLong reports whether m is a message of want bytes, at least two words, with
// this number and phase, as far as its ends say.
func (m message) isLong(want int, number uint64, p Phase) bool {
	head := number*phases + uint64(p)
	return len(m) == want && binary.LittleEndian.Uint64(m) == head && binary.LittleEndian.Uint64(m[len(m)-wordBytes:]) == tail(head, len(m))
}

// fill writes the pattern that belongs to number between the ends.
func (m message) fill(number uint64) {
	middle := m.middle()
	w := patternStart(number)
	for ; len(middle) >= wordBytes; middle = middle[wordBytes:] {
		binary.LittleEndian.PutUint64(middle, w)
		w += patternStep
	}
	for i := range middle {
		middle[i] = byte(w >> (8 * i))
	}
}

// phase tells what the message says it is for, unchecked.
func (m message) phase() Phase { return Phase(m[0] % phases) }

// check reports what is wrong with a message that should be want bytes long
// and have the given number: nothing, or an error.
func (m message) check(want int, number uint64) error {
	if len(m) != want || len(m) < 2*wordBytes {
		return m.checkShort(want, number)
	}
	if !m.isLong(want, number, m.phase()) {
		return m.wrongEnds(number, number*phases+uint64(m.phase()))
	}
	return nil
}

// wrongEnds says what is wrong with the ends of a message.
func (m message) wrongEnds(number, head uint64) error {
	if got := binary.LittleEndian.Uint64(m); got != head {
		return fmt.Errorf("message %d arrived where %d was due", got/phases, number)
	}
	got := binary.LittleEndian.Uint64(m[len(m)-wordBytes:])
	return fmt.Errorf("the end of message %d is not what was sent: %#x instead of %#x", number, got, tail(head, len(m)))
}

// checkMiddle compares every byte between the ends with the pattern of number.
func (m message) checkMiddle(number uint64) error {
	middle := m.middle()
	w := patternStart(number)
	for at := 0; at+wordBytes <= len(middle); at += wordBytes {
		if got := binary.LittleEndian.Uint64(middle[at:]); got != w {
			return fmt.Errorf("message %d was damaged: at byte %d is %#x instead of %#x", number, wordBytes+at, got, w)
		}
		w += patternStep
	}
	for i, got := range middle[len(middle)&^(wordBytes-1):] {
		if want := byte(w >> (8 * i)); got != want {
			return fmt.Errorf("message %d was damaged near its end: %#x instead of %#x", number, got, want)
		}
	}
	return nil
}

// sameMiddle compares every byte between the ends with another message's.
func (m message) sameMiddle(other message, number uint64) error {
	if !bytes.Equal(m.middle(), other.middle()) {
		return fmt.Errorf("message %d was damaged between its ends", number)
	}
	return nil
}

func (m message) middle() []byte {
	if len(m) < 2*wordBytes {
		return nil
	}
	return m[wordBytes : len(m)-wordBytes]
}

func (m message) stampShort(head uint64) {
	for i := range m {
		m[i] = shortByte(head, i)
	}
}

// checkShort is check for a message of fewer than two words, or of the wrong
// length.
func (m message) checkShort(want int, number uint64) error {
	if len(m) != want {
		return fmt.Errorf("message %d has %d bytes instead of %d", number, len(m), want)
	}
	head := number*phases + uint64(m.phase())
	for i, got := range m {
		if want := shortByte(head, i); got != want {
			return fmt.Errorf("byte %d of message %d is %#x instead of %#x", i, number, got, want)
		}
	}
	return nil
}

// shortByte is byte i of a short message: the head first, lowest byte first,
// then a pattern of it.
func shortByte(head uint64, i int) byte {
	if i < wordBytes {
		return byte(head >> (8 * i))
	}
	return byte(head) ^ byte(i)*0x5b
}

// The constants are odd, so that neighbouring numbers, places and lengths all
// give different words; their values mean nothing else.
const patternStep = 0x9e3779b97f4a7c15

func patternStart(number uint64) uint64 { return number*0xd1342543de82ef95 + 1 }

func tail(head uint64, length int) uint64 {
	return ^head ^ uint64(length)*0xa24baed4963ee407
}
