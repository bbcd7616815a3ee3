package workload

import "ipcbench/results"

// A Report is what an end found out. It travels as JSON.
type Report struct {
	Worker   results.Worker
	Served   *results.Worker // what the processes cost that serve its link; nil: there are none, or the other end counts them
	Sent     int64           // measured messages sent
	Received int64           // measured messages received and verified
	Verified int64           // all messages received and verified, warm-up included

	Skipped int64  // messages received before the one at Began, as not of a whole batch
	Sum     uint64 // of what several take out of one queue: of all numbers sent or received, each mixed; see message.Crowd

	Counted      int64     // messages from Began to Ended, on the side that counts
	Bytes        int64     // of those, see [Task.Bytes]; 0: each has the cell's size
	Began, Ended int64     // of the machine's clock, ns
	Sending      int64     // of a stream that a program sends: how long it says that took, ns
	SentBy       []Moment  // of a stream, by the end that sends it
	Slices       []float64 // mean time of a message in successive slices of that, ns; nil: too few stamps

	Parts []results.Part // what each of several producers had of Counted, by the one consumer

	CacheLineNS []float64 // of the end that serves: its round trip with the other before what is measured and after

	Counting [2]int64 // of an end that is sampled: from when to when, by the machine's clock, ns

	Metrics        map[string]float64 // that the end set
	Histograms     map[string]string  // by name, encoded
	Warnings       []results.Warning  // for the launch
	ClockUncertain int64              // by how much its readings of the clock may be off, ns
}

// Elapsed is the time that Counted messages took, in ns.
func (r Report) Elapsed() int64 { return r.Ended - r.Began }
