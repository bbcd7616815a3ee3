//go:build !amd64

package message

// progresses reports whether words, in bytes a multiple of pieceBytes, begin with w and go
// on by patternStep. It reads every byte once.
func progresses(words []byte, w uint64) bool { return progressesInGo(words, w) }
