package results

import "slices"

// groups divide the transports by what the data goes through, which a kind is
// too coarse for: a pipe and a socket are streams both.
var groups = []struct {
	name     string
	families []string
	kind     string // of transports that are not named here
}{
	{"Shared memory", nil, "memory"},
	{"Pipes", []string{"pipe", "fifo", "vmsplice"}, ""},
	{"Sockets", []string{"unix", "tcp", "udp", "vsock", "sockmap"}, ""},
	{"Message queues", []string{"mq", "sysvmsg"}, "queue"},
	{"Notification", []string{"eventfd", "signal", "futex"}, "notification"},
	{"Copied by the kernel", nil, "direct"},
	{"io_uring", []string{"uring", "msgring"}, ""},
	{"Files", []string{"file", "log"}, "file"},
	{"Other streams", nil, "stream"},
	{"Other datagrams", nil, "datagram"},
	{"Floors", nil, "floor"},
}

// Group says what the data of a cell goes through: "Shared memory", "Sockets".
func (c Cell) Group() string {
	for _, g := range groups {
		if slices.Contains(g.families, c.Family) {
			return g.name
		}
	}
	for _, g := range groups {
		if g.kind != "" && g.kind == c.Kind {
			return g.name
		}
	}
	return "Others"
}
