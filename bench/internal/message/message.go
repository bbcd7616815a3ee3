// Package message makes numbered messages that prove that they were carried,
// hands them to an endpoint and checks them on arrival.
//
// It knows bytes. It must not know what messages are exchanged for, nor how long
// that takes: both are the workload's.
package message

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// A message proves that it was carried: its first word holds its number and
// the phase it belongs to, its last word repeats them the other way round, mixed
// with its length, and what lies between is a pattern. While warming up, and
// throughout with --verify full, the pattern depends on the number and every byte is
// checked. Otherwise the pattern stays the same from message to message, so that
// neither end spends its time on making it; both ends are checked, and every byte
// of one message in so many.
//
// Words are of 8 bytes, the lowest first, on every processor. A message of fewer
// than two words is all ends: it has the whole first word and of the last the highest
// bytes, as many as are left; or, of less than a word, the lowest bytes of the first.
// Every byte of it is made and checked, always, and by words as well: byte by byte, 8
// of them took twice as long as 64. Of at most 8, the phase stands there once, and is
// believed.
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
	if len(m) < wordBytes {
		m.stampTiny(number, p)
	} else {
		m.stampWords(number, p)
	}
}

// stampTiny is stamp for a message of less than a word.
func (m message) stampTiny(number uint64, p Phase) { putLow(m, number*phases+uint64(p)) }

// stampWords is stamp for a message of at least one word.
func (m message) stampWords(number uint64, p Phase) {
	head := number*phases + uint64(p)
	if len(m) > wordBytes {
		binary.LittleEndian.PutUint64(m[len(m)-wordBytes:], tail(head, len(m)))
	}
	binary.LittleEndian.PutUint64(m, head) // and over what it shares with the last
}

// is reports whether m is a message of want bytes with this number and phase, as far
// as its ends say.
func (m message) is(want int, number uint64, p Phase) bool {
	return m.isWords(want, number, p) || m.isTiny(want, number, p)
}

// isWords is is for a message of at least one word, and false for any other.
func (m message) isWords(want int, number uint64, p Phase) bool {
	head := number*phases + uint64(p)
	return len(m) == want && want >= wordBytes && binary.LittleEndian.Uint64(m) == head && (want == wordBytes ||
		(binary.LittleEndian.Uint64(m[len(m)-wordBytes:])^tail(head, want))>>overlap(want) == 0)
}

// isTiny is is for a message of less than a word, and false for any other.
func (m message) isTiny(want int, number uint64, p Phase) bool {
	return len(m) == want && want < wordBytes && low(m) == lowest(number*phases+uint64(p), want)
}

// ends returns the first and the last word of m, or what it has of them.
func (m message) ends() (first, last uint64) {
	n := len(m)
	if n < wordBytes {
		return low(m), 0
	}
	return binary.LittleEndian.Uint64(m), binary.LittleEndian.Uint64(m[n-wordBytes:]) >> overlap(n)
}

// endsOf is what ends has to return of a message of n bytes.
func endsOf(head uint64, n int) (first, last uint64) {
	if n < wordBytes {
		return lowest(head, n), 0
	}
	return head, tail(head, n) >> overlap(n)
}

// overlap is how many bits of the last word of n bytes, its lowest, lie in the first.
func overlap(n int) int { return 8 * max(0, 2*wordBytes-n) }

// fill writes the pattern that belongs to number between the ends.
func (m message) fill(number uint64) {
	middle := m.middle()
	w := patternStart(number)
	for ; len(middle) >= wordBytes; middle = middle[wordBytes:] {
		binary.LittleEndian.PutUint64(middle, w)
		w += patternStep
	}
	putLow(middle, w)
}

// phase tells what the message says it is for, unchecked.
func (m message) phase() Phase { return Phase(m[0] % phases) }

// check reports what is wrong with a message that should be want bytes long
// and have the given number: nothing, or an error.
func (m message) check(want int, number uint64) error {
	if len(m) != want {
		return fmt.Errorf("message %d has %d bytes instead of %d", number, len(m), want)
	}
	if !m.is(want, number, m.phase()) {
		return m.wrongEnds(number)
	}
	return nil
}

// wrongEnds says what is wrong with the ends of a message.
func (m message) wrongEnds(number uint64) error {
	first, last := m.ends()
	dueFirst, dueLast := endsOf(number*phases+uint64(m.phase()), len(m))
	switch {
	case first == dueFirst:
		return fmt.Errorf("the end of message %d is not what was sent: %#x instead of %#x", number, last, dueLast)
	case len(m) < wordBytes:
		return fmt.Errorf("message %d is %#x instead of %#x", number, first, dueFirst)
	}
	return fmt.Errorf("message %d arrived where %d was due", first/phases, number)
}

// checkMiddle compares every byte between the ends with the pattern of number.
func (m message) checkMiddle(number uint64) error {
	middle := m.middle()
	w, at := patternStart(number), 0
	if pieces := len(middle) / pieceBytes * pieceBytes; progresses(middle[:pieces], w) {
		w, at = w+uint64(pieces/wordBytes)*patternStep, pieces
	}
	for ; at+wordBytes <= len(middle); at += wordBytes {
		if got := binary.LittleEndian.Uint64(middle[at:]); got != w {
			return fmt.Errorf("message %d was damaged: at byte %d is %#x instead of %#x", number, wordBytes+at, got, w)
		}
		w += patternStep
	}
	rest := middle[len(middle)&^(wordBytes-1):]
	if got, want := low(rest), lowest(w, len(rest)); got != want {
		return fmt.Errorf("message %d was damaged near its end: %#x instead of %#x", number, got, want)
	}
	return nil
}

func (m message) middle() []byte {
	if len(m) < 2*wordBytes {
		return nil
	}
	return m[wordBytes : len(m)-wordBytes]
}

// putLow writes as many of w's bytes, the lowest first, as m has, which are at most
// 8. Two words that overlap take one branch where a loop over bytes takes one a byte.
func putLow(m []byte, w uint64) {
	switch n := len(m); {
	case n >= 4:
		binary.LittleEndian.PutUint32(m, uint32(w))
		binary.LittleEndian.PutUint32(m[n-4:], uint32(w>>(8*(n-4))))
	case n >= 2:
		binary.LittleEndian.PutUint16(m, uint16(w))
		binary.LittleEndian.PutUint16(m[n-2:], uint16(w>>(8*(n-2))))
	case n == 1:
		m[0] = byte(w)
	}
}

// low is the word whose lowest bytes putLow wrote, and which has no others.
func low(m []byte) uint64 {
	switch n := len(m); {
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(m)) | uint64(binary.LittleEndian.Uint32(m[n-4:]))<<(8*(n-4))
	case n >= 2:
		return uint64(binary.LittleEndian.Uint16(m)) | uint64(binary.LittleEndian.Uint16(m[n-2:]))<<(8*(n-2))
	case n == 1:
		return uint64(m[0])
	}
	return 0
}

// lowest is w with none but its lowest n bytes.
func lowest(w uint64, n int) uint64 { return w & (1<<(8*n) - 1) }

// The constants are odd, so that neighbouring numbers, places and lengths all
// give different words; their values mean nothing else.
const patternStep = 0x9e3779b97f4a7c15

func patternStart(number uint64) uint64 { return number*0xd1342543de82ef95 + 1 }

// tail is the last word of a message. The other way round, its highest byte, which a
// message of 9 bytes has of it, depends on the phase.
func tail(head uint64, length int) uint64 {
	return bits.ReverseBytes64(^head) ^ ofTails(length)
}

// ofTails is what all tails have of their length.
func ofTails(length int) uint64 { return uint64(length) * 0xa24baed4963ee407 }
