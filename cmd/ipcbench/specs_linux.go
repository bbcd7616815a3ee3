package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"ipcbench/transports"
)

var defaultSpecs = []string{"mmap:wait=spin", "mmap:wait=futex", "pipe", "unix", "file"}

// parseSpecs reads transport specs, each once however often it is given. None
// stands for the default ones, and "all" for every transport that can run
// here.
func parseSpecs(texts []string) ([]transports.Spec, error) {
	if len(texts) == 0 {
		texts = defaultSpecs
	}
	var specs []transports.Spec
	seen := map[string]bool{}
	for _, text := range texts {
		several, err := parseSpec(text)
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
	return specs, nil
}

func parseSpec(text string) ([]transports.Spec, error) {
	if text == "all" {
		return allSpecs(), nil
	}
	spec, err := transports.Parse(text)
	if err != nil {
		name, _, _ := strings.Cut(text, ":")
		return nil, fmt.Errorf("%w%s", err, didYouMean(name, unlessKnown(name)))
	}
	return []transports.Spec{spec}, nil
}

// unlessKnown returns the names of all transports where name is not one of
// them: then the name is what is wrong, and not an option.
func unlessKnown(name string) []string {
	if slices.Contains(transports.Names(), name) {
		return nil
	}
	return transports.Names()
}

// mainOptions are the options by which "all" tells variants of a transport
// apart.
var mainOptions = []string{"type", "wait"}

// allSpecs returns every transport that can run here with its defaults, and
// with each value of its main options, one at a time.
func allSpecs() []transports.Spec {
	var specs []transports.Spec
	for _, transport := range transports.All() {
		info := transport.Info()
		if info.Caps.Has(transports.OneProcess) {
			continue
		}
		variants := []string{info.Name}
		for _, option := range info.Options {
			if !slices.Contains(mainOptions, option.Name) {
				continue
			}
			for _, value := range option.ValueNames()[1:] {
				variants = append(variants, fmt.Sprintf("%s:%s=%s", info.Name, option.Name, value))
			}
		}
		for _, variant := range variants {
			if spec, err := transports.Parse(variant); err == nil && available(transport, spec) == nil {
				specs = append(specs, spec)
			}
		}
	}
	return specs
}

// available says why this host cannot run spec with a small message in the
// temporary directory, or nil where it can.
func available(transport transports.Transport, spec transports.Spec) error {
	spec.Size, spec.Dir = 64, os.TempDir()
	return transport.Probe(spec)
}
