package cmd

import (
	"fmt"
	"slices"
	"strings"
)

func oneOf(word string, known ...string) error {
	if slices.Contains(known, word) {
		return nil
	}
	return fmt.Errorf("%q is none of %s", word, strings.Join(known, ", "))
}

// appendNames appends the names of a comma-separated list that are not in
// names yet.
func appendNames(names *[]string, text string, check func(string) error) error {
	for _, name := range strings.Split(text, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			return fmt.Errorf("%q has an empty name in it", text)
		}
		if check != nil {
			if err := check(name); err != nil {
				return err
			}
		}
		if !slices.Contains(*names, name) {
			*names = append(*names, name)
		}
	}
	return nil
}
