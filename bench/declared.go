package bench

import (
	"slices"

	"ipcbench/results"
	"ipcbench/transports"
)

// declare fills in what the transport says of itself and what every record keeps:
// by these, cells are brought together where no transport is known any more.
func (c *Cell) declare() {
	t, err := transports.Lookup(c.Spec.Transport)
	if err != nil {
		return
	}
	c.Kind = string(t.Info().Kind)
	c.Group = groupOf(t.Info())
	c.Waits = string(wayOf(c.Spec))
	if c.Spec.Waits() == transports.Parks {
		c.Needs = "threads"
	}
}

// groupOf says what the data of a transport goes through, until transports say so.
func groupOf(i transports.Info) string {
	for group, names := range map[string][]string{
		"Pipes": {"pipe", "fifo", "vmsplice"}, "Sockets": {"unix", "tcp", "udp", "sockmap"}, "Message queues": {"mq", "sysvmsg"},
		"Notification": {"eventfd", "signal", "futex"}, "io_uring": {"uring", "msgring"}, "Files": {"file", "log"},
	} {
		if slices.Contains(names, i.Name) {
			return group
		}
	}
	return map[transports.Kind]string{
		transports.Memory: "Shared memory", transports.Direct: "Copied by the kernel", transports.Floor: "Floors",
	}[i.Kind]
}

// wayOf names what an end of a spec does while it waits, until transports do.
func wayOf(s transports.Spec) results.Way {
	switch {
	case s.Caps().Has(transports.OneProcess):
		return results.UnknownWay
	case s.Waits() == transports.Spins:
		return results.Spins
	case s.Waits() == transports.Yields:
		return results.Yields
	case s.Waits() == transports.Parks:
		return results.Parks
	}
	switch s.Option("wait") {
	case "poll":
		return results.Polls
	case "epoll":
		return results.Epolls
	case "hybrid":
		return results.SpinSleeps
	}
	return results.Sleeps
}
