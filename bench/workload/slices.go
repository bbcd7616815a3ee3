package workload

import "math"

// Slices cut the measured part into successive slices of equal time, or of
// as many messages where a number of messages is measured, so that a drift
// within it can be seen. They are told of every stamp and read no clock.
type Slices struct {
	step    int64 // length of a slice: ns, or messages
	byCount bool
	due     int64 // time, or number of messages, at which the next cut is made
	cuts    [mostSlices]cut
	n       int // of cuts
}

// A cut is a moment of the measured part: so many messages were done by then.
type cut struct{ messages, at int64 }

// A measured part has up to mostSlices slices; where its stamps are so rare
// that there are fewer than fewestSlices, those would say nothing.
const (
	mostSlices   = 10
	fewestSlices = 5
)

// Slices returns those of the measured part that the task asks for.
func (t *Task) Slices() Slices {
	if t.Messages > 0 {
		return Slices{step: max(1, t.Messages/mostSlices), byCount: true}
	}
	return Slices{step: max(1, int64(t.Time)/mostSlices)}
}

// Begin opens the first slice.
func (s *Slices) Begin(messages, at int64) {
	s.due = s.progress(messages, at)
	s.cut(messages, at)
}

// Stamp tells of a stamp. It costs a comparison, but for the ten at which a
// slice ends.
func (s *Slices) Stamp(messages, at int64) {
	if s.progress(messages, at) >= s.due {
		s.cut(messages, at)
	}
}

func (s *Slices) progress(messages, at int64) int64 {
	if s.byCount {
		return messages
	}
	return at
}

// cut ends a slice here. Where the last stamp is long ago, the next cut is
// still due at a whole number of steps from the beginning. The last slice has
// what is left.
func (s *Slices) cut(messages, at int64) {
	s.cuts[s.n] = cut{messages, at}
	s.n++
	late := s.progress(messages, at) - s.due
	s.due += (late/s.step + 1) * s.step
	if s.n == len(s.cuts) {
		s.due = math.MaxInt64
	}
}

// PerMessage returns the mean time of a message in each slice, in ns, the
// stamps' own included. The measured part ended at the moment given.
func (s *Slices) PerMessage(messages, at int64) []float64 {
	var means []float64
	for i, from := range s.cuts[:s.n] {
		to := cut{messages, at}
		if i+1 < s.n {
			to = s.cuts[i+1]
		}
		if to.messages > from.messages {
			means = append(means, float64(to.at-from.at)/float64(to.messages-from.messages))
		}
	}
	if len(means) < fewestSlices {
		return nil
	}
	return means
}
