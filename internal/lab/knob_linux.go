package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// A Knob is a value of the running kernel, in a file of /proc/sys or /sys, and what it
// is to be.
type Knob struct {
	Path  string `json:"path"`  // "/proc/sys/vm/dirty_ratio"
	Value string `json:"value"` // "5"
}

// Knobs returns what a name stands for: a sysctl ("vm.dirty_ratio"), a file, or the
// files that a pattern matches, each to have the value
// ("/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor").
func Knobs(name, value string) ([]Knob, error) {
	if strings.TrimSpace(value) == "" {
		return nil, fmt.Errorf("knob %s: no value", name)
	}
	path := name
	if !strings.HasPrefix(name, "/") {
		path = "/proc/sys/" + sysctl.Replace(name)
	}
	clean := filepath.Clean(path)
	if !strings.HasPrefix(clean, "/proc/sys/") && !strings.HasPrefix(clean, "/sys/") {
		return nil, fmt.Errorf("knob %s: name a sysctl (vm.dirty_ratio), or a file of /proc/sys or /sys", name)
	}
	if !strings.ContainsAny(clean, "*?[") {
		return []Knob{{clean, value}}, nil
	}
	paths, err := filepath.Glob(clean)
	if err == nil && len(paths) == 0 {
		err = unix.ENOENT
	}
	if err != nil {
		return nil, fmt.Errorf("knob %s: %w: this kernel or machine has none", name, err)
	}
	var knobs []Knob
	for _, path := range paths {
		knobs = append(knobs, Knob{path, value})
	}
	return knobs, nil
}

// sysctl turns a name into a path: a dot that is of a name, as in that of a network
// interface, is written as a slash (sysctl(8)).
var sysctl = strings.NewReplacer(".", "/", "/", ".")

// Read is the value that the knob has. Of a choice it is the one that is taken, as
// madvise of "always [madvise] never".
func (k Knob) Read() (string, error) {
	text, err := k.text()
	value, _ := chosen(text)
	return value, err
}

func (k Knob) text() (string, error) {
	text, err := os.ReadFile(k.Path)
	if err != nil {
		return "", fmt.Errorf("knob %s: read: %w%s", k.Path, cause(err), remedyOf(err))
	}
	return string(text), nil
}

// chosen is the value that a file's text means, and what could be chosen instead, where
// it says so.
func chosen(text string) (value string, choice []string) {
	words := strings.Fields(text)
	value = strings.Join(words, " ")
	for i, word := range words {
		inner, opens := strings.CutPrefix(word, "[")
		inner, closes := strings.CutSuffix(inner, "]")
		if opens && closes {
			choice = slices.Clone(words)
			choice[i] = inner
			return inner, choice
		}
	}
	return value, nil
}

// Set writes the value and reads it back: a value that the kernel takes and makes
// something else of is an error.
func (k Knob) Set() error {
	file, err := os.OpenFile(k.Path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("knob %s: %w%s", k.Path, cause(err), remedyOf(err))
	}
	_, err = file.WriteString(k.Value)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("knob %s: write %q: %w%s", k.Path, k.Value, cause(err), remedyOf(err))
	}
	return k.check()
}

// check says whether the knob has its value.
func (k Knob) check() error {
	got, err := k.Read()
	if err == nil && !means(got, k.Value) {
		err = fmt.Errorf("knob %s: wrote %q, and it reads back as %q: give a value that it keeps, and set no other knob that changes it", k.Path, k.Value, got)
	}
	return err
}

// means says whether two values are the same to the kernel.
func means(a, b string) bool {
	plain := func(value string) string {
		value = strings.Join(strings.Fields(value), " ")
		if number, isSwitch := switches[value]; isSwitch {
			return number
		}
		return value
	}
	return plain(a) == plain(b)
}

// switches are how module parameters that are true or false read back.
var switches = map[string]string{"Y": "1", "N": "0"}

// Missing is why the knob cannot be set, with the remedy, or nil. It is opened for
// writing, and nothing is written.
func (k Knob) Missing() error {
	text, err := k.text() // what cannot be read could not be put back
	if err != nil {
		return err
	}
	if _, choice := chosen(text); choice != nil && !slices.Contains(choice, k.Value) {
		return fmt.Errorf("knob %s: it cannot be %q: choose among %s", k.Path, k.Value, strings.Join(choice, ", "))
	}
	file, err := os.OpenFile(k.Path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("knob %s: open to write: %w%s", k.Path, cause(err), remedyOf(err))
	}
	return file.Close()
}

// String is what Set would do, in words, with the value that it has now.
func (k Knob) String() string {
	now, err := k.Read()
	if err != nil {
		return fmt.Sprintf("write %s to %s", k.Value, k.Path)
	}
	return fmt.Sprintf("write %s to %s, now %s", k.Value, k.Path, now)
}

// remedies say what to do about an error of a knob.
var remedies = []struct {
	errno  unix.Errno
	remedy string
}{
	{unix.ENOENT, "this kernel has no such knob: leave it out, or use a kernel with it"},
	{unix.EACCES, "be root; for root it is read-only in this kernel"},
	{unix.EPERM, "be root; root is refused by lockdown (cat /sys/kernel/security/lockdown) or a container"},
	{unix.EROFS, "it is mounted read-only, as in a container: run outside of it"},
	{unix.EINVAL, "give a value that it takes"},
	{unix.ERANGE, "give a value that it takes"},
	{unix.EBUSY, "end what uses it"},
	{unix.ENODEV, "this machine has no such device"},
	{unix.EISDIR, "name a file in it"},
}

func remedyOf(err error) string {
	for _, r := range remedies {
		if errors.Is(err, r.errno) {
			return ": " + r.remedy
		}
	}
	return ""
}

// twins are knobs of which setting one zeroes the other; see
// Documentation/admin-guide/sysctl/vm.rst. Zero cannot be written to them.
var twins = map[string]string{
	"/proc/sys/vm/dirty_bytes":            "/proc/sys/vm/dirty_ratio",
	"/proc/sys/vm/dirty_ratio":            "/proc/sys/vm/dirty_bytes",
	"/proc/sys/vm/dirty_background_bytes": "/proc/sys/vm/dirty_background_ratio",
	"/proc/sys/vm/dirty_background_ratio": "/proc/sys/vm/dirty_background_bytes",
}

// undo is what puts the knob back to what it is now: itself, or the twin that it is
// zero for.
func (k Knob) undo() (Knob, error) {
	now, err := k.Read()
	if err != nil {
		return Knob{}, err
	}
	twin, hasTwin := twins[k.Path]
	if !hasTwin || now != "0" {
		return Knob{k.Path, now}, nil
	}
	other := Knob{Path: twin}
	other.Value, err = other.Read()
	return other, err
}
