package transports

import (
	"fmt"
	"slices"
	"strings"
)

var registry = map[string]Transport{}

// Register makes a transport known under its Info().Name. It is called from
// an init function and panics on a name that is taken or cannot be written in
// a spec.
func Register(t Transport) {
	name := t.Info().Name
	if name == "" || strings.ContainsAny(name, ":,= ") {
		panic(fmt.Sprintf("transports: %q is no name for a transport", name))
	}
	if _, taken := registry[name]; taken {
		panic(fmt.Sprintf("transports: %q is registered twice", name))
	}
	registry[name] = t
}

// All returns every registered transport, sorted by name.
func All() []Transport {
	var all []Transport
	for _, name := range Names() {
		all = append(all, registry[name])
	}
	return all
}

// Names returns the name of every registered transport, sorted.
func Names() []string {
	names := make([]string, 0, len(registry))
	for name := range registry {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Lookup returns the transport registered under name.
func Lookup(name string) (Transport, error) {
	if t, ok := registry[name]; ok {
		return t, nil
	}
	return nil, fmt.Errorf("no transport is called %q: there are %s", name, strings.Join(Names(), ", "))
}
