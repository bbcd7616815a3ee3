package message

import "ipcbench/transports"

// inBursts is byCopy where a call hands over several messages of a stream, which lie one
// after the other in buffers of its own.
type inBursts struct {
	byCopy
	ep      transports.InBursts
	out, in []byte // of a burst
	laid    bool   // the messages in out have the pattern between their ends that x.message has
}

// A burst is mostBurst messages, which is what is usual elsewhere (DPDK's rte_ring,
// recvmmsg), or as many as have mostBurstBytes together: the gain is in calls and in lines
// that go from CPU to CPU, and long messages have no need of it.
const (
	mostBurst      = 32
	mostBurstBytes = 16 << 10
)

func newInBursts(x byCopy, ep transports.InBursts) *inBursts {
	room := max(1, min(mostBurst, mostBurstBytes/len(x.message))) * len(x.message)
	return &inBursts{byCopy: x, ep: ep, out: make([]byte, room), in: make([]byte, room)}
}

func (x *inBursts) Send(number uint64, p Phase) error {
	x.laid = x.laid && x.quick(p)
	return x.byCopy.Send(number, p)
}

func (x *inBursts) SendBurst(number uint64, n int64) error {
	size := len(x.message)
	inline := !x.full && size >= wordBytes
	if !x.laid {
		for at := 0; at < len(x.out); at += size {
			copy(x.out[at:], x.message)
		}
		x.laid = true
	}
	for end := number + uint64(n); number != end; {
		msgs := x.out[:min(len(x.out), int(end-number)*size)]
		for at := 0; at < len(msgs); at += size {
			if m := message(msgs[at : at+size]); inline {
				m.stampWords(number, Measured)
			} else {
				x.build(m, number, Measured)
			}
			number++
		}
		if err := x.ep.SendBurst(msgs, size); err != nil {
			return err
		}
	}
	return nil
}

func (x *inBursts) ReceiveBurst(number uint64, n int64) (received int64, err error) {
	size := len(x.message)
	for received < n {
		got, err := x.ep.RecvBurst(x.in[:min(len(x.in), int(n-received)*size)], size)
		if err != nil {
			return received, err
		}
		for msgs := message(x.in[:got*size]); len(msgs) > 0; msgs = msgs[size:] {
			m := msgs[:size]
			if number == x.whole || x.full || !m.isWords(size, number, Measured) {
				if _, err := x.examine(m, number); err != nil {
					return received, err
				}
			}
			number++
			received++
		}
	}
	return received, nil
}
