package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kballard/go-shellquote"
	"github.com/spf13/pflag"

	"ipcbench/bench"
)

// howAB says how variants are given, after what is wrong with them.
const howAB = `write what differs of each in quotes, as in ipcbench run --ab "mmap -d /mnt/ext4" "mmap -d /mnt/xfs"`

// parseVariants reads the two words after run --ab.
func parseVariants(ctx context.Context, tried *bench.Trials, texts []string) ([]bench.Variant, error) {
	if len(texts) != 2 {
		return nil, fmt.Errorf("--ab takes two variants, and here are %d: %s", len(texts), howAB)
	}
	var variants []bench.Variant
	for i, text := range texts {
		v, err := parseVariant(ctx, tried, text)
		if err != nil {
			return nil, fmt.Errorf("--ab: variant %c, %q: %w", 'A'+i, text, err)
		}
		variants = append(variants, v)
	}
	return variants, nil
}

// parseVariant reads one as a shell and then run would: specs, and the flags that
// can tell one variant from another.
func parseVariant(ctx context.Context, tried *bench.Trials, text string) (bench.Variant, error) {
	v := bench.Variant{Text: text}
	words, err := shellquote.Split(text)
	if err != nil {
		return v, fmt.Errorf("%s: %s", strings.ToLower(err.Error()), howAB)
	}
	flags := variantFlags(&v)
	if err := flags.Parse(words); err != nil {
		return v, variantError(flags, err)
	}
	if len(words) == 0 {
		return v, fmt.Errorf("it is empty: %s", howAB)
	}
	if flags.NArg() > 0 {
		v.Specs, err = parseSpecs(ctx, tried, flags.Args())
	}
	return v, err
}

// variantFlags are the flags of a variant.
func variantFlags(v *bench.Variant) *pflag.FlagSet {
	flags := pflag.NewFlagSet("variant", pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	addPlaces(flags, &v.Placements, &v.Dirs)
	addLabels(flags, &v.Labels)
	flags.StringVar(&v.Switch, "switch", "", "shell `command` to run before launches of this variant")
	return flags
}

// variantError says what is wrong with a flag of a variant.
func variantError(flags *pflag.FlagSet, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return badValue(asHelpWrites(invalid.GetFlag()), invalid.GetFlag(), invalid.GetValue(), invalid.Unwrap())
	}
	return fmt.Errorf("%w: a variant has SPECs and %s; what both have in common stands outside: %s", err, flagNames(flags), howAB)
}

// flagNames lists them: "--dir, --label, --placement, --switch".
func flagNames(flags *pflag.FlagSet) string {
	var names []string
	flags.VisitAll(func(flag *pflag.Flag) { names = append(names, "--"+flag.Name) })
	return strings.Join(names, ", ")
}
