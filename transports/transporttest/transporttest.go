// Package transporttest is the conformance suite that every transport passes:
// it tests what package transports promises of the interface, on real
// processes and real kernel objects.
//
// It knows the interface and how to start two processes. It must not know any
// transport in particular: what it tests, and what it leaves out, follows from
// what a transport says of itself.
//
// A package that registers a transport of its own tests it with
//
//	func TestMain(m *testing.M) { transporttest.Worker(); os.Exit(m.Run()) }
//	func TestConformance(t *testing.T) { transporttest.Run(t, mine{}) }
package transporttest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ipcbench/transports"
)

// slow is for a machine that is emulated: every limit in this package grows by it.
var slow = flag.Int("slow", 1, "how many times slower than a real machine this one may be: time limits grow by it")

// unhurried is how long something may take here that may take so long on a real machine.
func unhurried(limit time.Duration) time.Duration { return time.Duration(*slow) * limit }

// watchdog ends a case whose processes do not.
const watchdog = 30 * time.Second

// capacity is what links are made for here: small, so that far more than it
// holds is soon sent.
const capacity = 64 << 10

// usual is the size that links are made for where the case does not say.
const usual = 4096

// Run tests a registered transport with each value of each of its options. With -short
// that gets, but for the transport as it is without any, only one case, and messages are
// shorter. What the host cannot run is skipped with the transport's own reason.
func Run(t *testing.T, tr transports.Transport) {
	t.Run("info", func(t *testing.T) {
		if err := checkInfo(tr.Info()); err != nil {
			t.Error(err)
		}
	})
	for i, spec := range Specs(tr) {
		t.Run(spec.String(), func(t *testing.T) {
			spec := linkOf(spec, t.TempDir())
			err := tr.Probe(spec)
			if err := agrees(tr, spec, err); err != nil {
				t.Error(err)
			}
			if errors.Is(err, errors.ErrUnsupported) {
				t.Skip(err)
			}
			for _, c := range chosen(spec, testing.Short() && i > 0) {
				t.Run(c.name, func(t *testing.T) {
					if err := runCase(c, tr, spec, watchdog); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

// Exchange has two processes exchange a few messages over a new link of a
// registered transport and close it, until ctx ends. The error is of the link, or
// of the end that explains the other's.
func Exchange(ctx context.Context, tr transports.Transport, spec transports.Spec) error {
	const count = 3
	sizes := []int{1, spec.Size}
	return subject{tr, spec}.counted(ctx, task{Do: "ping", Sizes: sizes, Count: count}, task{Do: "echo"}, count)
}

// linkOf completes spec: a link in dir for messages of the usual size, or of
// less where it takes no more.
func linkOf(spec transports.Spec, dir string) transports.Spec {
	spec.Dir, spec.Size, spec.Capacity = dir, usual, capacity
	if limit := spec.MaxSize(); limit > 0 {
		spec.Size = min(usual, limit)
	}
	return spec
}

// agrees looks whether Create does what Probe said.
func agrees(tr transports.Transport, spec transports.Spec, probed error) error {
	link, err := tr.Create(spec)
	if err == nil {
		err = link.Close()
	}
	switch unsupported := errors.Is(probed, errors.ErrUnsupported); {
	case probed != nil && !unsupported:
		return fmt.Errorf("probe: %w: this is no errors.ErrUnsupported", probed)
	case unsupported && !errors.Is(err, errors.ErrUnsupported):
		return fmt.Errorf("probe says %q and create %v", probed, err)
	case !unsupported && err != nil:
		return fmt.Errorf("probe says yes and create %w", err)
	}
	return nil
}

// Specs returns the transport with its defaults, and then with each other
// value of each option, one at a time.
func Specs(tr transports.Transport) []transports.Spec {
	name := tr.Info().Name
	texts := []string{name}
	for _, option := range tr.Info().Options {
		for _, value := range option.ValueNames()[1:] {
			texts = append(texts, name+":"+option.Name+"="+value)
		}
	}
	var specs []transports.Spec
	for _, text := range texts {
		spec, err := transports.Parse(text)
		if err != nil {
			panic(err) // it is registered, and the words are its own
		}
		specs = append(specs, spec)
	}
	return specs
}

// A testCase is one promise of the interface.
type testCase struct {
	name  string
	needs transports.Caps // it applies where the spec has all of these
	not   transports.Caps // and none of these
	test  func(context.Context, subject) error
}

func (c testCase) applies(spec transports.Spec) bool {
	if c.name == inPlaceCase && spec.Option("api") != "inplace" {
		return false
	}
	return spec.Caps().Has(c.needs) && spec.Caps()&c.not == 0
}

// chosen returns the cases that apply, or the one of them that says most of an option's
// value: the first, but for messages in place.
func chosen(spec transports.Spec, one bool) []testCase {
	var all []testCase
	for _, c := range cases {
		if c.applies(spec) {
			all = append(all, c)
		}
	}
	if one {
		i := slices.IndexFunc(all, func(c testCase) bool { return c.name == inPlaceCase })
		all = all[max(i, 0):][:1]
	}
	return all
}

// runCase runs one case, for at most so long on a real machine, and checks that nothing is
// left of it.
func runCase(c testCase, tr transports.Transport, spec transports.Spec, most time.Duration) error {
	most = unhurried(most)
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	startPoller()
	before := leftovers(spec.Dir)
	err := c.test(ctx, subject{tr, spec})
	if ctx.Err() != nil {
		return errors.Join(fmt.Errorf("it hung for %v and was killed", most), err)
	}
	return errors.Join(err, Leaked(before, func() []string { return leftovers(spec.Dir) }))
}

// checkInfo looks for what a list of transports cannot do without.
func checkInfo(info transports.Info) error {
	var errs []error
	if info.Name == "" || info.Doc == "" || info.Kind == "" {
		errs = append(errs, fmt.Errorf("name %q, doc %q, kind %q: none may be empty", info.Name, info.Doc, info.Kind))
	}
	if strings.ContainsAny(info.Doc, "\n") {
		errs = append(errs, errors.New("the doc is more than one line"))
	}
	if info.Waits != (transports.Waiting{}) && info.Waits.Name == "" {
		errs = append(errs, errors.New("its way of waiting has no name"))
	}
	for _, option := range info.Options {
		if len(option.Values) == 0 || option.Doc == "" {
			errs = append(errs, fmt.Errorf("option %s has %d values and doc %q", option.Name, len(option.Values), option.Doc))
		}
		for _, value := range option.Values {
			if value.Name == "" || value.Doc == "" {
				errs = append(errs, fmt.Errorf("option %s, value %q has doc %q", option.Name, value.Name, value.Doc))
			}
			if value.Waits != (transports.Waiting{}) && value.Waits.Name == "" {
				errs = append(errs, fmt.Errorf("option %s, value %q: its way of waiting has no name", option.Name, value.Name))
			}
		}
	}
	return errors.Join(errs...)
}
