package workload

import (
	"ipcbench/results"
	"ipcbench/transports"
)

// Load is an open loop: the producer sends on a schedule, whether or not the
// consumer keeps up. A message's time is counted from the moment at which it was
// due, so that a stall delays all that was due meanwhile, as it does for whoever
// waits for them (G. Tene, "How not to measure latency", 2013). The times from the
// actual sends are kept beside it, uncorrected: where they differ, the rate was
// too high or something stalled.
var Load = Workload{
	Name:     "load",
	Producer: offer,
	Consumer: take,
	Axes:     []string{results.RateColumn, results.ArrivalsColumn, results.PacingColumn, results.WorkColumn, results.SizeMixColumn},
	Shared:   Task.ledgerBytes,
	Counts:   transports.Consumer,
	Account:  delivered,
}

func init() { Register(Load) }

func offer(e *End) error {
	number, _, err := e.warmUp(e.Send)
	if err != nil {
		return err
	}
	first := number
	l, s, wait := e.ledger(), e.schedule(), e.pacer()
	e.Begin()
	start := Now()
	now := start
	for due := start; l.room(int64(number - first)); due = start + s.next() {
		n := int64(number - first)
		if e.Messages > 0 && n >= e.Messages || e.Messages == 0 && n >= fewest && max(now, due)-start >= int64(e.Time) {
			break
		}
		now = wait(due)
		if err := e.Send(number, Measured); err != nil {
			return err
		}
		l.sent(n, due, now)
		number++
	}
	e.Stop()
	if err := e.Close(); err != nil {
		return err
	}
	e.Done()
	e.Report.Sent = int64(number - first)
	l.lateness(e.Histogram(results.Lateness))
	return nil
}

// take works out from the ledger what became of each message once the producer has
// closed: by then it has written down the last.
func take(e *End) error {
	l, err := e.receiveAll()
	if err != nil {
		return err
	}
	l.sinceDue(e.Histogram(results.OneWays), e.reading())
	l.sinceSent(e.Histogram(results.Uncorrected), e.reading())
	e.Set(results.ScheduledPerS, l.scheduledPerS())
	return nil
}

// delivered is the rate at which messages came, beside the one that was offered.
func delivered(l *results.Launch, _ []Group) error {
	l.Metrics[results.AchievedPerS] = float64(l.Messages) / (float64(l.ElapsedNS) / 1e9)
	return nil
}
