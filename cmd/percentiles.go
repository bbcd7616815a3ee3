package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"ipcbench/results"
)

// addPercentiles declares the flag for percentiles beside those of every table.
func addPercentiles(flags *pflag.FlagSet, into *[]float64) {
	flags.Func("percentiles", "also show these `percentiles`, as 99.99,99.999", func(text string) error {
		for _, word := range strings.Split(text, ",") {
			percent, err := results.ParsePercentile(strings.TrimSpace(word))
			if err != nil {
				return err
			}
			if !slices.Contains(*into, percent) {
				*into = append(*into, percent)
			}
		}
		if len(*into) > results.Bounds.Percentiles {
			return fmt.Errorf("these are %d percentiles: give no more than %d", len(*into), results.Bounds.Percentiles)
		}
		return nil
	})
}
