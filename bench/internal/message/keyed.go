package message

// A Key numbers messages so that only who has the key, or reads them, knows their
// first words: the high bits of a number come of the key. An end that is not told it
// proves by a [Digest] that it has read each message in its order, whatever it says of
// itself.
type Key uint64

// indexBits are those of a number that count messages, from 0. The rest is the key's.
const indexBits = 40

// Head is the first word of the i-th message, from 0.
func (k Key) Head(i uint64, p Phase) uint64 {
	number := uint64(k)*(i+1)>>(indexBits+2)<<indexBits | i
	return number*phases + uint64(p)
}

// A Digest is made of the first words of messages, one after the other. It begins with 0.
type Digest uint64

// Add takes in one more.
func (d Digest) Add(head uint64) Digest { return (d ^ Digest(head)) * patternStep }

// Of is the digest of all messages of a launch: so many of the warm-up, the last of
// which is the mark, so many that were measured, and where last, one more that says so.
func (k Key) Of(warmup, measured uint64, last bool) (d Digest) {
	for i := range warmup + measured {
		p := Measured
		switch {
		case i+1 < warmup:
			p = Warming
		case i+1 == warmup:
			p = Marking
		}
		d = d.Add(k.Head(i, p))
	}
	if last {
		d = d.Add(k.Head(warmup+measured, Last))
	}
	return d
}
