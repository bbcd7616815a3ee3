package cmd

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
)

// appendNames appends the names of a comma-separated list that are not in
// names yet.
func appendNames(names *[]string, text string, check func(string) error) error {
	list := strings.Split(text, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return appendEach(names, list, text, check)
}

// appendDirs is appendNames for directories, whose names may have anything in
// them: blanks at the ends are theirs, and one with a comma stands in quotes, as
// in a CSV file (RFC 4180).
func appendDirs(dirs *[]string, text string, check func(string) error) error {
	list := strings.Split(text, ",")
	if strings.Contains(text, `"`) {
		in := csv.NewReader(strings.NewReader(text))
		var err error
		if list, err = in.Read(); err != nil {
			return fmt.Errorf("%q has quotes that do not pair: write a name with a comma or quotes in quotes, as in \"a,b\",\"say \"\"c\"\"\"", text)
		}
	}
	return appendEach(dirs, list, text, check)
}

func appendEach(names *[]string, list []string, text string, check func(string) error) error {
	for _, name := range list {
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
