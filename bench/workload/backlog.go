package workload

// A Moment is when an end had sent so many messages of a stream, or more.
type Moment struct{ Messages, At int64 } // of the machine's clock, ns

// A sent keeps moments of a stream, each at most a quarter of the messages before it
// after the one before: how many messages had been sent when the other end
// received its first, only both ends together know. Those waited, and were only
// taken out in the time that the receiver counts.
type sent struct {
	moments [mostMoments]Moment
	n       int
	due     int64 // messages at which the next moment is kept
}

// mostMoments are those of 10^11 messages.
const mostMoments = 128

// step is how many messages there are to be up to the next moment, from n on.
func (*sent) step(n int64) int64 { return max(1, n/4) }

// stamp tells of a moment.
func (s *sent) stamp(messages, at int64) {
	if messages >= s.due && s.n < len(s.moments) {
		s.moments[s.n] = Moment{messages, at}
		s.n++
		s.due = messages + s.step(messages)
	}
}

// waiting is how many of the messages that the consumer counted may have been
// sent before it received the one that opened the window, at most; 0 where the producer kept no
// moments.
func (g Group) waiting() int64 {
	p := g.Producers[0]
	if len(p.SentBy) == 0 {
		return 0
	}
	began, counted := g.Consumers[0].Began, int64(0)
	for _, c := range g.Consumers {
		began, counted = min(began, c.Began), counted+c.Counted
	}
	had := p.Sent
	for _, m := range p.SentBy {
		if m.At >= began {
			had = m.Messages
			break
		}
	}
	return max(0, min(had-g.Consumers[0].Skipped-1, counted)) // the one that opens the window is not counted
}
