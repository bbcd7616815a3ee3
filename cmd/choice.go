package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ipcbench/internal/near"
)

// A knownWord is one that a flag takes, with what it means.
type knownWord struct {
	near.Word
	Doc string // one line; "": the word says it
}

// knownWords are some that say what they mean.
func knownWords(names ...string) []knownWord {
	var all []knownWord
	for _, word := range near.Words(names...) {
		all = append(all, knownWord{Word: word})
	}
	return all
}

// A choice is the value of a flag that takes one word of those that there are, or a
// comma-separated list of them. What is accepted, what a wrong word is answered with
// and what a shell completes all come from these.
type choice struct {
	known func() []knownWord
	set   func(word string)
	list  bool
}

// choose declares a flag that takes one.
func choose(flags *pflag.FlagSet, into *string, name, short, usage string, known func() []knownWord) {
	flags.VarP(&choice{known: known, set: func(word string) { *into = word }}, name, short, usage)
}

// chooseSome declares a flag that takes several, each once, and may be repeated.
func chooseSome(flags *pflag.FlagSet, into *[]string, name, short, usage string, known func() []knownWord) {
	add := func(word string) {
		if !slices.Contains(*into, word) {
			*into = append(*into, word)
		}
	}
	flags.VarP(&choice{known: known, set: add, list: true}, name, short, usage)
}

func (c *choice) String() string { return "" }
func (c *choice) Type() string   { return "word" }

func (c *choice) Set(text string) error {
	words := []string{text}
	if c.list {
		words = strings.Split(text, ",")
	}
	for _, word := range words {
		word = strings.TrimSpace(word)
		switch {
		case word == "":
			return fmt.Errorf("%q has an empty name in it", text)
		case !c.knows(word):
			return c.refuse(word)
		}
		c.set(word)
	}
	return nil
}

func (c *choice) knows(word string) bool {
	return slices.ContainsFunc(c.known(), func(t knownWord) bool { return t.Name == word })
}

// refuse says of a word that it is not among those that are known, and what may be meant.
func (c *choice) refuse(word string) error {
	parts := strings.Fields(word)
	if c.list && len(parts) > 1 && !slices.ContainsFunc(parts, func(part string) bool { return !c.knows(part) }) {
		return fmt.Errorf("%q: a list is written with commas, as %s", word, strings.Join(parts, ","))
	}
	var words []near.Word
	for _, t := range c.known() {
		words = append(words, t.Word)
	}
	if elsewhere := astray(word); elsewhere != "" && near.To(word, words) == nil {
		return fmt.Errorf("%q is none of them: %s", word, elsewhere)
	}
	return fmt.Errorf("%q is none of them: %s", word, near.Hint(word, "there are", words))
}

// complete offers what may follow in place of what has been typed.
func (c *choice) complete(typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	before := ""
	if c.list {
		before = typed[:strings.LastIndexByte(typed, ',')+1]
	}
	var offers []cobra.Completion
	for _, t := range c.known() {
		if strings.HasPrefix(t.Name, typed[len(before):]) && !slices.Contains(strings.Split(before, ","), t.Name) {
			offers = append(offers, cobra.CompletionWithDesc(before+t.Name, t.Doc))
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
