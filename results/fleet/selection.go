package fleet

import (
	"cmp"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"ipcbench/results"
)

// A Selection says which runs are meant: those of which all its conditions hold.
type Selection struct {
	Text       string // as somebody wrote it
	conditions []condition
}

type condition struct{ key, value string }

// ParseSelection reads conditions with spaces between them: "kernel=6.18 site=berlin". A key is a
// label's, a fact's, or one of host, name, ipcbench. A value is meant as a whole or up to where
// a version goes on, so that 6.12 means 6.12.9 and not 6.120; with * it is a pattern.
func ParseSelection(text string) (Selection, error) {
	s := Selection{Text: strings.Join(strings.Fields(text), " ")}
	for _, word := range strings.Fields(text) {
		key, value, has := strings.Cut(word, "=")
		if !has || key == "" || value == "" {
			return s, fmt.Errorf("%q selects no runs: write it as key=value, as in kernel=6.18", word)
		}
		if _, err := path.Match(value, ""); err != nil {
			return s, fmt.Errorf("%q selects no runs: its pattern is broken: %w", word, err)
		}
		s.conditions = append(s.conditions, condition{key, value})
	}
	if len(s.conditions) == 0 {
		return s, fmt.Errorf("%q selects no runs: write key=value, as in kernel=6.18", text)
	}
	return s, nil
}

// Takes says whether a run is meant.
func (s Selection) Takes(r *Run) bool {
	for _, c := range s.conditions {
		if !c.holds(r.says(c.key)) {
			return false
		}
	}
	return true
}

// says is what a run says by a key: a label before a fact of the same name.
func (r *Run) says(key string) string {
	own := map[string]string{results.HostLabel: r.Host, "name": r.Name}
	return cmp.Or(r.Labels[key], own[key], r.Around[key])
}

func (c condition) holds(says string) bool {
	if strings.ContainsAny(c.value, "*?[") {
		matches, _ := path.Match(c.value, says)
		return matches
	}
	rest, begins := strings.CutPrefix(says, c.value)
	next, _ := utf8.DecodeRuneInString(rest)
	return begins && (rest == "" || !unicode.IsLetter(next) && !unicode.IsDigit(next))
}
