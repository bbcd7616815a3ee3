package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"ipcbench/results"
)

// exports are the files, beside the run directory, that a run is to be
// written to. They are opened before anything is measured, so that a path that
// cannot be written costs nobody a run.
type exports struct {
	all []*export
}

// An export is one file in one format; the path "-" is standard output.
type export struct {
	flag, path string
	write      func(io.Writer, results.Run, []results.Launch) error
	file       *os.File
	to         io.Writer
}

func (e *exports) add(flags *pflag.FlagSet) {
	e.flag(flags, "export-csv", "the launches as CSV", func(w io.Writer, _ results.Run, launches []results.Launch) error {
		return results.WriteLaunchesCSV(w, launches)
	})
	e.flag(flags, "export-json", "the summary as JSON", func(w io.Writer, run results.Run, launches []results.Launch) error {
		return results.WriteJSON(w, run, summarize(launches))
	})
	e.flag(flags, "export-markdown", "the table as Markdown", func(w io.Writer, _ results.Run, launches []results.Launch) error {
		return results.WriteMarkdown(w, summarize(launches))
	})
	e.flag(flags, "export-bench", "the launches for benchstat", results.WriteBench)
}

func (e *exports) flag(flags *pflag.FlagSet, name, what string, write func(io.Writer, results.Run, []results.Launch) error) {
	export := &export{flag: name, write: write}
	flags.StringVar(&export.path, name, "", "also write "+what+" to `file`, or - for stdout")
	e.all = append(e.all, export)
}

func (e *exports) open(stdout io.Writer) error {
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
func (e *exports) write(run results.Run, launches []results.Launch) error {
	var wrong []error
	for _, x := range e.all {
		if x.to == nil {
			continue
		}
		if err := x.fill(run, launches); err != nil {
			wrong = append(wrong, fmt.Errorf("--%s: %w", x.flag, err))
		}
	}
	return errors.Join(wrong...)
}

func (x *export) fill(run results.Run, launches []results.Launch) error {
	if x.file == nil {
		return x.write(x.to, run, launches)
	}
	// What an earlier run left is kept until there is something in its place.
	if info, err := x.file.Stat(); err == nil && info.Mode().IsRegular() {
		if err := x.file.Truncate(0); err != nil {
			return err
		}
	}
	return errors.Join(x.write(x.file, run, launches), x.file.Close())
}

func (e *exports) onStdout() bool { return e.count("-") > 0 }

func (e *exports) count(path string) int {
	n := 0
	for _, x := range e.all {
		if x.path == path {
			n++
		}
	}
	return n
}
