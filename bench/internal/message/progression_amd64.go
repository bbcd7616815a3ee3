package message

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// progresses reports whether words, in bytes a multiple of pieceBytes, begin with w and go
// on by patternStep. It reads every byte once, as fast as memory is: compared with another
// message, as bytes.Equal does, 64 KiB that a peer has written took up to 1.3 times as long.
func progresses(words []byte, w uint64) bool {
	if !cpu.X86.HasAVX2 {
		return progressesInGo(words, w)
	}
	return len(words) == 0 || progressesAVX2(unsafe.SliceData(words), uintptr(len(words)/pieceBytes), w)
}

// progressesAVX2 is that for at least one piece. Implemented in assembly.
//
//go:noescape
func progressesAVX2(p *byte, pieces uintptr, w uint64) bool
