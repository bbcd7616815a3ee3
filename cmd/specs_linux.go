package cmd

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"ipcbench/bench"
	"ipcbench/transports"
)

var defaultSpecs = []string{"mmap:wait=spin", "mmap:wait=futex", "pipe", "unix", "file"}

// parseSpecs reads transport specs, each once however often it is given. None
// stands for the default ones, "all" for every transport that can run here, and
// "all:wait=spin" for every one that has this option and can run so.
func parseSpecs(ctx context.Context, tried *bench.Trials, texts []string) ([]transports.Spec, error) {
	if len(texts) == 0 {
		texts = defaultSpecs
	}
	var specs []transports.Spec
	seen := map[string]bool{}
	for _, text := range texts {
		several, err := parseSpec(ctx, tried, text)
		if err != nil {
			return nil, err
		}
		for _, spec := range several {
			if !seen[spec.String()] {
				seen[spec.String()] = true
				specs = append(specs, spec)
			}
		}
	}
	return specs, ctx.Err()
}

func parseSpec(ctx context.Context, tried *bench.Trials, text string) ([]transports.Spec, error) {
	if text == allTransports {
		return allSpecs(ctx, tried), nil
	}
	if options, found := strings.CutPrefix(text, allTransports+":"); found {
		return allWith(ctx, tried, options)
	}
	spec, err := parseOne(text)
	return []transports.Spec{spec}, err
}

// parseOne reads a transport spec, and says of another word where that belongs.
func parseOne(text string) (transports.Spec, error) {
	spec, err := transports.Parse(text)
	switch elsewhere := astray(text); {
	case err == nil || isSpec(text):
	case elsewhere != "":
		err = fmt.Errorf("no transport is called %q: %s", text, elsewhere)
	case strings.Contains(text, "=") && !strings.Contains(text, ":"):
		err = fmt.Errorf("no transport is called %q: options stand behind a transport and a colon, as in mmap:wait=futex", text)
	}
	return spec, err
}

// allSpecs returns every transport that can run here with its defaults, and
// with each value of its main options, one at a time.
func allSpecs(ctx context.Context, tried *bench.Trials) []transports.Spec {
	var specs []transports.Spec
	for _, transport := range transports.All() {
		info := transport.Info()
		if info.Caps.Has(transports.OneProcess) {
			continue
		}
		variants := []string{info.Name}
		for _, option := range info.Options {
			for _, value := range mainValues(option) {
				variants = append(variants, fmt.Sprintf("%s:%s=%s", info.Name, option.Name, value))
			}
		}
		for _, variant := range variants {
			if spec, err := transports.Parse(variant); err == nil {
				specs = append(specs, spec)
			}
		}
	}
	return availableOf(ctx, tried, specs)
}

// mainValues returns the values of option, beside the default, that tell main
// variants of a transport apart: what it is made of, and of the ways of waiting
// the first of each kind, such as block of block, poll and epoll.
func mainValues(option transports.Option) []string {
	switch option.Name {
	case "type", "over":
		return option.ValueNames()[1:]
	case "wait":
		var seen []transports.Waiting
		var values []string
		for _, value := range option.Values {
			waits := value.Waits
			waits.Name = "" // what is left is what a scheduler sees
			if !slices.Contains(seen, waits) {
				seen, values = append(seen, waits), append(values, value.Name)
			}
		}
		return values[1:]
	}
	return nil
}

// allWith returns every transport that takes options, as "wait=spin", and can
// run with them here.
func allWith(ctx context.Context, tried *bench.Trials, options string) ([]transports.Spec, error) {
	var specs []transports.Spec
	for _, transport := range transports.All() {
		spec, err := transports.Parse(transport.Info().Name + ":" + options)
		if err == nil {
			specs = append(specs, spec)
		}
	}
	specs = availableOf(ctx, tried, specs)
	if len(specs) == 0 && ctx.Err() == nil {
		return nil, fmt.Errorf("all:%s: no transport has such an option and can run here: see \"ipcbench list\"", options)
	}
	return specs, nil
}

// availableOf returns those of specs that this host can run, see available.
func availableOf(ctx context.Context, tried *bench.Trials, specs []transports.Spec) []transports.Spec {
	var sized []transports.Spec
	for _, spec := range specs {
		sized = append(sized, small(ctx, tried, spec, 64, os.TempDir()))
	}
	var can []transports.Spec
	for i, err := range tried.Probes(ctx, sized) {
		if err == nil {
			can = append(can, specs[i])
		}
	}
	return can
}

// available says why this host cannot run spec with a small message in the
// temporary directory, or nil where it can.
func available(ctx context.Context, tried *bench.Trials, spec transports.Spec) error {
	return tried.Probe(ctx, small(ctx, tried, spec, 64, os.TempDir()))
}

// small is spec for messages of so many bytes in that directory, or for the largest
// that it carries.
func small(ctx context.Context, tried *bench.Trials, spec transports.Spec, size int, dir string) transports.Spec {
	spec.Size, spec.Dir = size, dir
	if limit := tried.MaxSize(ctx, spec); limit > 0 {
		spec.Size = min(spec.Size, limit)
	}
	return spec
}
