package cmd

import (
	"slices"
	"strings"

	"ipcbench/bench"
	"ipcbench/results"
)

const (
	mixPrefix  = "mix:" // before sizes with their percentages
	filePrefix = "@"    // before the name of a file of sizes
)

// addSizes adds to a plan what a comma-separated list asks for: sizes, ranges of
// them, files of sizes, and mixes, to which all parts with a percentage belong that
// follow.
func addSizes(p *bench.Plan, text string) error {
	items := strings.Split(text, ",")
	for len(items) > 0 {
		n := 1
		if strings.HasPrefix(items[0], mixPrefix) {
			for n < len(items) && isShare(items[n]) {
				n++
			}
		}
		if err := addSize(p, strings.Join(items[:n], ",")); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

func isShare(item string) bool {
	return strings.Contains(item, "=") && !strings.HasPrefix(item, mixPrefix) && !strings.HasPrefix(item, filePrefix)
}

// addSize adds one of them, once.
func addSize(p *bench.Plan, item string) error {
	read := func(mix bench.Mix, err error) error {
		if err == nil && !slices.ContainsFunc(p.Mixes, func(other bench.Mix) bool { return other.Name == mix.Name }) {
			p.Mixes = append(p.Mixes, mix)
		}
		return err
	}
	if mix, is := strings.CutPrefix(item, mixPrefix); is {
		return read(bench.ParseMix(mix))
	}
	if path, is := strings.CutPrefix(item, filePrefix); is {
		return read(bench.ReadSizes(path))
	}
	sizes, err := results.ParseSizes(item)
	for _, size := range sizes {
		if !slices.Contains(p.Sizes, size) {
			p.Sizes = append(p.Sizes, size)
		}
	}
	return err
}
