package all_test

import (
	"errors"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	_ "ipcbench/contrib/all"
	"ipcbench/results"
	"ipcbench/transports"
	"ipcbench/transports/transporttest"
)

func TestMain(m *testing.M) {
	transporttest.Worker()
	os.Exit(m.Run())
}

// slow is what takes seconds to make a link, of which the suite makes dozens.
var slow = map[string]bool{"rabbitmq": true}

var all = flag.Bool("all", false, "run the whole suite on transports as well that take seconds to make a link")

// exchange has two processes exchange a few messages with each value of each option.
func exchange(t *testing.T, tr transports.Transport) {
	for _, spec := range transporttest.Specs(tr) {
		t.Run(spec.String(), func(t *testing.T) {
			spec.Size, spec.Dir = 4096, t.TempDir()
			if err := tr.Probe(spec); errors.Is(err, errors.ErrUnsupported) {
				t.Skip(err)
			}
			if err := transporttest.Exchange(t.Context(), tr, spec); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestConformance runs the suite of the core on every transport of this module.
func TestConformance(t *testing.T) {
	for _, tr := range ours() {
		t.Run(tr.Info().Name, func(t *testing.T) {
			if slow[tr.Info().Name] && !*all {
				exchange(t, tr)
				return
			}
			transporttest.Run(t, tr)
		})
	}
}

// TestResultsKnowHowTheyWait: who reads a record knows of a way of waiting what its name
// says in a table of package results, and nothing of others.
func TestResultsKnowHowTheyWait(t *testing.T) {
	for _, tr := range ours() {
		for _, s := range transporttest.Specs(tr) {
			if way := results.Way(s.Waits().Name); !slices.Contains(results.Ways(), way) {
				t.Errorf("%s waits as %q, of which results knows nothing", s, way)
			}
		}
	}
}

// ours are the transports of this module.
func ours() []transports.Transport {
	return slices.DeleteFunc(transports.All(), func(tr transports.Transport) bool {
		return !strings.Contains(reflect.TypeOf(tr).PkgPath(), "/contrib/")
	})
}
