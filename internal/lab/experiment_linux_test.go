package lab

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// machine is what an experiment may change of it: the values of all knobs of the virtual
// memory, the control groups that are ours, the mounts, the loop devices and the
// processes that have to do with a directory.
func machine(t *testing.T, dir string) string {
	t.Helper()
	var state []string
	for _, pattern := range []string{"/proc/sys/vm/*", "/sys/kernel/mm/transparent_hugepage/*"} {
		knobs, err := Knobs(pattern, "any")
		if err != nil {
			continue
		}
		for _, k := range knobs {
			if passedOver[filepath.Base(k.Path)] {
				continue
			}
			if now, err := k.Read(); err == nil {
				state = append(state, k.Path+" "+now)
			}
		}
	}
	hierarchies, err := readHierarchies()
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hierarchies {
		groups, _ := filepath.Glob(filepath.Join(h.own, groupPrefix+"*"))
		state = append(state, groups...)
	}
	state = append(append(state, mountsIn(t, dir)...), attached(dir)...)
	if runs("mkfs.") {
		state = append(state, "mkfs runs")
	}
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range environments {
		if text, _ := os.ReadFile(file); strings.Contains(string(text), dirEnv+"="+dir) {
			state = append(state, file)
		}
	}
	return strings.Join(state, "\n")
}

// passedOver are knobs that other tests of this machine may set meanwhile, and one that
// does something when it is read.
var passedOver = map[string]bool{"nr_hugepages": true, "nr_hugepages_mempolicy": true, "nr_overcommit_hugepages": true, "stat_refresh": true}

func init() {
	roles["rounds"] = func(dir string) error {
		fmt.Println("begun")
		for {
			if err := round(dir); err != nil {
				return err
			}
		}
	}
	roles["nothing"] = func(string) error { return nil }
}

// round is one of an experiment, with everything that can be changed.
func round(dir string) (err error) {
	j, err := OpenJournal(filepath.Join(dir, "journal"))
	if err != nil {
		return err
	}
	defer closes(j, &err)
	if err := j.Set(Knob{harmless, "7"}); err != nil {
		return err
	}
	child := Child{Nice: 1}
	if someLimits.Missing() == nil {
		if child.Groups, err = j.Group(someLimits); err != nil {
			return err
		}
	}
	f := Filesystem{Type: "ext4", Size: 32 << 20, Image: filepath.Join(dir, "images")}
	if f.Missing() == nil {
		mounted, err := f.Mount(context.Background(), filepath.Join(dir, "at"))
		if err != nil {
			return err
		}
		defer closes(mounted, &err)
	}
	os.Setenv(roleEnv, "nothing")
	return Run(child.Command(context.Background(), "/proc/self/exe"))
}

func closes(c io.Closer, err *error) { *err = both(*err, c.Close()) }

// TestTheMachineIsAsBefore, whenever an experiment is killed, once what it left is put
// back.
func TestTheMachineIsAsBefore(t *testing.T) {
	other(t)
	for range 8 {
		dir := t.TempDir()
		for _, name := range []string{"at", "images"} {
			if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		before := machine(t, dir)
		cmd := started(t, Private(t.Context()), "rounds", dir)
		atAnyMoment()
		kill(t, cmd.Process)
		eventually(t, "it is put back", func() bool {
			done, err := PutBack(filepath.Join(dir, "journal"))
			if err == nil {
				t.Logf("left and put back: %q", done)
			}
			return err == nil // the killed process may not have ended yet
		})
		var after string
		t.Cleanup(func() {
			if after != before {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
		})
		eventually(t, "the machine is as before", func() bool { after = machine(t, dir); return after == before })
		for _, name := range []string{"at", "images"} {
			if err := isEmpty(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
	}
}
