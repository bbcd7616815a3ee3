package workload

import (
	"time"

	"ipcbench/results"
	"ipcbench/transports"
)

// OneWay is one message at a time, at a light rate: the time from before its send
// to after its receipt, by the machine's one clock. It is not half of a round trip:
// the two directions, and what an end does between, need not take the same.
var OneWay = Workload{
	Name:     "oneway",
	Producer: sendLightly,
	Consumer: takeLightly,
	Axes:     []string{results.PacingColumn, results.WorkColumn, results.SizeMixColumn},
	Shared:   Task.ledgerBytes,
	Counts:   transports.Consumer,
}

func init() { Register(OneWay) }

// lightGap is the time between two messages, and between the end of a send that
// takes long and the next: so few that the one before has arrived.
const lightGap = 100 * time.Microsecond

func sendLightly(e *End) error {
	number, _, err := e.warmUp(e.Send)
	if err != nil {
		return err
	}
	first := number
	l, wait := e.ledger(), e.pacer()
	e.Begin()
	start := Now()
	now, due := start, start+int64(lightGap)
	for n := int64(0); !e.Over(n, start, now) && l.room(n); n = int64(number - first) {
		now = wait(due)
		if err := e.Send(number, Measured); err != nil {
			return err
		}
		l.sent(n, now, now)
		number++
		due = Now() + int64(lightGap)
	}
	e.Stop()
	if err := e.Close(); err != nil {
		return err
	}
	e.Done()
	e.Report.Sent = int64(number - first)
	return nil
}

func takeLightly(e *End) error {
	l, err := e.receiveAll()
	if err != nil {
		return err
	}
	l.sinceSent(e.Histogram(results.OneWays), e.reading())
	return nil
}
