package cmd

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ipcbench/bench"
	"ipcbench/internal/near"
	"ipcbench/results"
)

const (
	mixPrefix  = "mix:" // before sizes with their percentages
	filePrefix = "@"    // before the name of a file of sizes
)

// A sizeList is the value of --size.
type sizeList struct{ plan *bench.Plan }

func (l *sizeList) String() string        { return "" }
func (l *sizeList) Type() string          { return "sizes" }
func (l *sizeList) Set(text string) error { return addSizes(l.plan, text) }

// exampleSizes are one of each way to write sizes.
func exampleSizes() []knownWord {
	return []knownWord{
		{near.Word{Name: "64"}, "bytes"},
		{near.Word{Name: "4KiB"}, "4096 bytes"},
		{near.Word{Name: "1MiB"}, "1048576 bytes"},
		{near.Word{Name: "64..1MiB"}, "a range that doubles"},
		{near.Word{Name: mixPrefix + "64=90%,4KiB=10%"}, "a mix, each size with its percentage"},
		{near.Word{Name: filePrefix}, "then the name of a file, with a size a line"},
	}
}

// complete offers examples, and after an @ files.
func (l *sizeList) complete(typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	last := strings.LastIndexByte(typed, ',') + 1
	if path, is := strings.CutPrefix(typed[last:], filePrefix); is {
		return pathsLike(typed[:last]+filePrefix, path, false), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	return (&choice{known: exampleSizes, list: true}).complete(typed)
}

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
