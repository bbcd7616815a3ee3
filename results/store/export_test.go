package store

// SetPieceBytes makes pieces that small until undo is called.
func SetPieceBytes(n int64) (undo func()) {
	was := pieceBytes
	pieceBytes = n
	return func() { pieceBytes = was }
}
