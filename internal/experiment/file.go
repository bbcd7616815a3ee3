package experiment

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/kballard/go-shellquote"
	"github.com/pelletier/go-toml/v2"

	"ipcbench/results/experiment"
)

// Example is a file with everything that there is, and what it means.
//
//go:embed example.toml
var Example string

// A file is an experiment as it is written: see [Example].
type file struct {
	Name        string
	Question    string
	About       string
	Run         words
	Rounds      int
	Filesystems []string
	Size        string
	Image       string
	Variants    []variant `toml:"variant"`
}

type variant struct {
	Name       string
	Run        words
	Dir        string
	Filesystem string
	Size       string
	Mkfs       []string
	Mount      string
	Image      string
	Device     string
	Knobs      map[string]any

	Policy      string
	Priority    int
	Nice        int
	CPUs        float64
	Memory      string
	Speculation map[string]string
	Kernel      Kernel
	Boot        Boot

	Setup, Prepare, Cleanup string
}

// words are those of a command line, as a shell takes a line apart.
type words []string

func (w *words) UnmarshalText(text []byte) (err error) {
	*w, err = shellquote.Split(string(text))
	if err != nil {
		return fmt.Errorf("%s", strings.ToLower(err.Error()))
	}
	return nil
}

// leastRounds are so many that the runs of two variants can be compared as
// replicates.
const leastRounds = 3

// mostTurns is how many runs an experiment has, at most.
const mostTurns = 10_000

// Parse reads an experiment from a file of that name. An error says where in it
// something is wrong.
func Parse(path string, data []byte) (Experiment, error) {
	var f file
	decoder := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return Experiment{}, placed(path, err)
	}
	e := Experiment{Name: f.Name, Question: f.Question, About: f.About, File: filepath.Base(path), Text: string(data), Run: f.Run, Rounds: f.Rounds}
	if e.Name == "" {
		e.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	for _, text := range f.Filesystems {
		e.Variants = append(e.Variants, Variant{Name: fileName(text), Filesystem: text, AnySize: f.Size, AnyImage: f.Image})
	}
	for _, v := range f.Variants {
		made := v.variant(f)
		for _, file := range []*string{&made.Kernel.File, &made.Kernel.Binary} {
			*file = beside(path, *file)
		}
		e.Variants = append(e.Variants, made)
	}
	if err := e.check(); err != nil {
		return Experiment{}, fmt.Errorf("%s: %w", path, err)
	}
	return e, nil
}

// beside is where a file lies that the experiment at path names.
func beside(path, file string) string {
	if file == "" || filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(filepath.Dir(path), file)
}

func (v variant) variant(f file) Variant {
	all := Variant{
		Name: v.Name, Run: v.Run, Dir: v.Dir, Filesystem: v.Filesystem, Size: v.Size, Mkfs: v.Mkfs, Mount: v.Mount, Image: v.Image, Device: v.Device,
		Setup: v.Setup, Prepare: v.Prepare, Cleanup: v.Cleanup,
		Kernel: v.Kernel, Boot: v.Boot,
		Child: Child{Policy: v.Policy, Priority: v.Priority, Nice: v.Nice, CPUs: v.CPUs, Memory: v.Memory, Speculation: v.Speculation},
	}
	if all.Filesystem != "" {
		all.AnySize, all.AnyImage = f.Size, f.Image
	}
	for _, knob := range slices.Sorted(maps.Keys(v.Knobs)) {
		all.Knobs = append(all.Knobs, experiment.Setting{Knob: knob, Value: fmt.Sprint(v.Knobs[knob])})
	}
	return all
}

// placed says where in the file a decoder's error is.
func placed(path string, err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		first := unknown.Errors[0]
		line, column := first.Position()
		return fmt.Errorf("%s:%d:%d: there is no key %q: \"ipcbench experiment --example\" has them all", path, line, column, strings.Join(first.Key(), "."))
	}
	var at *toml.DecodeError
	if errors.As(err, &at) {
		line, column := at.Position()
		return fmt.Errorf("%s:%d:%d: %s", path, line, column, strings.TrimPrefix(at.Error(), "toml: "))
	}
	return fmt.Errorf("%s: %w", path, err)
}

// named is what a variant may be called: its runs' directories are.
var named = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+=^-]*$`)

// fileName is a name that a directory can have.
func fileName(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(":,/ ", r) {
			return '-'
		}
		return r
	}, text)
}

// check refuses what cannot be carried out anywhere.
func (e Experiment) check() error {
	switch twice := e.twice(); {
	case len(e.Variants) < 2:
		return fmt.Errorf("it has %d variants: two and more are compared: name filesystems, or write [[variant]] for each", len(e.Variants))
	case e.Rounds < leastRounds:
		return fmt.Errorf("rounds = %d: from %d on, the runs of a variant tell what changes from one to the next", e.Rounds, leastRounds)
	case e.Rounds*len(e.Variants) > mostTurns:
		return fmt.Errorf("rounds = %d: of %d variants, that is more than %d runs", e.Rounds, len(e.Variants), mostTurns)
	case twice != "":
		return fmt.Errorf("two variants are called %q: name them apart", twice)
	case !named.MatchString(e.Name):
		return fmt.Errorf("name = %q: letters, digits and . _ + = - make the name of a directory", e.Name)
	}
	for _, v := range e.Variants {
		if err := v.check(); err != nil {
			return fmt.Errorf("variant %q: %w", v.Name, err)
		}
	}
	return nil
}

func (v Variant) check() error {
	made := v.Size != "" || len(v.Mkfs) > 0 || v.Mount != "" || v.Image != "" || v.Device != ""
	switch {
	case !named.MatchString(v.Name):
		return errors.New("name: letters, digits and . _ + = - make the name of a directory")
	case v.Dir != "" && v.Filesystem != "":
		return errors.New("dir and filesystem: a filesystem that is made is mounted where there is room: leave one out")
	case v.Filesystem == "" && made:
		return errors.New("size, mkfs, mount, image and device are of a filesystem that is made: say which")
	case v.Device != "" && v.Image != "":
		return errors.New("device and image: a filesystem lies on one of them")
	}
	here := v.Dir != "" || v.Filesystem != "" || len(v.Knobs) > 0 || v.Policy != "" || v.Nice != 0 || v.CPUs != 0 || v.Memory != "" || len(v.Speculation) > 0
	switch {
	case v.Kernel.isSet() && v.Kernel.File == "":
		return errors.New("kernel.file: name an image of a kernel, or the Debian package of one")
	case v.Kernel.isSet() && here:
		return errors.New("kernel: what is booted is measured in there, and what else the variant asks for is of this machine: leave one out")
	}
	if _, err := filepath.Match(v.Boot.Kernel, ""); err != nil {
		return fmt.Errorf("boot.kernel = %q is no pattern: write it as 6.12.*", v.Boot.Kernel)
	}
	for _, word := range []string{"--name", "--out", "-o", "--ab"} {
		if slices.Contains(v.Run, word) {
			return fmt.Errorf("run has %s, which the experiment settles", word)
		}
	}
	return nil
}
