package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/pflag"

	"ipcbench/results/export"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// exports are the files that a command is to write what it has to. They are
// opened before it begins, so that a path that cannot be written costs nobody
// a run.
type exports[T any] struct {
	all []*output[T]
}

// An output is one file in one format; the path "-" is standard output.
type output[T any] struct {
	flag, path string
	write      func(io.Writer, T) error
	file       *os.File // open, until it is written
	made       bool     // by us: it was not there
	to         io.Writer
}

func (e *exports[T]) flag(flags *pflag.FlagSet, name, what string, write func(io.Writer, T) error) *output[T] {
	x := &output[T]{flag: name, write: write}
	flags.StringVar(&x.path, name, "", what)
	e.all = append(e.all, x)
	return x
}

// runExports declares the flags for what a run, or a report of one, writes beside its
// directory.
func runExports(e *exports[summary.Analysis], flags *pflag.FlagSet) {
	add := func(name, what string, write func(io.Writer, summary.Analysis) error) {
		e.flag(flags, name, "also write "+what+" to `file`, or - for stdout", write)
	}
	add("export-csv", "the launches as CSV", func(w io.Writer, run summary.Analysis) error {
		return export.WriteLaunchesCSV(w, run.Launches, run.Asked...)
	})
	add("export-json", "the summary as JSON", export.WriteJSON)
	add("export-markdown", "the table as Markdown", func(w io.Writer, run summary.Analysis) error { return table.Write(w, run.Cells, table.Markdown) })
	add("export-bench", "the launches for benchstat", func(w io.Writer, run summary.Analysis) error { return export.WriteBench(w, run.Run, run.Launches) })
}

// open opens all of them. After an error, none is there that was not before.
func (e *exports[T]) open(stdout io.Writer) error {
	if e.count("-") > 1 {
		return errors.New("two exports to standard output: give one of them a file")
	}
	for i, x := range e.all {
		err := x.open(stdout)
		for _, other := range e.all[:i] {
			if err == nil && x.isSame(other) {
				err = fmt.Errorf("--%s and --%s are both to write %s: give each a file of its own", other.flag, x.flag, x.path)
			}
		}
		if err != nil {
			e.abandon()
			return err
		}
	}
	return nil
}

func (x *output[T]) open(stdout io.Writer) error {
	switch x.path {
	case "":
		return nil
	case "-":
		x.to = stdout
		return nil
	}
	var err error
	x.file, err = os.OpenFile(x.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	x.made = err == nil
	if errors.Is(err, fs.ErrExist) {
		x.file, err = os.OpenFile(x.path, os.O_WRONLY|os.O_CREATE, 0o644)
	}
	if err != nil {
		return fmt.Errorf("--%s: %w", x.flag, err)
	}
	x.to = x.file
	return nil
}

// isSame says whether both are one file, under whatever names, so that what the
// one writes the other would write over. A device takes both.
func (x *output[T]) isSame(other *output[T]) bool {
	if x.file == nil || other.file == nil {
		return false
	}
	mine, err := x.file.Stat()
	if err != nil || !mine.Mode().IsRegular() {
		return false
	}
	theirs, err := other.file.Stat()
	return err == nil && os.SameFile(mine, theirs)
}

// abandon removes the files that open made and nothing was written to.
func (e *exports[T]) abandon() {
	for _, x := range e.all {
		if x.file == nil {
			continue
		}
		x.file.Close()
		x.file, x.to = nil, nil
		if x.made {
			os.Remove(x.path)
		}
	}
}

// write fills the open exports.
func (e *exports[T]) write(what T) error {
	var wrong []error
	for _, x := range e.all {
		if x.to == nil {
			continue
		}
		if err := x.fill(what); err != nil {
			wrong = append(wrong, fmt.Errorf("--%s: %w", x.flag, err))
		}
	}
	return errors.Join(wrong...)
}

func (x *output[T]) fill(what T) error {
	if x.file == nil {
		return x.write(x.to, what)
	}
	// What an earlier run left is kept until there is something in its place.
	if info, err := x.file.Stat(); err == nil && info.Mode().IsRegular() {
		if err := x.file.Truncate(0); err != nil {
			return err
		}
	}
	err := errors.Join(x.write(x.file, what), x.file.Close())
	x.file = nil
	return err
}

// tableTo is where the table goes: stdout, unless that carries an export.
func (e *exports[T]) tableTo(out *console) io.Writer {
	if e.onStdout() {
		return out.stderr
	}
	return out.stdout
}

func (e *exports[T]) any() bool { return e.count("") < len(e.all) }

func (e *exports[T]) onStdout() bool { return e.count("-") > 0 }

func (e *exports[T]) count(path string) int {
	n := 0
	for _, x := range e.all {
		if x.path == path {
			n++
		}
	}
	return n
}
