package results

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sizes are binary (1 KiB = 1024 B), rates are decimal (1 MB/s = 1e6 B/s).
const (
	kibi = 1 << 10
	mebi = 1 << 20
	gibi = 1 << 30
)

var sizeUnits = map[string]uint64{
	"": 1, "B": 1,
	"K": kibi, "KI": kibi, "KIB": kibi,
	"M": mebi, "MI": mebi, "MIB": mebi,
	"G": gibi, "GI": gibi, "GIB": gibi,
}

// ParseSize reads a number of bytes, at least 1: "64", "64B", "4k", "4KiB",
// "1M", "1 GiB", in any case. "4KB" is refused, for it is read both ways.
func ParseSize(text string) (int, error) {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit := strings.ToUpper(text[len(digits):])
	number, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 64)
	if whole, broken := inBytes(text); broken {
		return 0, fmt.Errorf("size %q: write a whole number of bytes, as %d", text, whole)
	}
	if err != nil {
		return 0, fmt.Errorf("size %q: write a whole number of bytes as 64, 4KiB or 1MiB", text)
	}
	if number == 0 {
		return 0, fmt.Errorf("size %q: a message has at least 1 byte", text)
	}
	if binary, known := sizeUnits[strings.TrimSuffix(unit, "B")]; known && len(unit) == 2 && unit[1] == 'B' {
		return 0, ambiguousSize(text, number, unit[:1], binary)
	}
	factor, known := sizeUnits[unit]
	if !known {
		return 0, fmt.Errorf("size %q: no unit is called %q: write B, KiB, MiB or GiB", text, text[len(digits):])
	}
	if number > math.MaxInt/factor {
		return 0, fmt.Errorf("size %q: larger than this machine can address", text)
	}
	return int(number * factor), nil
}

// inBytes reads a size as it is not written here, "1e6" or "1.5KiB", where it is a whole
// number of bytes.
func inBytes(text string) (bytes int, is bool) {
	number := strings.TrimRight(text, "BIKMGbikmg")
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	factor, known := sizeUnits[strings.ToUpper(text[len(number):])]
	value *= float64(factor)
	if _, plain := strconv.ParseUint(strings.TrimSpace(number), 10, 64); plain == nil || err != nil || !known {
		return 0, false
	}
	return int(value), value >= 1 && value <= math.MaxInt32 && value == math.Trunc(value)
}

// ambiguousSize tells both readings of a size such as 4KB.
func ambiguousSize(text string, number uint64, letter string, binary uint64) error {
	decimal := map[uint64]uint64{kibi: 1e3, mebi: 1e6, gibi: 1e9}[binary]
	if number > math.MaxUint64/binary {
		return fmt.Errorf("size %q: larger than this machine can address", text)
	}
	return fmt.Errorf("size %q has two readings: write %d%siB for %d bytes or %d", text, number, letter, number*binary, number*decimal)
}

// ParseSizes reads a comma-separated list of sizes and of ranges that double,
// as in "64,4KiB..1MiB". Both ends of a range belong to it; a size given twice
// counts once.
func ParseSizes(text string) ([]int, error) {
	var sizes []int
	for _, item := range strings.Split(text, ",") {
		low, high, isRange := strings.Cut(item, "..")
		if !isRange {
			high = low
		}
		first, err := ParseSize(strings.TrimSpace(low))
		if written := asRange(item); err != nil && written != "" {
			return nil, fmt.Errorf("sizes %q: a range is written with two points: %s", item, written)
		}
		if err != nil {
			return nil, err
		}
		last, err := ParseSize(strings.TrimSpace(high))
		if err != nil {
			return nil, err
		}
		if first > last {
			return nil, fmt.Errorf("sizes %q: the range is empty: write the smaller end first", item)
		}
		for _, size := range doublings(first, last) {
			if !slices.Contains(sizes, size) {
				sizes = append(sizes, size)
			}
		}
	}
	return sizes, nil
}

// asRange writes two sizes with something else between them as a range, or "" where
// they are none.
func asRange(item string) string {
	low, high, _ := strings.Cut(strings.NewReplacer("-", "..", ":", "..", "…", "..").Replace(item), "..")
	for _, end := range []string{low, high} {
		if _, err := ParseSize(end); err != nil {
			return ""
		}
	}
	return low + ".." + high
}

func doublings(first, last int) []int {
	sizes := []int{first}
	for size := first; size <= last/2; {
		size *= 2
		sizes = append(sizes, size)
	}
	if sizes[len(sizes)-1] != last {
		sizes = append(sizes, last)
	}
	return sizes
}

// FormatSize writes a number of bytes exactly: "4 KiB", "1000 B".
func FormatSize(bytes int) string {
	for _, unit := range []struct {
		name string
		size int
	}{{"GiB", gibi}, {"MiB", mebi}, {"KiB", kibi}} {
		if bytes != 0 && bytes%unit.size == 0 {
			return fmt.Sprintf("%d %s", bytes/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d B", bytes)
}

// ParseRate reads a number per second: "500", "10k", "2.5M", "1G", with or without
// a "/s" behind it. It is above 0 and at most 1e9.
func ParseRate(text string) (perS float64, err error) {
	number := strings.TrimSuffix(text, "/s")
	factor := 1.0
	for letter, thousands := range map[string]float64{"k": 1e3, "M": 1e6, "G": 1e9} {
		if without, has := strings.CutSuffix(number, letter); has {
			number, factor = without, thousands
		}
	}
	rate, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if rate *= factor; err != nil || !(rate > 0) || rate > 1e9 {
		return 0, fmt.Errorf("rate %q: write a number of messages per second above 0, up to 1G, as 500, 10k or 2.5M", text)
	}
	return rate, nil
}

// Nothing stands where there is no number.
const Nothing = "—"

// FormatNS writes a time in nanoseconds to three significant digits: "12.3 µs".
func FormatNS(ns float64) string { return scaled(ns, "ns", "µs", "ms", "s") }

// FormatBareNS writes a time in whole nanoseconds without the unit, where there is
// little room: "96", "9.5", "12k".
func FormatBareNS(ns float64) string {
	switch size := math.Abs(ns); {
	case math.IsNaN(ns) || math.IsInf(ns, 0):
		return Nothing
	case size < 9.95:
		return strconv.FormatFloat(ns, 'f', 1, 64)
	case size >= 9999.5:
		return strconv.FormatFloat(ns/1000, 'f', 0, 64) + "k"
	}
	return strconv.FormatFloat(ns, 'f', 0, 64)
}

// FormatRate writes a number per second to three significant digits: "1.32 M/s".
func FormatRate(perS float64) string { return scaled(perS, "/s", "k/s", "M/s", "G/s") }

// FormatBytesPerS writes a rate to three significant digits, 1 GB being 1e9
// bytes: "1.25 GB/s".
func FormatBytesPerS(perS float64) string { return scaled(perS, "B/s", "kB/s", "MB/s", "GB/s", "TB/s") }

// FormatCount writes a count, which may be a mean, to three significant digits
// and at most three decimals: "2.00", "0.012", "1.23 M".
func FormatCount(count float64) string {
	switch size := math.Abs(count); {
	case count != 0 && size < 0.001:
		return "<0.001"
	case count != 0 && size < 0.1:
		return strconv.FormatFloat(count, 'f', 3, 64)
	}
	return strings.TrimSpace(scaled(count, "", "k", "M", "G", "T"))
}

// scaled writes value to three significant digits in the unit, each a thousand
// of the one before, that leaves one to three digits before the point.
func scaled(value float64, units ...string) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return Nothing
	}
	if value == 0 {
		return "0 " + units[0]
	}
	unit := 0
	for math.Abs(value) >= 999.5 && unit < len(units)-1 {
		value /= 1000
		unit++
	}
	return threeDigits(value) + " " + units[unit]
}

func threeDigits(value float64) string {
	decimals := 2
	switch size := math.Abs(value); {
	case size >= 99.95:
		decimals = 0
	case size >= 9.995:
		decimals = 1
	case size < 0.995:
		decimals = 3
	}
	return strconv.FormatFloat(value, 'f', decimals, 64)
}

// FormatPercent writes the size of a ratio to two digits, or to as many as there
// are before the point: "0.42 %", "4.2 %", "120 %".
func FormatPercent(ratio float64) string {
	decimals := 0
	switch size := 100 * math.Abs(ratio); {
	case size == 0 || math.IsNaN(size) || math.IsInf(size, 0):
	case size < 0.995:
		decimals = 2
	case size < 9.95:
		decimals = 1
	}
	return fmt.Sprintf("%.*f %%", decimals, 100*math.Abs(ratio))
}

// FormatSpread writes how far values spread as a ratio of what they spread around. Of
// what is not known to a factor of two, that is all there is to say: ">100 %".
func FormatSpread(ratio float64) string {
	if ratio > 1 {
		return ">100 %"
	}
	return FormatPercent(ratio)
}

// FormatPercentAsGiven writes a ratio that somebody chose with no more digits
// than that took: "2 %", "2.5 %".
func FormatPercentAsGiven(ratio float64) string { return fmt.Sprintf("%.3g %%", 100*ratio) }

// ParsePercent reads "2%" or "2 %" as the ratio 0.02. A number without the sign
// is refused: it could be either.
func ParsePercent(text string) (ratio float64, err error) {
	number, signed := strings.CutSuffix(text, "%")
	percent, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !signed || !(percent > 0) || percent > 1e6 {
		return 0, fmt.Errorf("%q is no percentage above 0: write it as 2%%", text)
	}
	return percent / 100, nil
}

// Plain writes a number in full, for programs: the fewest digits that read back
// the same, no exponent, and "" where there is none.
func Plain(value float64) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return ""
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

// Known returns nil, which is null in JSON, for what is not a number.
func Known(value float64) *float64 {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return nil
	}
	return &value
}

func plainNonZero(value float64) string {
	if value == 0 {
		return ""
	}
	return Plain(value)
}

func plainCPU(cpu int) string {
	if cpu < 0 {
		return ""
	}
	return strconv.Itoa(cpu)
}

// Capital begins a word with a capital letter.
func Capital(word string) string {
	initial, length := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(initial)) + word[length:]
}
