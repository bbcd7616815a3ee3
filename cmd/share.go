package cmd

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ipcbench/internal/folder"
	"ipcbench/internal/quote"
	"ipcbench/results"
	"ipcbench/results/catalogue"
	"ipcbench/results/store"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

func newShare(out *console) *cobra.Command {
	s := sharer{out: out}
	cmd := &cobra.Command{
		Use:     "share RUN [flags]",
		GroupID: "explore",
		Short:   "A small file of a run that names nobody, to pass on",
		Long: `Makes of a run a file of less than 50 kB that can be passed on: the machine's facts, as
processor, kernel and mitigations, its floors, and the median of each metric of each
cell with its interval. What names the machine or you is left out: host, user,
directories, labels, the command line, what stands behind the kernel's release. What
is in and what is not is shown first, on stderr; then you are asked.

The file is machines/CPU-KERNEL-HASH.json, or that of --out. Where nobody can be asked,
or stdout is no terminal, it goes there and no file is written, unless --yes is given. "ipcbench machines"
compares such files; put into the folder machines of ipcbench's source, it is in the
next version.`,
		Example: `  ipcbench share latest
  ipcbench share base --yes -o machine.json`,
		Args: func(_ *cobra.Command, words []string) error {
			if len(words) != 1 {
				return usagef("share: %d runs are given: name one, as latest", len(words))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, words []string) error { return s.run(words[0]) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&s.to, "out", "o", "", "`file` to write, or the directory for it (default machines), or - for stdout")
	flags.BoolVarP(&s.yes, "yes", "y", false, "do not ask before it is written")
	return cmd
}

// A sharer carries out the command share.
type sharer struct {
	out *console
	to  string
	yes bool
}

func (s *sharer) run(word string) error {
	m, leftOut, err := machineOf(s.out, word)
	if err != nil {
		return usage(fmt.Errorf("share: %w", err))
	}
	text, err := m.Encode()
	if err != nil {
		return usage(fmt.Errorf("share: %w", err))
	}
	s.tell(m, leftOut, len(text))
	asks := s.out.terminal(os.Stdin) && s.out.terminal(s.out.stderr)
	if s.to == "-" || s.to == "" && !s.yes && !(asks && s.out.terminal(s.out.stdout)) {
		_, err := s.out.stdout.Write(text)
		return err
	}
	path := s.path(m)
	switch {
	case s.yes:
	case !asks:
		return usagef("share: nobody can be asked whether to write %s: give --yes, or -o - to print it", path)
	case !s.agrees(path):
		s.out.note("nothing was written")
		return nil
	}
	if err := writeFile(path, text); err != nil {
		return fmt.Errorf("share: %w", err)
	}
	_, err = fmt.Fprintln(s.out.stdout, quote.Line(path))
	return err
}

// machineOf is what can be passed on of the run that a word means.
func machineOf(out *console, word string) (m catalogue.Machine, leftOut []string, err error) {
	path, err := locate(out, word, store.NoProfiles)
	if err != nil {
		return m, nil, err
	}
	run, err := openRun(out, path)
	if err != nil {
		return m, nil, err
	}
	run.folder.Close()
	return catalogue.Of(summary.Analyze(run.Run, run.launches, nil))
}

// tell shows what is in the file, and what is not.
func (s *sharer) tell(m catalogue.Machine, leftOut []string, bytes int) {
	var b strings.Builder
	item := func(indent, format string, values ...any) {
		fmt.Fprintln(&b, table.Beside(indent, quote.Line(fmt.Sprintf(format, values...)), s.out.columns(s.out.stderr)))
	}
	item("", "In it, %d bytes:", bytes)
	for _, name := range slices.Sorted(maps.Keys(m.Facts)) {
		item("  ", "%s: %s", name, m.Facts[name])
	}
	item("  ", "the day, %s, and the version, %s", m.Measured, m.Version)
	item("  ", "%d floors, and of %d cells the medians and intervals:", len(m.Floors), len(m.Cells))
	for _, d := range results.Dimensions() {
		if values := valuesOf(m, d); len(values) > 0 && d.Shared {
			item("    ", "%s: %s", d.Name, strings.Join(values, ", "))
		}
	}
	item("", "Left out:")
	for _, what := range leftOut {
		item("  ", "%s", what)
	}
	fmt.Fprint(s.out.stderr, b.String())
}

// valuesOf are those of a dimension, each once.
func valuesOf(m catalogue.Machine, d results.Dimension) []string {
	var values []string
	for _, c := range m.Cells {
		if value := d.Plain(c.Cell); value != "" && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values
}

// path is where the file goes.
func (s *sharer) path(m catalogue.Machine) string {
	if s.to == "" {
		return filepath.Join(ownMachines, m.FileName())
	}
	if info, err := os.Stat(s.to); err == nil && info.IsDir() {
		return filepath.Join(s.to, m.FileName())
	}
	return s.to
}

// agrees asks on the terminal.
func (s *sharer) agrees(path string) bool {
	fmt.Fprintf(s.out.stderr, "Write %s? [y/N] ", quote.Line(path))
	answer, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// writeFile replaces a file, and makes its directory where that is missing.
func writeFile(path string, text []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := folder.Open(dir)
	if err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	defer f.Close()
	return f.Replace(filepath.Base(path), func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}
