package results_test

import (
	"testing"

	"ipcbench/results"
)

func TestFloorsAreToldApart(t *testing.T) {
	for _, c := range []struct {
		floor    results.Floor
		what, of string
	}{
		{results.Floor{Name: "clock"}, "reading the clock", ""},
		{results.Floor{Name: "copy", SizeBytes: 4096}, "copying 4 KiB", "4 KiB"},
		{results.Floor{Name: "null", SizeBytes: 64}, "the null transport's round trip of 64 B", "64 B"},
		{results.Floor{Name: "cacheline", CPUs: []int{0, 1}}, "the cache-line round trip between CPUs 0 and 1", "CPUs 0 and 1"},
		{results.Floor{Name: "later"}, "the floor later", ""},
	} {
		if c.floor.What() != c.what || c.floor.Of() != c.of {
			t.Errorf("%+v is %q of %q", c.floor, c.floor.What(), c.floor.Of())
		}
	}
}
