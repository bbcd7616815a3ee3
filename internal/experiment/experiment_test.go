package experiment

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ipcbench/results/experiment"
)

func TestTheExampleIsAnExperiment(t *testing.T) {
	e, err := Parse("example.toml", []byte(Example))
	if err != nil {
		t.Fatal(err)
	}
	if e.Name != "filesystems" || len(e.Variants) != 6 || e.Rounds != 6 || e.Run[0] != "mmap" {
		t.Errorf("%+v", e)
	}
	last := e.Variants[5]
	if len(last.Knobs) != 2 || last.Knobs[1] != (experiment.Setting{Knob: "vm.dirty_ratio", Value: "5"}) || last.Filesystem != "ext4" || last.Prepare != "sync" {
		t.Errorf("%+v", last)
	}
	if e.Question == "" || e.About == "" || e.File != "example.toml" || e.Text != Example {
		t.Errorf("it asks %q, and is %s", e.Question, e.File)
	}
	if e.Variants[1].Name != "ext4-^has_journal" {
		t.Errorf("a variant is called %q", e.Variants[1].Name)
	}
}

// Each variant has each place in a round equally often, and follows each other one.
func TestRoundsAreInterleaved(t *testing.T) {
	e := Experiment{Rounds: 6, Variants: []Variant{{Name: "A"}, {Name: "B"}, {Name: "C"}}}
	var names strings.Builder
	for i, turn := range e.Turns() {
		if i%3 == 0 {
			names.WriteString(" ")
		}
		names.WriteString(turn.Name)
		if turn.Round != i/3+1 {
			t.Errorf("turn %d is of round %d", i, turn.Round)
		}
	}
	if got := names.String(); got != " ABC CAB BCA ABC CAB BCA" {
		t.Errorf("the order is%s", got)
	}
}

func TestWhatIsWrongIsSaidWithItsPlace(t *testing.T) {
	const two = "rounds = 3\nrun = 'pipe'\nfilesystems = ['ext4', 'xfs']\n"
	for text, want := range map[string]string{
		"rounds = 3\nrun = pipe":                               "x.toml:2:7: ",
		"rounds = 3\nrnu = 'pipe'":                             `x.toml:2:1: there is no key "rnu"`,
		"run = 'pipe \"'":                                      "x.toml:1:7: unterminated double-quoted string",
		"rounds = 'many'":                                      "x.toml:1:10: ",
		"rounds = 3\nfilesystems = ['ext4']":                   "it has 1 variants",
		"filesystems = ['ext4', 'xfs']":                        "rounds = 0: from 3 on",
		"rounds = 9999\nfilesystems = ['ext4', 'xfs']":         "more than 10000 runs",
		"rounds = 3\nfilesystems = ['ext4', 'ext4']":           `two variants are called "ext4"`,
		two + "[[variant]]\nname = 'a/b'":                      `variant "a/b": name`,
		two + "[[variant]]\nname = 'a'\nsize = '1GiB'":         `variant "a": size, mkfs`,
		two + "[[variant]]\nname = 'a'\nrun = '-o there'":      "run has -o",
		two + "[[variant]]\nname = 'a'\n[variant.knob]\nx = 1": `there is no key "variant.knob"`,
	} {
		_, err := Parse("x.toml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := Parse("x.toml", []byte(two)); err != nil {
		t.Error(err)
	}
}

// Those that are ready-made can be read, and the index has each with its question.
func TestTheReadyMadeOnesAreExperiments(t *testing.T) {
	files, err := filepath.Glob("../../experiments/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	index, err := os.ReadFile("../../experiments/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Parse(file, text)
		if err != nil {
			t.Error(err)
			continue
		}
		if line := fmt.Sprintf("| %s | [%[2]s.toml](%[2]s.toml) | [%[2]s.md](%[2]s.md) |\n", e.Question, e.Name); !strings.Contains(string(index), line) {
			t.Errorf("the index does not have the line %s", line)
		}
		for _, v := range e.Variants {
			if len(v.Steps(e.Run, false)) == 0 {
				t.Errorf("%s: variant %s has no steps", file, v.Name)
			}
		}
	}
}

// Kernels lie beside the file that names them, wherever that is run from.
func TestAKernelLiesBesideItsFile(t *testing.T) {
	const text = "rounds = 3\nrun = 'pipe'\n[[variant]]\nname = 'a'\nkernel = { file = 'a.deb' }\n[[variant]]\nname = 'b'\nkernel = { file = '/boot/b', binary = 'it' }"
	e, err := Parse("some/where/x.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := e.Variants[0].Kernel, e.Variants[1].Kernel; a.File != "some/where/a.deb" || b.File != "/boot/b" || b.Binary != "some/where/it" {
		t.Errorf("they are %+v and %+v", a, b)
	}
}
