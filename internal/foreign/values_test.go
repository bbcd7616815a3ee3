package foreign_test

import (
	"encoding/json"
	"strings"
	"testing"

	"ipcbench/transports"
)

// A runner has options that take what a user calls his own.
type runner struct{ transports.Transport }

func (runner) Info() transports.Info {
	none := []transports.Value{{Name: "none", Doc: "there is none"}}
	return transports.Info{Name: "runner", Doc: "two programs", Kind: transports.Stream, Options: []transports.Option{
		{Name: "server", Doc: "one program", Takes: "PROGRAM", Values: none},
		{Name: "wait", Doc: "how it waits", Values: []transports.Value{{Name: "block", Doc: "asleep"}, {Name: "spin", Doc: "awake"}}},
		{Name: "client", Doc: "another", Takes: "PROGRAM", Values: none},
	}}
}

func init() { transports.Register(runner{}) }

// TestValuesOfAUser: an option may take what is none of its values, by its name or
// in short, and the canonical form has it by its name.
func TestValuesOfAUser(t *testing.T) {
	for text, canonical := range map[string]string{
		"runner":                              "runner",
		"runner:server=./a":                   "runner:server=./a",
		"runner:./a":                          "runner:server=./a",
		"runner:./a ./b":                      "runner:client=./b,server=./a",
		"runner:./a ./b,wait=spin":            "runner:client=./b,server=./a,wait=spin",
		"runner:wait=spin,client=/usr/bin/b":  "runner:client=/usr/bin/b,wait=spin",
		"runner:server=./a --fast --level=3":  "runner:server=./a --fast --level=3",
		"runner:server=none,client=./größe.b": "runner:client=./größe.b",
	} {
		s, err := transports.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if s.String() != canonical {
			t.Errorf("%s is written %s, want %s", text, s, canonical)
		}
		if again, err := transports.Parse(s.String()); err != nil || again.String() != canonical {
			t.Errorf("%s, read again: %s, error %v", s, again, err)
		}
		kept, _ := json.Marshal(s)
		var read transports.Spec
		if err := json.Unmarshal(kept, &read); err != nil || read.String() != canonical {
			t.Errorf("%s, kept and read: %s, error %v", s, read, err)
		}
	}
}

func TestValuesOfAUserThatCannotBeWritten(t *testing.T) {
	for text, want := range map[string]string{
		"runner:server=":                     `option server has no value ""`,
		"runner:server=./a\tb":               "neither begins nor ends with a blank",
		`runner:server="./a"`:                "no comma, quotation mark or backslash",
		"runner:./a ./b ./c":                 `option "./a ./b ./c" has no value: write it as name=value`,
		"runner:server":                      "server",
		"runner:wait=sleep":                  "it is one of block, spin",
		"runner:./a,server=./b":              `option "server" is given twice`,
		"runner:server=./a,with,comma=in it": `option "with" has no value`,
	} {
		spec, err := transports.Parse(text)
		if text == "runner:server" { // a program may be called so
			if err != nil || spec.Option("server") != want {
				t.Errorf("%s: %v, error %v", text, spec, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
}
