package shm

import "unsafe"

// copyShort is Copy of n bytes without a call, where they are a word, or a line or up to a
// quarter less. Of others it returns false, and has done nothing: the compiler would make
// it a call if it knew any more lengths.
//
// The first and the last word are moved on their own. Who sends numbered messages has
// just written these, and a wider load, with older bytes in it, would wait until they are
// in the cache.
func copyShort(to, from unsafe.Pointer, n int) bool {
	if n == 8 {
		*(*[8]byte)(to) = *(*[8]byte)(from)
		return true
	}
	if uint(n-48) > 16 {
		return false
	}
	*(*[8]byte)(to) = *(*[8]byte)(from)
	*(*[16]byte)(unsafe.Add(to, 8)) = *(*[16]byte)(unsafe.Add(from, 8))
	*(*[16]byte)(unsafe.Add(to, n-40)) = *(*[16]byte)(unsafe.Add(from, n-40))
	*(*[16]byte)(unsafe.Add(to, n-24)) = *(*[16]byte)(unsafe.Add(from, n-24))
	*(*[8]byte)(unsafe.Add(to, n-8)) = *(*[8]byte)(unsafe.Add(from, n-8))
	return true
}
