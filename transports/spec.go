package transports

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"ipcbench/internal/near"
)

// A Spec is one transport with every option settled, and the link's
// dimensions. The transport's options come from [Parse]; Dir, Size,
// Uniform, Capacity and Batch are set by whoever makes the link.
type Spec struct {
	Transport string            `json:"transport"`          // Info.Name
	Options   map[string]string `json:"options,omitempty"`  // every option of the transport, defaults filled in
	Dir       string            `json:"dir,omitempty"`      // directory the link lives in, for transports that need one
	Size      int               `json:"size"`               // largest message in bytes
	Uniform   bool              `json:"uniform,omitempty"`  // every message has Size bytes: a stream needs no framing
	Capacity  int               `json:"capacity,omitempty"` // bytes each direction should be able to buffer, where the mechanism lets that be chosen

	OnStage   func(Stage) `json:"-"`                   // is told as a transport comes to a stage of making a link or an end, on the thread that does; nil: nobody asks
	Batch     int         `json:"batch,omitempty"`     // messages to one push to the storage, of a spec that has [StoresBatch]: the last of them waits for it, and Close pushes what is left; 0: 1
	Producers int         `json:"producers,omitempty"` // processes that open that side, where the transport is [ManyEnds]; 0: one
	Consumers int         `json:"consumers,omitempty"` // likewise
}

// Parse reads a transport spec as a user writes it: a word, then options, as
// in "mmap", "mmap:wait=futex" or "unix:type=seqpacket,wait=spin". Options
// left out take their defaults. A user's own values may stand first, without the
// names of the options that take them.
func Parse(text string) (Spec, error) {
	name, rest, hasOptions := strings.Cut(text, ":")
	if several := apart(text); len(several) > 1 {
		return Spec{}, fmt.Errorf("transport spec %q: commas stand between options: write transports apart, as in %s", text, strings.Join(several, " "))
	}
	switch _, err := Lookup(name); {
	case err != nil && !hasOptions:
		return Spec{}, err
	case err != nil:
		return Spec{}, fmt.Errorf("transport spec %q: %w", text, err)
	}
	info := registry[name].info
	spec := Spec{Transport: name, Options: map[string]string{}}
	if hasOptions {
		for _, pair := range info.longhand(strings.Split(rest, ",")) {
			key, value, found := strings.Cut(pair, "=")
			if !found {
				return Spec{}, fmt.Errorf("transport spec %q: option %q has no value: %s", text, pair, info.withValue(pair))
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

// Ends is how many processes open that side.
func (s Spec) Ends(side Side) int {
	if side == Producer {
		return max(1, s.Producers)
	}
	return max(1, s.Consumers)
}

// Waits says what an end of this spec does while it waits: what the value of an
// option says, or else the transport. Zero where it never waits, because both
// ends are one.
func (s Spec) Waits() Waiting {
	info := s.info()
	if info.Caps.Has(OneProcess) {
		return Waiting{}
	}
	waits := info.Waits
	for _, v := range s.values() {
		if v.Waits != (Waiting{}) {
			waits = v.Waits
		}
	}
	if waits == (Waiting{}) {
		return Sleeps
	}
	return waits
}

// Caps returns what the transport can do with these options.
func (s Spec) Caps() Caps {
	caps := s.info().Caps
	for _, v := range s.values() {
		caps = caps&^v.Without | v.With
	}
	return caps
}

// MaxSize returns the largest message in bytes that a link with these options
// can be made for on this host, or 0 where there is no limit. The host is asked
// once in a process.
func (s Spec) MaxSize() int {
	limits := []int{s.info().MaxSize, s.limit()}
	for _, v := range s.values() {
		limits = append(limits, v.MaxSize)
	}
	least := 0
	for _, limit := range limits {
		if limit > 0 && (least == 0 || limit < least) {
			least = limit
		}
	}
	return least
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

// info is the Info of the spec's transport, or zero where there is none.
func (s Spec) info() Info { return registry[s.Transport].info }

// values returns the value that the spec has of each option.
func (s Spec) values() []Value {
	var values []Value
	for _, option := range s.info().Options {
		if v, err := option.value(s.Options[option.Name]); err == nil {
			values = append(values, v)
		}
	}
	return values
}

func (s Spec) isDefault(name, value string) bool {
	option, err := s.info().option(name)
	return err == nil && option.Values[0].Name == value
}

// apart returns the specs that somebody wrote with commas between them, each with the
// options that follow it; one, or none, where that is not what was done.
func apart(text string) (specs []string) {
	for part := range strings.SplitSeq(text, ",") {
		name, _, _ := strings.Cut(part, ":")
		switch _, known := registry[name]; {
		case known:
			specs = append(specs, part)
		case specs == nil:
			return nil
		default:
			specs[len(specs)-1] += "," + part
		}
	}
	return specs
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
	return Option{}, fmt.Errorf("%s has no option %q: %s", i.Name, name, near.Hint(name, "it takes", near.Words(known...)))
}

// longhand spells out what stands first without a name: words, parted by blanks, for
// the options that take a user's own, in their order. "./server ./client" is
// "consumer=./server", "producer=./client".
func (i Info) longhand(options []string) []string {
	words := strings.Fields(options[0])
	var spelled []string
	for _, option := range i.Options {
		if option.Takes != "" && len(spelled) < len(words) {
			spelled = append(spelled, option.Name+"="+words[len(spelled)])
		}
	}
	if strings.Contains(options[0], "=") || len(words) == 0 || len(spelled) < len(words) {
		return options
	}
	return append(spelled, options[1:]...)
}

// withValue says how an option is written that stands there alone, or of which only
// the value does.
func (i Info) withValue(word string) string {
	for _, option := range i.Options {
		if option.Name == word {
			return fmt.Sprintf("write it as %s=%s", word, strings.Join(option.Spellings(), " or "))
		}
		if slices.Contains(option.ValueNames(), word) {
			return fmt.Sprintf("did you mean %s=%s?", option.Name, word)
		}
	}
	return "write it as name=value"
}
