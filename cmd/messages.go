package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"

	"ipcbench/internal/near"
	"ipcbench/internal/program"
	"ipcbench/internal/quote"
	"ipcbench/results/table"
)

// The rules for what is printed:
//
//   - Results go to stdout; progress, warnings and errors go to stderr.
//   - An error is one line, "ipcbench: " (see package program) and then what was tried, on what, why
//     it failed and what to do, in lower case and without a full stop.
//   - A warning is one line that starts with "ipcbench: warning: ".
//   - No line is wider than the terminal: what is, is broken at words. What goes to no
//     terminal is as wide as COLUMNS says or 100 columns, and a message one line.
//   - Rewritten lines are for terminals only, and so is colour unless it is forced:
//     see coloured.
//   - Nothing is written while a launch is being measured.

// lookupEnv returns the value of an environment variable and whether it is
// set, as os.LookupEnv does.
type lookupEnv func(name string) (value string, set bool)

// A console is where a command writes to.
type console struct {
	stdout, stderr io.Writer
	env            lookupEnv
	colour         colourChoice
	ctx            context.Context // ends with the command: for what waits for others
}

// newConsole returns one that obeys no foreign text and forgets no failed write:
// finish returns the error that a command ended with, or else that its results
// could not be written. The first such ends the command, by lost.
func newConsole(stdout, stderr io.Writer, env lookupEnv, lost context.CancelFunc) (c *console, finish func(error) error) {
	c = &console{env: env}
	results := &screen{to: stdout, name: "standard output", lost: lost}
	others := &screen{to: stderr, name: "standard error", lost: func() {}}
	for _, s := range []*screen{results, others} {
		s.terminal = c.terminal(s)
		s.coloured = func() bool { return c.coloured(s) }
	}
	c.stdout, c.stderr = results, others
	return c, func(err error) error {
		unwritten := results.close()
		switch {
		case unwritten == nil:
			return err
		case err == nil || errors.Is(err, errInterrupted):
			return unwritten
		}
		return errors.Join(err, unwritten)
	}
}

func (c *console) fail(err error) {
	c.say(c.paint(red, program.Name+":"), err.Error())
}

// note tells what is neither a result nor amiss.
func (c *console) note(message string) {
	c.say(program.Name+":", message)
}

func (c *console) warn(message string) {
	c.say(program.Name+": "+c.paint(yellow, "warning:"), message)
}

// say writes a message, one line unless a terminal takes more.
func (c *console) say(mark, message string) {
	line := mark + " " + oneLine(program.Named(message))
	if columns, is := terminalColumns(c.stderr); is {
		line = strings.ReplaceAll(table.Wrapped(line, columns-2), "\n", "\n  ")
	}
	fmt.Fprintln(c.stderr, line)
}

// terminal reports whether w is a terminal on which a line can be rewritten.
func (c *console) terminal(w io.Writer) bool {
	kind, _ := c.env("TERM")
	file, ok := w.(interface{ Fd() uintptr })
	return ok && kind != "dumb" && term.IsTerminal(int(file.Fd()))
}

func oneLine(message string) string {
	lines := strings.FieldsFunc(message, func(r rune) bool { return r == '\n' || r == '\r' })
	return quote.Line(strings.Join(lines, "; "))
}

// A usageError says that the command line or a file was wrong, so that nothing
// was run.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usage(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{err}
}

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// didYouMean returns a hint to append to a complaint about an unknown word, or "" where
// no known word is like it.
func didYouMean(word string, known []string) string {
	meant := near.To(word, near.Words(known...))
	if len(meant) == 0 {
		return ""
	}
	return fmt.Sprintf(": did you mean %s?", strings.Join(meant, " or "))
}
