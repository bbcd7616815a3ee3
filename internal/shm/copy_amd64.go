package shm

import "golang.org/x/sys/cpu"

// Copy is copy, into or out of memory that two processes share. Long messages are
// moved by one instruction where the processor is good at that: it then need not
// fetch the lines that it is about to overwrite whole, which the reader still has,
// as the stores of the Go runtime's memmove make it do.
//
// It is inlined: short messages have no call but that of the runtime's memmove
// between their arrival and their answer.
func Copy(to, from []byte) {
	if len(from) >= longMessage {
		copyLong(to, from)
		return
	}
	copy(to, from)
}

func copyLong(to, from []byte) {
	n := min(len(to), len(from))
	if n < longMessage || !cpu.X86.HasERMS {
		copy(to, from)
		return
	}
	moveBytes(&to[0], &from[0], n)
}

// longMessage is from how many bytes on REP MOVSB is no slower.
const longMessage = 1024

// moveBytes is REP MOVSB. Implemented in assembly.
//
//go:noescape
func moveBytes(to, from *byte, n int)
