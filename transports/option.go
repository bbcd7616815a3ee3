package transports

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"ipcbench/internal/near"
)

// An Option is one axis of a transport, such as wait or sync.
type Option struct {
	Name   string
	Doc    string
	Values []Value // the default first
	Takes  string  // what else a user may write, in a word: "PROGRAM"; "": none but Values
}

// A Value is one setting of an [Option].
type Value struct {
	Name    string
	Doc     string
	Waits   Waiting // what an end does while it waits; zero: this value does not say
	Without Caps    // capabilities of the transport that this value takes away
	With    Caps    // and that it adds
	MaxSize int     // largest message in bytes with this value on any host; 0: no further limit
}

func (o Option) value(name string) (Value, error) {
	i := slices.IndexFunc(o.Values, func(v Value) bool { return v.Name == name })
	switch {
	case i >= 0:
		return o.Values[i], nil
	case o.Takes == "":
		return Value{}, fmt.Errorf("option %s has no value %q: %s", o.Name, name, near.Hint(name, "it is one of", near.Words(o.ValueNames()...)))
	case !isPlain(name):
		return Value{}, fmt.Errorf("option %s has no value %q: a value has no comma, quotation mark or backslash in it and neither begins nor ends with a blank", o.Name, name)
	}
	return Value{Name: name}, nil
}

// isPlain says whether a text can be a value without quotes: in a spec, in a CSV file,
// in a table and in the shell's single quotes.
func isPlain(text string) bool {
	strange := func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune(`,"'`+"`"+`\`, r) }
	return text != "" && text == strings.TrimSpace(text) && !strings.ContainsFunc(text, strange)
}

// ValueNames lists the option's values, the default first.
func (o Option) ValueNames() []string {
	names := make([]string, len(o.Values))
	for i, v := range o.Values {
		names[i] = v.Name
	}
	return names
}

// Spellings are what a user may write: the values' names, the default first, and a
// word for what else there is.
func (o Option) Spellings() []string {
	names := o.ValueNames()
	if o.Takes != "" {
		names = append(names, o.Takes)
	}
	return names
}
