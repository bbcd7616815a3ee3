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
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ipcbench/transports"
)

// watchdog ends a case whose processes do not.
const watchdog = 30 * time.Second

// capacity is what links are made for here: small, so that far more than it
// holds is soon sent.
const capacity = 64 << 10

// usual is the size that links are made for where the case does not say.
const usual = 4096

// Run tests a registered transport with each value of each of its options.
// What the host cannot run is skipped with the transport's own reason.
func Run(t *testing.T, tr transports.Transport) {
	t.Run("info", func(t *testing.T) {
		if err := checkInfo(tr.Info()); err != nil {
			t.Error(err)
		}
	})
	for _, spec := range Specs(tr) {
		t.Run(spec.String(), func(t *testing.T) {
			spec.Dir, spec.Size, spec.Capacity = t.TempDir(), usual, capacity
			if limit := spec.MaxSize(); limit > 0 {
				spec.Size = min(spec.Size, limit)
			}
			if err := tr.Probe(spec); errors.Is(err, errors.ErrUnsupported) {
				t.Skip(err)
			}
			for _, c := range cases {
				if !c.applies(spec) {
					continue
				}
				t.Run(c.name, func(t *testing.T) {
					if err := runCase(c, tr, spec, watchdog); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
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

// runCase runs one case, for at most so long, and checks that nothing is left
// of it.
func runCase(c testCase, tr transports.Transport, spec transports.Spec, most time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	startPoller()
	before := leftovers(spec.Dir)
	err := c.test(ctx, subject{tr, spec})
	if ctx.Err() != nil {
		return errors.Join(fmt.Errorf("it hung for %v and was killed", most), err)
	}
	return errors.Join(err, leaked(before, leftovers(spec.Dir)))
}

// startPoller makes the Go runtime open the descriptors of its poller, which it
// keeps, and which would look like a leak of the first case.
var startPoller = sync.OnceFunc(func() {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
})

// leftovers lists all that a link could leave behind: this process's
// descriptors, and the names in its directory and in the places where the
// kernel keeps such things.
func leftovers(dir string) []string {
	var all []string
	for _, pattern := range []string{"/proc/self/fd/*", dir + "/*", dir + "/.*", "/dev/shm/*", "/dev/mqueue/*"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			if target, err := os.Readlink(name); err == nil {
				name = filepath.Dir(name) + " " + target
			}
			all = append(all, name)
		}
	}
	for _, table := range []string{"/proc/sysvipc/shm", "/proc/sysvipc/msg", "/proc/sysvipc/sem"} {
		text, _ := os.ReadFile(table)
		for _, line := range strings.Split(string(text), "\n")[min(1, len(text)):] {
			if fields := strings.Fields(line); len(fields) > 1 {
				all = append(all, table+" "+fields[1])
			}
		}
	}
	return all
}

func leaked(before, after []string) error {
	var left []string
	for _, name := range after {
		if i := slices.Index(before, name); i >= 0 {
			before = slices.Delete(slices.Clone(before), i, i+1)
		} else {
			left = append(left, name)
		}
	}
	if left != nil {
		return fmt.Errorf("it left behind: %s", strings.Join(left, ", "))
	}
	return nil
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
	for _, option := range info.Options {
		if len(option.Values) == 0 || option.Doc == "" {
			errs = append(errs, fmt.Errorf("option %s has %d values and doc %q", option.Name, len(option.Values), option.Doc))
		}
		for _, value := range option.Values {
			if value.Name == "" || value.Doc == "" {
				errs = append(errs, fmt.Errorf("option %s, value %q has doc %q", option.Name, value.Name, value.Doc))
			}
		}
	}
	return errors.Join(errs...)
}
