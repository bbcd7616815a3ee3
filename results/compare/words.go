package compare

import (
	"fmt"
	"math"

	"ipcbench/results"
)

// FormatChange writes a change with its sign, "−6.8 %", and one to twice, to
// half or beyond as a factor, "×9.1" or "÷9.1": in percent, those two would
// look nothing like each other. What is not a number is "—".
func FormatChange(change float64) string {
	switch factor := 1 + change; {
	case known(change) == nil:
		return "—"
	case factor >= 2:
		return "×" + times(factor)
	case factor > 0 && factor <= 0.5:
		return "÷" + times(1/factor)
	case math.Abs(change) < 0.00005:
		return "0 %"
	case change < 0:
		return "−" + percent(change)
	}
	return "+" + percent(change)
}

func times(factor float64) string {
	if factor >= 9.95 {
		return fmt.Sprintf("%.0f", factor)
	}
	return fmt.Sprintf("%.1f", factor)
}

// FormatInterval writes the interval of a change as "[−8.4 %, −5.1 %]".
func FormatInterval(e Effect) string {
	if known(e.Lo) == nil || known(e.Hi) == nil {
		return "—"
	}
	return "[" + FormatChange(e.Lo) + ", " + FormatChange(e.Hi) + "]"
}

// FormatP writes a p-value as "0.003", and what is below that as "<0.001".
func FormatP(p float64) string {
	switch {
	case math.IsNaN(p):
		return "—"
	case p < 0.001:
		return "<0.001"
	case p < 0.0995:
		return fmt.Sprintf("%.3f", p)
	}
	return fmt.Sprintf("%.2f", p)
}

// Words says the verdict as people do: "same within 1.2 %".
func (r Row) Words() string {
	switch r.Verdict {
	case Same:
		return "same within " + percent(r.Within)
	case Noisy:
		if r.Needed > 0 {
			return fmt.Sprintf("too noisy to tell, %d a side might", r.Needed)
		}
		return "too noisy to tell"
	case MachineChanged:
		return "the machine changed"
	}
	return string(r.Verdict)
}

// MetricName names a metric in a heading: "round trip, p50".
func MetricName(metric string) string {
	if name, known := metricNames[metric]; known {
		return name
	}
	return metric
}

var metricNames = map[string]string{
	results.RTTMin:     "round trip, shortest",
	results.RTTMean:    "round trip, mean",
	results.RTTP50:     "round trip, p50",
	results.RTTP90:     "round trip, p90",
	results.RTTP99:     "round trip, p99",
	results.RTTP999:    "round trip, p99.9",
	results.RTTMax:     "round trip, longest",
	results.OneWayP50:  "one way, p50",
	results.OneWayP99:  "one way, p99",
	results.OneWayP999: "one way, p99.9",
	results.MsgsPerS:   "messages per second",
	results.BytesPerS:  "bytes per second",
	results.CPUPerMsg:  "CPU time per message",
	results.CtxswPer:   "context switches per message",
	results.FaultsPer:  "page faults per message",
	results.Migrations: "migrations",
}
