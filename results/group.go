package results

// groups are what the data of a cell can go through, in the order of charts. A
// kind is too coarse for that: a pipe and a socket are streams both. Each
// transport declares its own; those of other modules follow by name.
var groups = []string{
	"Shared memory", "Pipes", "Sockets", "Message queues", "Notification",
	"Copied by the kernel", "io_uring", "Files", "Floors",
}

// CompareCellGroups orders cells by what their data goes through.
func CompareCellGroups(a, b Cell) int { return compareNames(groups, a.Group, b.Group) }
