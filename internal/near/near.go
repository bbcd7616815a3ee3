// Package near finds the known word that somebody may have meant who wrote another:
// one with a slip of a finger, a part of it, or what other people call the same.
//
// It knows how words resemble each other. It must not know what they stand for: a
// table of theirs says by which other names its things are known.
package near

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"
)

// A Word is one that is known.
type Word struct {
	Name string
	Also []string // what else people call it: understood, and never accepted
}

// Words are words that are called nothing else.
func Words(names ...string) []Word {
	var words []Word
	for _, name := range names {
		words = append(words, Word{Name: name})
	}
	return words
}

// How far a word is from a known one: as many slips of a finger as lie between them,
// one for each three letters at most, or where there are more what it is of that one.
// Only the nearest are meant.
const (
	same      = 0 // but for capitals, dashes and blanks, or as others call it
	beginning = 1000 + iota
	part
	other
)

// mostParts is how many words something may be a part of and still mean any of them.
const mostParts = 4

// To returns the names of those that word may mean, in their order, or none.
func To(word string, known []Word) []string {
	nearest, names := other, []string(nil)
	for _, k := range known {
		switch d := distance(word, k); {
		case d < nearest:
			nearest, names = d, []string{k.Name}
		case d == nearest && d < other && !slices.Contains(names, k.Name):
			names = append(names, k.Name)
		}
	}
	if nearest >= beginning && len(names) > mostParts {
		return nil
	}
	return names
}

func distance(word string, known Word) int {
	least, w := other, fold(word)
	for i, name := range append([]string{known.Name}, known.Also...) {
		name = fold(name)
		slips := edlib.OSADamerauLevenshteinDistance(w, name)
		switch {
		case w == name:
			return same
		case slips <= len(w)/3:
			least = min(least, slips)
		case len(w) > 1 && strings.HasPrefix(name, w):
			least = min(least, beginning)
		case i == 0 && len(w) > 2 && strings.Contains(name, w):
			least = min(least, part)
		}
	}
	return least
}

// fold leaves out how a word is written.
func fold(word string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(word))
}

// Hint ends a complaint about an unknown word: what may be meant, and then, after lead,
// all that is known: "did you mean pipe? there are fifo, mq, pipe".
func Hint(word, lead string, known []Word) string {
	var names []string
	for _, k := range known {
		names = append(names, k.Name)
	}
	all := fmt.Sprintf("%s %s", lead, strings.Join(names, ", "))
	if len(names) == 1 {
		all = "there is only " + names[0]
	}
	if meant := To(word, known); len(meant) > 0 {
		return fmt.Sprintf("did you mean %s? %s", strings.Join(meant, " or "), all)
	}
	return all
}
