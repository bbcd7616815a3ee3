package summary

import (
	"fmt"
	"math"

	"ipcbench/results"
)

const (
	mostTaken      = 0.25 // of a launch's time may a CPU have been with others: alone it is mostly below 0.1
	leastThrottled = 0.01 // of a launch's time must a quota have taken to be told of
	mostBusy       = 1.2  // of a launch's time may two ends have run that share one CPU
)

// Contended says whether the launch did not have its CPUs: other work ran on one
// of them while an end was ready to. What it says of the cell is what it says of
// that work, and so it is no evidence of a change.
func Contended(l results.Launch) bool { return taken(l) > mostTaken }

// taken is for which share of the launch, at least, a CPU of its ends was with
// others while one of them was ready to run there, by the ends' own accounts: it
// ran neither of them, and they waited. One that waits for a device is not ready,
// and two that share a CPU wait for each other, while that one runs. Of ends that
// are not pinned it is no more than what all of them could have had of one CPU.
func taken(l results.Launch) float64 {
	most := 0.0
	for _, share := range shares(l) {
		most = max(most, share.taken())
	}
	return max(0, most-throttled(l))
}

// throttled is for which share of the launch the CPU quota of its control group held
// it back, which is no other work, and may be what is asked about.
func throttled(l results.Launch) float64 {
	if l.Jitter == nil || l.Jitter.WatchedNS <= 0 {
		return 0
	}
	return min(1, float64(l.Jitter.Throttled)/float64(l.Jitter.WatchedNS))
}

// A share is what the ends on one CPU had of it, in parts of the launch's time.
type share struct {
	ran    float64
	waited float64 // ready to run; NaN: not all of them say
	always bool    // one of them is always ready to run
}

func (s share) taken() float64 {
	switch idle := max(0, 1-s.ran); {
	case !math.IsNaN(s.waited):
		return min(idle, s.waited)
	case s.always:
		return idle
	}
	return 0
}

// shares returns what the launch's ends had of each CPU that they are pinned to,
// or of all CPUs, by -1. Older records do not say what an end ran.
func shares(l results.Launch) map[int]share {
	all := map[int]share{}
	if l.Status != results.OK || l.ElapsedNS <= 0 {
		return nil
	}
	for _, w := range l.Workers {
		if !w.IsEnd() {
			continue
		}
		cpu := w.CPU
		if l.CPUs() == nil {
			cpu = -1
		}
		s := all[cpu]
		s.ran += float64(w.CPUNS) / float64(l.ElapsedNS)
		s.always = isAlwaysReady(l)
		if w.WaitNS == nil {
			s.waited = math.NaN()
		} else {
			s.waited += float64(*w.WaitNS) / float64(l.ElapsedNS)
		}
		all[cpu] = s
		if w.CPUNS == 0 {
			return nil
		}
	}
	return all
}

// isAlwaysReady says whether on each of the cell's CPUs an end always has
// something to do: of two that share one, whoever does not wait for the other,
// unless both may wait for storage, for a broker or for the time of the next message.
func isAlwaysReady(l results.Launch) bool {
	return !l.IsServed() && l.CPUs() != nil && (l.OnOneCPU() && l.Dir == "" || l.Way().Busy()) && l.RatePerS == 0
}

// isUnpinned says whether two ends that share a CPU ran at once: the kernel, or
// what stands in for one, takes a pinning and does not keep to it. It takes round
// trips to tell: a stream's producer runs for longer than its receiver counts.
func isUnpinned(l results.Launch) bool {
	_, ofRoundTrips := l.Metrics[results.RTTMean]
	return ofRoundTrips && l.OnOneCPU() && shares(l)[l.ProducerCPU].ran > mostBusy
}

// Of launches that did not have their CPUs, or more of them.
var (
	contended = results.Cautions(results.Caution{
		ID: "contended",
		Words: func(w results.Warning) string {
			return fmt.Sprintf("in %s of %s launches other work had the ends' CPUs, for up to %s of the time: these are no evidence of a change",
				w.Text("contended"), w.Text("launches"), results.FormatPercent(w.Number("taken")))
		},
		Brief: func(results.Warning) string {
			return "in some launches other work had the ends' CPUs: these are no evidence of a change"
		},
	})
	heldBack = results.Cautions(results.Caution{
		ID: "throttled",
		Words: func(w results.Warning) string {
			return fmt.Sprintf("the CPU quota of the control group held its processes back, in %s of %s launches, for up to %s of the time",
				w.Text("throttled"), w.Text("launches"), results.FormatPercent(w.Number("share")))
		},
		Brief: func(results.Warning) string { return "the CPU quota of the control group held its processes back" },
	})
	unpinned = results.Cautions(results.Caution{ID: "pinning-unreal", Words: func(results.Warning) string {
		return "two ends that were pinned to one CPU ran at once: what this system calls a CPU is none, and placements mean nothing here"
	}})
)

// markContended counts the launches that did not have their CPUs.
func (s *Summary) markContended() {
	most, held, longest := 0.0, 0, 0.0
	for _, launch := range s.OK {
		if share := throttled(launch); share > leastThrottled {
			held, longest = held+1, max(longest, share)
		}
		if Contended(launch) {
			s.Contended++
			most = max(most, taken(launch))
		}
		if isUnpinned(launch) {
			s.warn(unpinned.With())
		}
	}
	if held > 0 {
		s.warn(heldBack.With("throttled", held, "launches", s.Launches, "share", longest))
	}
	if s.Contended > 0 {
		s.warn(contended.With("contended", s.Contended, "launches", s.Launches, "taken", most))
	}
}
