package results

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Latest is the word for the newest run, whatever its name.
const Latest = "latest"

// mostOfName is how many bytes a run's name may have: with the time and chance behind
// it, every filesystem takes it.
const mostOfName = 100

// runName is what a run may be called: a file's name that no shell, no flag and no
// other system takes for anything else, and which has no ~, for that counts back.
var runName = regexp.MustCompile(`^[\pL\pN][\pL\pM\pN._+@^=,-]*$`)

// notOfName are the runes that a name cannot have.
var notOfName = regexp.MustCompile(`[^\pL\pM\pN._+@^=,-]+`)

// CheckRunName says why a run cannot be called that, or nil.
func CheckRunName(name string) error {
	switch {
	case name == Latest:
		return fmt.Errorf("%q is the word for the newest run: choose another name", name)
	case len(name) > mostOfName:
		return fmt.Errorf("%.20q... is no name for a run: it has %d bytes, and no more than %d are taken", name, len(name), mostOfName)
	case !runName.MatchString(name):
		err := fmt.Errorf("%q is no name for a run: it is letters, digits and any of . _ - + @ ^ = and comma, the first a letter or a digit", name)
		if near := strings.TrimLeft(notOfName.ReplaceAllString(name, "-"), "._+@^=,-"); near != "" && near != name {
			err = fmt.Errorf("%w: write it as %s", err, near)
		}
		return err
	}
	return nil
}

// ID tells the run from all others that were made where it was: the name of its
// directory, as it was made.
func (r Run) ID() string { return cmp.Or(r.Directory, r.Name) }

// TellApart gives those of several runs that share a name with another their IDs as
// names.
func TellApart(runs ...*Run) {
	ids := map[string][]string{}
	for _, r := range runs {
		if !slices.Contains(ids[r.Name], r.ID()) {
			ids[r.Name] = append(ids[r.Name], r.ID())
		}
	}
	for _, r := range runs {
		if len(ids[r.Name]) > 1 {
			r.Name = r.ID()
		}
	}
}
