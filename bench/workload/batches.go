package workload

import "ipcbench/results"

// Batches keep the moments of stamps between which lie as many operations each,
// so that the mean time of an operation can be told of every batch: finer than
// the clock's tick by as many times, and at no reading of the clock.
type batches struct {
	at           []int64 // the moments, ns
	kept         int     // of them
	stride, wait int64   // one stamp in stride is kept; so many more until then
}

// mostBatches is up to how many moments are kept, an even number.
const mostBatches = 1 << 15

// newBatches has memory that is faulted in.
func newBatches() *batches {
	b := &batches{at: make([]int64, mostBatches), stride: 1, wait: 1}
	clear(b.at)
	return b
}

// stamp tells of a stamp.
func (b *batches) stamp(at int64) {
	if b.wait--; b.wait == 0 {
		b.keep(at)
	}
}

func (b *batches) keep(at int64) {
	if b.kept == len(b.at) {
		b.thin()
	}
	b.at[b.kept] = at
	b.kept++
	b.wait = b.stride
}

// thin makes room: it drops every other moment, and batches are twice as long
// from then on. Its own time is in one batch of many.
func (b *batches) thin() {
	b.kept /= 2
	for i := range b.kept {
		b.at[i] = b.at[2*i]
	}
	b.stride *= 2
}

// means returns the mean time of an operation in each batch, in ns, where one in
// every operations is stamped and a stamp costs so much.
func (b *batches) means(every int64, stamp float64) []float64 {
	var means []float64
	for i := 1; i < b.kept; i++ {
		took := float64(b.at[i]-b.at[i-1]) - float64(b.stride)*stamp
		means = append(means, max(0, took/float64(b.stride*every)))
	}
	return means
}

// median returns that of the means, and false where these are so few that one
// stall would be it.
func (b *batches) median(every int64, stamp float64) (ns float64, ok bool) {
	means := b.means(every, stamp)
	if len(means) < fewest {
		return 0, false
	}
	return results.Median(means), true
}
