package effect

import (
	"fmt"
	"math"
	"strings"

	"ipcbench/results"
)

// FormatChange writes a change with its sign, "−6.8 %", and one to twice, to
// half or beyond as a factor, "×9.1" or "÷9.1": in percent, those two would
// look nothing like each other. What is not a number is results.Nothing.
func FormatChange(change float64) string {
	switch factor := 1 + change; {
	case math.IsNaN(change) || math.IsInf(change, 0):
		return results.Nothing
	case factor >= 2:
		return "×" + times(factor)
	case factor > 0 && factor <= 0.5:
		return "÷" + times(1/factor)
	case math.Abs(change) < 0.00005:
		return "0 %"
	case change < 0:
		return "−" + results.FormatPercent(change)
	}
	return "+" + results.FormatPercent(change)
}

// times writes a factor. What is beyond a thousand is no more than that: an interval of
// a few numbers that lie far apart reaches anywhere.
func times(factor float64) string {
	switch {
	case factor >= 999.5:
		return ">999"
	case factor >= 9.95:
		return fmt.Sprintf("%.0f", factor)
	}
	return fmt.Sprintf("%.1f", factor)
}

// FormatInterval writes the interval of a change as "[−8.4 %, −5.1 %]".
func FormatInterval(e Effect) string {
	if math.IsNaN(e.Lo) || math.IsNaN(e.Hi) || math.IsInf(e.Lo, 0) || math.IsInf(e.Hi, 0) {
		return results.Nothing
	}
	return "[" + FormatChange(e.Lo) + ", " + FormatChange(e.Hi) + "]"
}

// Terse is an interval, as it is written, with one sign for both its ends where these
// are percentages: "[−8.4, −5.1 %]".
func Terse(interval string) string {
	const sign = " %"
	if strings.Count(interval, sign) == 2 {
		return strings.Replace(interval, sign, "", 1)
	}
	return interval
}

// FormatP writes a p-value as "0.003", and what is below that as "<0.001".
func FormatP(p float64) string {
	switch {
	case math.IsNaN(p):
		return results.Nothing
	case p < 0.001:
		return "<0.001"
	case p < 0.0995:
		return fmt.Sprintf("%.3f", p)
	}
	return fmt.Sprintf("%.2f", p)
}
