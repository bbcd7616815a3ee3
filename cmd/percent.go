package cmd

import (
	"fmt"
	"strconv"
	"strings"
)

// parsePercent reads "2%" or "2 %" as the ratio 0.02. A number without the sign
// is refused: it could be either.
func parsePercent(text string) (ratio float64, err error) {
	number, signed := strings.CutSuffix(text, "%")
	percent, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !signed || !(percent > 0) || percent > 1e6 {
		return 0, fmt.Errorf("%q is no percentage above 0: write it as 2%%", text)
	}
	return percent / 100, nil
}

// formatPercent writes a ratio in percent, with one decimal below 10: "7.1 %".
func formatPercent(ratio float64) string {
	if ratio < 0.0995 {
		return fmt.Sprintf("%.2g %%", 100*ratio)
	}
	return fmt.Sprintf("%.0f %%", 100*ratio)
}
