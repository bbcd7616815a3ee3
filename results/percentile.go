package results

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A percentile that is asked for is a metric like any other, by a name from which all
// that is known of it follows: "rtt_p9999_ns" is the p99.99 of the histogram "rtt".
// The digits stand behind a decimal point: that is the quantile.
var percentileName = regexp.MustCompile(`^(\w+)_p(\d{2,12})_ns$`)

// percentText is how a percentage is written that is a percentile.
var percentText = regexp.MustCompile(`^\d{1,2}(\.\d{1,10})?$`)

// ParsePercentile reads a percentile, as "99.99".
func ParsePercentile(text string) (float64, error) {
	percent, err := strconv.ParseFloat(text, 64)
	if err != nil || !percentText.MatchString(text) || !isPercentile(percent) {
		return 0, fmt.Errorf("%q is no percentile: give numbers above 0 and below 100, as 99.99", text)
	}
	return percent, nil
}

func isPercentile(percent float64) bool {
	return percent > 0 && percent < 100 && percentText.MatchString(formatPercentile(percent))
}

// formatPercentile writes it in as few digits as tell it: "99.99".
func formatPercentile(percent float64) string { return strconv.FormatFloat(percent, 'f', -1, 64) }

// Percentiles are the metrics of these percentiles for each histogram that some of
// the launches have, and whose percentiles are metrics.
func Percentiles(percents []float64, launches []Launch) []Metric {
	if len(percents) == 0 {
		return nil
	}
	has := map[string]bool{}
	for _, l := range launches {
		for name := range l.Histograms {
			has[name] = true
		}
	}
	var all []Metric
	for _, histogram := range slices.Sorted(maps.Keys(has)) {
		for _, percent := range percents {
			if m, known := PercentileOf(histogram, percent); known {
				all = append(all, m)
			}
		}
	}
	return all
}

// PercentileOf is the metric of a percentile of the named histogram. It is not known
// of one that no metric is a quantile of.
func PercentileOf(histogram string, percent float64) (m Metric, known bool) {
	whole, rest, _ := strings.Cut(formatPercentile(percent), ".")
	return percentileNamed(fmt.Sprintf("%s_p%02s%s_ns", histogram, whole, rest))
}

func percentileNamed(name string) (m Metric, known bool) {
	found := percentileName.FindStringSubmatch(name)
	if found == nil {
		return m, false
	}
	of, digits := found[1], found[2]
	like := slices.IndexFunc(metrics, func(m Metric) bool { return m.Of == of })
	q, err := strconv.ParseFloat("0."+digits, 64)
	if like < 0 || err != nil || q <= 0 {
		return m, false
	}
	kind, _, _ := strings.Cut(metrics[like].Words, ", p")
	percent := strings.TrimPrefix(digits[:2], "0")
	if rest := digits[2:]; rest != "" {
		percent += "." + rest
	}
	return Metric{Name: name, Words: kind + ", p" + percent, Unit: metrics[like].Unit, Of: of, Q: q}, true
}

// Percent is which percentile the metric is, as in a heading: "p99.99"; "" where it
// is none.
func (m Metric) Percent() string {
	if m.Of == "" {
		return ""
	}
	_, percent, _ := strings.Cut(m.Words, ", ")
	return percent
}

// WithMetrics is the launches, each with those of the metrics that its histograms
// tell. The launches themselves stay as they are.
func WithMetrics(launches []Launch, percentiles []Metric) []Launch {
	if len(percentiles) == 0 {
		return launches
	}
	launches = slices.Clone(launches)
	for i := range launches {
		launches[i].Metrics = withMetrics(launches[i], percentiles)
	}
	return launches
}

func withMetrics(l Launch, percentiles []Metric) map[string]float64 {
	all, decoded := maps.Clone(l.Metrics), map[string]Times{}
	for _, m := range percentiles {
		encoded, has := l.Histograms[m.Of]
		if _, done := decoded[m.Of]; has && !done {
			decoded[m.Of], _ = DecodeTimes(encoded) // of what cannot be read nothing is told
		}
		if ns, told := decoded[m.Of].Quantile(m.Q); told && all != nil {
			all[m.Name] = ns
		}
	}
	return all
}
