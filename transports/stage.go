package transports

import "os"

// A Stage is a part of making a link, or an end of one, that is worth telling from
// the others. Transports say where one begins, by [Spec.Begin], and do not know
// whether anybody times it.
type Stage string

// The stages, in the order in which a transport may come to them.
const (
	Creating   Stage = "create"  // making what holds the messages: what Create does unless it says otherwise
	Extending  Stage = "extend"  // giving a file its length, and reserving the room
	Connecting Stage = "connect" // bringing two ends together that were made apart
	Opening    Stage = "open"    // making an end: what Open does unless it says otherwise
	Mapping    Stage = "map"     // the call that maps memory (mmap, shmat)
	Locking    Stage = "lock"    // keeping its pages in memory (mlock2)
	Touching   Stage = "touch"   // having its pages there, before the first message
)

// Stages are all of them, in that order.
var Stages = []Stage{Creating, Extending, Connecting, Opening, Mapping, Locking, Touching}

// Begin says that the stage begins here, which ends the one before.
func (s Spec) Begin(stage Stage) {
	if s.OnStage != nil {
		s.OnStage(stage)
	}
}

// Mapped is implemented by an [Endpoint] over mapped memory.
type Mapped interface {
	// Mapped returns all that the endpoint has mapped of what the two ends share.
	Mapped() []byte
}

// Backed is implemented by a [Transport] whose messages lie in the pages of a file,
// be it one in memory: what a page of such a file costs, when it is touched and
// when it is written, can be measured beside it.
type Backed interface {
	// Backing returns a new and empty file such as a link of spec lies in. It has
	// no name, and is the caller's.
	Backing(Spec) (*os.File, error)
}
