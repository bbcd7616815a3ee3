package compare

import (
	"slices"
	"strings"
)

// short is how long two values may be together to be read at a glance.
const short = 80

// Terse returns both values, of long ones only the words in which they differ:
// a kernel's command line has dozens, of which one was changed.
func (d Difference) Terse() (old, new string) {
	if len(d.Old)+len(d.New) <= short {
		return d.Old, d.New
	}
	oldWords, newWords := strings.Fields(d.Old), strings.Fields(d.New)
	old, new = without(newWords, oldWords), without(oldWords, newWords)
	if old == elided && new == elided { // the same words in another order
		return d.Old, d.New
	}
	return old, new
}

const elided = "…"

// without returns the words that are not in others, with a mark for those left
// out.
func without(others, words []string) string {
	var kept []string
	for _, word := range words {
		switch {
		case !slices.Contains(others, word):
			kept = append(kept, word)
		case len(kept) == 0 || kept[len(kept)-1] != elided:
			kept = append(kept, elided)
		}
	}
	return strings.Join(kept, " ")
}
