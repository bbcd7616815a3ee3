package charts

import "ipcbench/results"

// throughput draws the bytes that arrive per second by message size.
func throughput(p panel) (Chart, bool) {
	return bySize(p, figure{
		title:    "Throughput",
		subtitle: "Streaming from one end to the other, counted at the receiver",
		above:    "Payload per second, in decimal units",
	}, bytesPerSTick, results.FormatBytesPerS)
}
