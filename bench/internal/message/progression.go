package message

import "encoding/binary"

// pieceBytes is how much of a pattern is compared at a time.
const pieceBytes = 128

// progressesInGo is progresses where no instruction compares several words.
func progressesInGo(words []byte, w uint64) bool {
	var differ uint64
	for ; len(words) >= 4*wordBytes; words = words[4*wordBytes:] {
		differ |= binary.LittleEndian.Uint64(words) ^ w
		differ |= binary.LittleEndian.Uint64(words[wordBytes:]) ^ (w + 1*patternStep&mask)
		differ |= binary.LittleEndian.Uint64(words[2*wordBytes:]) ^ (w + 2*patternStep&mask)
		differ |= binary.LittleEndian.Uint64(words[3*wordBytes:]) ^ (w + 3*patternStep&mask)
		w += 4 * patternStep & mask
	}
	return differ == 0
}

// mask keeps a product of constants to 64 bits.
const mask = 1<<64 - 1
