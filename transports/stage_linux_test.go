package transports_test

import (
	"slices"
	"testing"

	"ipcbench/transports"
)

// TestTransportsTellOfTheirStages, in the order in which they come to them, and end
// where Create and Open end.
func TestTransportsTellOfTheirStages(t *testing.T) {
	type stages = []transports.Stage
	for text, want := range map[string][2]stages{
		"mmap":                      {{transports.Extending, transports.Creating}, {transports.Mapping, transports.Opening, transports.Touching, transports.Opening}},
		"memfd:populate=no":         {{transports.Extending, transports.Creating}, {transports.Mapping, transports.Opening, transports.Opening}},
		"shm:lock=yes,wait=eventfd": {{transports.Extending, transports.Creating}, {transports.Mapping, transports.Opening, transports.Locking, transports.Touching, transports.Opening}},
		"sysv":                      {nil, {transports.Mapping, transports.Opening, transports.Touching, transports.Opening}},
		"file":                      {{transports.Extending, transports.Creating, transports.Extending, transports.Creating}, nil},
		"tcp":                       {{transports.Connecting, transports.Creating}, nil},
		"pipe":                      {nil, nil},
	} {
		spec, err := transports.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		tr, err := transports.Lookup(spec.Transport)
		if err != nil {
			t.Fatal(err)
		}
		var told stages
		spec.Dir, spec.Size, spec.Uniform = t.TempDir(), 64, true
		spec.OnStage = func(s transports.Stage) { told = append(told, s) }
		if err := tr.Probe(spec); err != nil {
			t.Logf("%s: %v", text, err)
			continue
		}
		told = nil
		link, err := tr.Create(spec)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		made := told
		told = nil
		e, err := tr.Open(spec, transports.Producer, link.For(transports.Producer))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else {
			e.Close()
		}
		link.Close()
		if !slices.Equal(made, want[0]) || !slices.Equal(told, want[1]) {
			t.Errorf("%s is made by %q and opened by %q instead of %q", text, made, told, want)
		}
	}
}

// TestBackingIsNewAndEmpty, and of the kind that a link has.
func TestBackingIsNewAndEmpty(t *testing.T) {
	for _, tr := range transports.All() {
		backed, is := tr.(transports.Backed)
		if !is {
			continue
		}
		spec, err := transports.Parse(tr.Info().Name)
		if err != nil {
			t.Fatal(err)
		}
		spec.Dir = t.TempDir()
		f, err := backed.Backing(spec)
		if err != nil {
			t.Logf("%s: %v", spec, err)
			continue
		}
		if info, err := f.Stat(); err != nil || info.Size() != 0 || !info.Mode().IsRegular() {
			t.Errorf("%s: %v, %v", spec, info, err)
		}
		f.Close()
	}
}
