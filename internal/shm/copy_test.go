package shm

import (
	"bytes"
	"testing"
	"unsafe"
)

// TestCopy: all of it, no more, and as much as fits.
func TestCopy(t *testing.T) {
	for _, n := range []int{0, 1, 63, longest - 1, longest, longest + 1, 5000, 1 << 20} {
		from, to := make([]byte, n), make([]byte, n+2)
		for i := range from {
			from[i] = byte(i*7 + 1)
		}
		Copy(to[1:n+1], from)
		if !bytes.Equal(to[1:n+1], from) || to[0] != 0 || to[n+1] != 0 {
			t.Errorf("%d bytes: another message, or more than that", n)
		}
		clear(to)
		Copy(to[:n/2], from)
		if !bytes.Equal(to[:n/2], from[:n/2]) || to[n/2] != 0 {
			t.Errorf("%d bytes into %d: another message, or more than that", n, n/2)
		}
	}
}

// longest is about where Copy takes another way.
const longest = 1024

// TestCopyShort: nothing, or all of it and no more.
func TestCopyShort(t *testing.T) {
	copied := map[int]bool{}
	for n := range 130 {
		from, to := make([]byte, n+1), make([]byte, n+2)
		for i := range from {
			from[i] = byte(i*7 + 1)
		}
		if !copyShort(unsafe.Pointer(&to[1]), unsafe.Pointer(&from[0]), n) {
			if !bytes.Equal(to, make([]byte, n+2)) {
				t.Errorf("%d bytes: not copied, and yet something is", n)
			}
			continue
		}
		copied[n] = true
		if !bytes.Equal(to[1:n+1], from[:n]) || to[0] != 0 || to[n+1] != 0 {
			t.Errorf("%d bytes: another message, or more than that", n)
		}
	}
	if !copied[8] || !copied[64] {
		t.Errorf("it copies %v, without a word or a line", copied)
	}
}
