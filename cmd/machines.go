package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"ipcbench/internal/folder"
	"ipcbench/machines"
	"ipcbench/results/catalogue"
	"ipcbench/results/report"
)

// ownMachines is the directory in which "share" puts its files.
const ownMachines = "machines"

func newMachines(out *console) *cobra.Command {
	m := surveyor{out: out}
	cmd := &cobra.Command{
		Use:     "machines [DIR|FILE...] [flags]",
		GroupID: "explore",
		Short:   "This machine against those that others have shared",
		Long: `Shows machines beside each other, by the files that "ipcbench share" made: those that
came with ipcbench and those in the directory machines, or what is named. On top is
this machine, by the newest run or that of --with, and behind the others' values how
many times its own they are. Only what is alike is in a column: the same transport,
size, placement and filesystem. Emulated machines have tables of their own.`,
		Example: `  ipcbench machines
  ipcbench machines --with base
  ipcbench machines shared/*.json --csv machines.csv`,
		RunE: func(_ *cobra.Command, paths []string) error { return m.run(paths) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&m.with, "with", "", "the `run` of this machine, or none (default the newest)")
	add := func(name, what, alone string, write func(io.Writer, catalogue.Catalogue) error) {
		m.exports.flag(flags, name, what, write)
		flags.Lookup(name).NoOptDefVal = alone
	}
	add("json", "print the records as JSON, or write them to a `file`", "-", catalogue.WriteJSON)
	add("csv", "print every metric of every cell as CSV, or write them to a `file`", "-", catalogue.WriteCSV)
	add("html", "write a page to a `file`", "machines.html", report.WriteMachines)
	return cmd
}

// A surveyor carries out the command machines.
type surveyor struct {
	out     *console
	with    string
	exports exports[catalogue.Catalogue]
}

func (s *surveyor) run(paths []string) error {
	c, err := s.read(paths)
	if err != nil {
		return usage(fmt.Errorf("machines: %w", err))
	}
	if err := s.exports.open(s.out.stdout); err != nil {
		return usage(err)
	}
	err = s.exports.write(c)
	if !s.exports.onStdout() {
		err = errors.Join(err, catalogue.WriteText(s.out.stdout, c, s.out.columns(s.out.stdout)))
	}
	return err
}

func (s *surveyor) read(paths []string) (c catalogue.Catalogue, err error) {
	if c.This, err = s.this(); err != nil {
		return c, err
	}
	if len(paths) == 0 {
		return c, s.readOurs(&c)
	}
	for _, path := range paths {
		if err := s.take(&c, path); err != nil {
			return c, err
		}
	}
	return c, nil
}

// this is the reader's own machine, or nil where there is no run of it. One that nobody
// asked for need not be fit to be shown.
func (s *surveyor) this() (*catalogue.Machine, error) {
	word := s.with
	switch paths, _ := newest(s.out, 1); {
	case word == "none", word == "" && len(paths) == 0:
		return nil, nil
	case word == "":
		word = paths[0]
	}
	m, _, err := machineOf(s.out, word)
	if err != nil && s.with == "" {
		s.out.note(fmt.Sprintf("this machine is not among them: %v", err))
		return nil, nil
	}
	return &m, err
}

// readOurs takes the machines that came with ipcbench, and those in the own directory.
func (s *surveyor) readOurs(c *catalogue.Catalogue) error {
	names, err := fs.Glob(machines.Records, "*.json")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := fs.ReadFile(machines.Records, name)
		if err == nil {
			err = add(c, text)
		}
		if err != nil {
			return fmt.Errorf("%s, which came with ipcbench: %w", name, err)
		}
	}
	if isThere(ownMachines) {
		return s.take(c, ownMachines)
	}
	return nil
}

// take adds a file, or the records in a directory.
func (s *surveyor) take(c *catalogue.Catalogue, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return addFile(c, filepath.Dir(path), filepath.Base(path))
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) != ".json" {
			continue
		}
		if err := addFile(c, path, entry.Name()); err != nil {
			s.out.warn(fmt.Sprintf("left out: %v", err))
		}
	}
	return nil
}

// addFile adds a record that may be a stranger's.
func addFile(c *catalogue.Catalogue, dir, name string) error {
	f, err := folder.Open(dir)
	if err == nil {
		defer f.Close()
		var text []byte
		if text, err = f.Read(name, 2*catalogue.MaxBytes); err == nil {
			err = add(c, text)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
	}
	return nil
}

// add adds a record, once.
func add(c *catalogue.Catalogue, text []byte) error {
	m, err := catalogue.Read(text)
	if err != nil {
		return err
	}
	same := func(other catalogue.Machine) bool { return other.FileName() == m.FileName() }
	if !slices.ContainsFunc(c.Others, same) {
		c.Others = append(c.Others, m)
	}
	return nil
}
