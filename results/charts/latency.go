package charts

import "ipcbench/results"

// latency draws the median round trip by message size.
func latency(p panel) (Chart, bool) {
	return bySize(p, figure{
		title:    "Round-trip latency",
		subtitle: "Ping-pong, one message in flight",
		above:    "Median round trip",
	}, nsTick, results.FormatNS)
}
