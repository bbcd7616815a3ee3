package transports

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"ipcbench/internal/near"
)

// registry has each transport under its name, and its Info, which is constant.
var registry = map[string]registered{}

type registered struct {
	transport Transport
	info      Info
}

// Register makes a transport known under its Info().Name. It is called from
// an init function and panics on a name that is taken or cannot be written in
// a spec.
func Register(t Transport) {
	info := t.Info()
	if info.Name == "" || strings.ContainsAny(info.Name, ":,= ") {
		panic(fmt.Sprintf("transports: %q is no name for a transport", info.Name))
	}
	if _, taken := registry[info.Name]; taken {
		panic(fmt.Sprintf("transports: %q is registered twice", info.Name))
	}
	registry[info.Name] = registered{t, info}
}

// All returns every registered transport, sorted by name.
func All() []Transport {
	var all []Transport
	for _, name := range Names() {
		all = append(all, registry[name].transport)
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
	if r, ok := registry[name]; ok {
		return r.transport, nil
	}
	return nil, fmt.Errorf("no transport is called %q: %s", name, near.Hint(name, "there are", words()))
}

// words are the names of all transports, with what else people call them.
func words() []near.Word {
	var words []near.Word
	for _, name := range Names() {
		words = append(words, near.Word{Name: name, Also: registry[name].info.Also})
	}
	return words
}

// limits are what transports have answered to Limit, by the spec's name.
var limits sync.Map

// AsksHost says whether MaxSize would ask the host now: whether the transport is
// [Limited] and its answer to these options is not known yet.
func (s Spec) AsksHost() bool {
	_, known := limits.Load(s.String())
	_, asks := registry[s.Transport].transport.(Limited)
	return asks && !known
}

// HostLimit asks the host, through a transport that is [Limited], 0 where it is
// not.
func (s Spec) HostLimit() int {
	if limited, ok := registry[s.Transport].transport.(Limited); ok {
		return limited.Limit(s)
	}
	return 0
}

// KnowLimit keeps what HostLimit was in another process of this host, so that
// MaxSize does not ask here: a host may not let the one who asks go on.
func (s Spec) KnowLimit(bytes int) { limits.Store(s.String(), bytes) }

// limit is what this host allows, asked once.
func (s Spec) limit() int {
	if s.AsksHost() {
		s.KnowLimit(s.HostLimit())
	}
	known, _ := limits.Load(s.String())
	limit, _ := known.(int)
	return limit
}
