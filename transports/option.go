package transports

import (
	"fmt"
	"slices"

	"ipcbench/internal/near"
)

// An Option is one axis of a transport, such as wait or sync.
type Option struct {
	Name   string
	Doc    string
	Values []Value // the default first
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
	if i < 0 {
		return Value{}, fmt.Errorf("option %s has no value %q: %s", o.Name, name, near.Hint(name, "it is one of", near.Words(o.ValueNames()...)))
	}
	return o.Values[i], nil
}

// ValueNames lists the option's values, the default first.
func (o Option) ValueNames() []string {
	names := make([]string, len(o.Values))
	for i, v := range o.Values {
		names[i] = v.Name
	}
	return names
}
