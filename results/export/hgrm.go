package export

import (
	"fmt"
	"io"
	"math"

	"ipcbench/results/summary"
)

// WriteHGRM writes a distribution as a percentile file of the HdrHistogram
// libraries, which their plotter reads: values in nanoseconds, up to the last
// percentile with 10 beyond it, and last the longest. Where the distribution is of
// several launches each has the same weight, and the count of a line is its share of
// all times.
func WriteHGRM(w io.Writer, d summary.Distribution) error {
	out := &checked{w: w}
	out.printf("%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)")
	for _, p := range d.Curve {
		out.printf("%12.3f %2.12f %10d %14.2f\n", p.NS, p.Q, int64(math.Ceil(p.Q*float64(d.Count))), 1/(1-p.Q))
	}
	if d.Count > 0 {
		out.printf("%12.3f %2.12f %10d\n", float64(d.Max), 1.0, d.Count)
	}
	out.printf("#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", d.Mean, d.Deviation)
	out.printf("#[Max     = %12.3f, Total count    = %12d]\n", float64(d.Max), d.Count)
	return out.err
}

// checked keeps the first error of writing.
type checked struct {
	w   io.Writer
	err error
}

func (c *checked) printf(format string, args ...any) {
	if c.err == nil {
		_, c.err = fmt.Fprintf(c.w, format, args...)
	}
}
