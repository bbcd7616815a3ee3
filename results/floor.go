package results

import (
	"fmt"
	"slices"
)

// What says in words what the floor is of: "the cache-line round trip between
// CPUs 0 and 1".
func (f Floor) What() string {
	switch {
	case f.Name == "clock":
		return "reading the clock"
	case f.Name == "copy":
		return "copying " + FormatSize(f.SizeBytes)
	case f.Name == "null":
		return "the null transport's round trip of " + FormatSize(f.SizeBytes)
	case f.Name == "cacheline" && len(f.CPUs) == 2:
		return fmt.Sprintf("the cache-line round trip between CPUs %d and %d", f.CPUs[0], f.CPUs[1])
	}
	return "the floor " + f.Name
}

// Of says which of the floors of one name it is: "64 B", "CPUs 0 and 1", or ""
// where there is but one.
func (f Floor) Of() string {
	switch {
	case f.SizeBytes > 0:
		return FormatSize(f.SizeBytes)
	case len(f.CPUs) == 2:
		return fmt.Sprintf("CPUs %d and %d", f.CPUs[0], f.CPUs[1])
	}
	return ""
}

// Range returns between what the samples lay, in ns, but for the least and the
// greatest where there are at least five: one stall is no unsteady machine. It
// is 0 to 0 without any.
func (f Floor) Range() (lo, hi float64) {
	var sorted []float64
	for _, sample := range f.Samples {
		sorted = append(sorted, sample.NS)
	}
	slices.Sort(sorted)
	if len(sorted) >= 5 {
		sorted = sorted[1 : len(sorted)-1]
	}
	if len(sorted) == 0 {
		return 0, 0
	}
	return sorted[0], sorted[len(sorted)-1]
}
