package cmd

import (
	"errors"
	"fmt"
	"io"
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
	file       *os.File
	to         io.Writer
}

func (e *exports[T]) flag(flags *pflag.FlagSet, name, what string, write func(io.Writer, T) error) *output[T] {
	x := &output[T]{flag: name, write: write}
	flags.StringVar(&x.path, name, "", what)
	e.all = append(e.all, x)
	return x
}

// runExports declares the flags of a run for the files beside its directory.
func runExports(e *exports[summary.Analysis], flags *pflag.FlagSet) {
	add := func(name, what string, write func(io.Writer, summary.Analysis) error) {
		e.flag(flags, name, "also write "+what+" to `file`, or - for stdout", write)
	}
	add("export-csv", "the launches as CSV", func(w io.Writer, run summary.Analysis) error { return export.WriteLaunchesCSV(w, run.Launches) })
	add("export-json", "the summary as JSON", export.WriteJSON)
	add("export-markdown", "the table as Markdown", func(w io.Writer, run summary.Analysis) error { return table.Write(w, run.Cells, table.Markdown) })
	add("export-bench", "the launches for benchstat", func(w io.Writer, run summary.Analysis) error { return export.WriteBench(w, run.Run, run.Launches) })
}

func (e *exports[T]) open(stdout io.Writer) error {
	if e.count("-") > 1 {
		return errors.New("two exports to standard output: give one of them a file")
	}
	for _, x := range e.all {
		switch x.path {
		case "":
		case "-":
			x.to = stdout
		default:
			file, err := os.OpenFile(x.path, os.O_WRONLY|os.O_CREATE, 0o644)
			if err != nil {
				return fmt.Errorf("--%s: %w", x.flag, err)
			}
			x.file, x.to = file, file
		}
	}
	return nil
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
	return errors.Join(x.write(x.file, what), x.file.Close())
}

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
