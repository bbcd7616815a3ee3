package experiment

import (
	"fmt"
	"strings"
)

// A Fact of how an experiment was carried out.
type Fact struct {
	Name, Value string
	Literal     bool // it is typed so, and not a text
}

// Method is how the experiment was carried out.
func (o Outcome) Method() []Fact {
	var facts []Fact
	add := func(name, value string, literal bool) {
		if value != "" {
			facts = append(facts, Fact{name, value, literal})
		}
	}
	add("on", o.Machine(), false)
	add("by", strings.TrimSpace("ipcbench "+o.Basis.Version), false)
	add("when", o.When(), false)
	add("rounds", fmt.Sprintf("%d, each with every variant once and beginning with another one than the round before", o.Rounds), false)
	add("each run", o.Basis.Typed(append([]string{"run"}, o.Run...)...), true)
	add("again by", o.Command(), true)
	return facts
}

// When it was, and how long it took.
func (o Outcome) When() string {
	if o.Started.IsZero() {
		return ""
	}
	text := o.Started.UTC().Format("2006-01-02 15:04 UTC")
	if took := o.Took(); took > 0 {
		text += ", took " + took.String()
	}
	return text
}
