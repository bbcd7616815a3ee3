package transports

import (
	"fmt"
	"sort"
	"strings"
)

// A Spec is one transport with every option settled, and the link's
// dimensions. The transport's options come from [Parse]; Dir, Size,
// Uniform and Capacity are set by whoever makes the link.
type Spec struct {
	Transport string            `json:"transport"`          // Info.Name
	Options   map[string]string `json:"options,omitempty"`  // every option of the transport, defaults filled in
	Dir       string            `json:"dir,omitempty"`      // directory the link lives in, for transports that need one
	Size      int               `json:"size"`               // largest message in bytes
	Uniform   bool              `json:"uniform,omitempty"`  // every message has Size bytes: a stream needs no framing
	Capacity  int               `json:"capacity,omitempty"` // bytes each direction should be able to buffer, where the mechanism lets that be chosen
}

// Parse reads a transport spec as a user writes it: a word, then options, as
// in "mmap", "mmap:wait=futex" or "unix:type=seqpacket,wait=spin". Options
// left out take their defaults.
func Parse(text string) (Spec, error) {
	name, rest, hasOptions := strings.Cut(text, ":")
	t, err := Lookup(name)
	if err != nil {
		return Spec{}, fmt.Errorf("transport spec %q: %w", text, err)
	}
	info := t.Info()
	spec := Spec{Transport: name, Options: map[string]string{}}
	if hasOptions {
		for _, pair := range strings.Split(rest, ",") {
			key, value, found := strings.Cut(pair, "=")
			if !found {
				return Spec{}, fmt.Errorf("transport spec %q: option %q has no value: write it as name=value", text, pair)
			}
			option, err := info.option(key)
			if err != nil {
				return Spec{}, fmt.Errorf("transport spec %q: %w", text, err)
			}
			if _, err := option.value(value); err != nil {
				return Spec{}, fmt.Errorf("transport spec %q: %w", text, err)
			}
			if _, twice := spec.Options[key]; twice {
				return Spec{}, fmt.Errorf("transport spec %q: option %q is given twice: leave one out", text, key)
			}
			spec.Options[key] = value
		}
	}
	for _, option := range info.Options {
		if _, given := spec.Options[option.Name]; !given {
			spec.Options[option.Name] = option.Values[0].Name
		}
	}
	return spec, nil
}

// String returns the canonical form, which is the spec's name in every table,
// file and chart: defaults left out, options sorted by name.
func (s Spec) String() string {
	var set []string
	for name, value := range s.Options {
		if s.isDefault(name, value) {
			continue
		}
		set = append(set, name+"="+value)
	}
	if len(set) == 0 {
		return s.Transport
	}
	sort.Strings(set)
	return s.Transport + ":" + strings.Join(set, ",")
}

// Option returns the value of an option, or "" where the transport has none
// of that name.
func (s Spec) Option(name string) string { return s.Options[name] }

// Waits says what an end of this spec does while it waits. A transport
// without the option "wait" sleeps.
func (s Spec) Waits() Waiting {
	waits := Sleeps
	s.eachValue(func(option string, v Value) {
		if option == "wait" {
			waits = v.Waits
		}
	})
	return waits
}

// Caps returns what the transport can do with these options.
func (s Spec) Caps() Caps {
	t, err := Lookup(s.Transport)
	if err != nil {
		return 0
	}
	caps := t.Info().Caps
	s.eachValue(func(_ string, v Value) { caps &^= v.Without })
	return caps
}

// MaxSize returns the largest message in bytes that a link with these options
// can be made for, or 0 where there is no limit.
func (s Spec) MaxSize() int {
	t, err := Lookup(s.Transport)
	if err != nil {
		return 0
	}
	limit := t.Info().MaxSize
	s.eachValue(func(_ string, v Value) {
		if v.MaxSize > 0 && (limit == 0 || v.MaxSize < limit) {
			limit = v.MaxSize
		}
	})
	return limit
}

// Reason returns what err says, without the transport's or the spec's name in
// front, for where the spec is named already.
func (s Spec) Reason(err error) string {
	text := err.Error()
	for _, name := range []string{s.String(), s.Transport} {
		text = strings.TrimPrefix(text, name+": ")
	}
	return text
}

// eachValue calls f with every option of the spec and the value it has.
func (s Spec) eachValue(f func(option string, v Value)) {
	t, err := Lookup(s.Transport)
	if err != nil {
		return
	}
	for _, option := range t.Info().Options {
		if v, err := option.value(s.Options[option.Name]); err == nil {
			f(option.Name, v)
		}
	}
}

func (s Spec) isDefault(name, value string) bool {
	t, err := Lookup(s.Transport)
	if err != nil {
		return false
	}
	option, err := t.Info().option(name)
	return err == nil && option.Values[0].Name == value
}

func (i Info) option(name string) (Option, error) {
	var known []string
	for _, option := range i.Options {
		if option.Name == name {
			return option, nil
		}
		known = append(known, option.Name)
	}
	if len(known) == 0 {
		return Option{}, fmt.Errorf("%s has no option %q: it takes none", i.Name, name)
	}
	return Option{}, fmt.Errorf("%s has no option %q: it takes %s", i.Name, name, strings.Join(known, ", "))
}
