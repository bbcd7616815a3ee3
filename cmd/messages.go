package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"

	"ipcbench/internal/near"
	"ipcbench/internal/quote"
)

// The rules for what is printed:
//
//   - Results go to stdout; progress, warnings and errors go to stderr.
//   - An error is one line, "ipcbench: " and then what was tried, on what, why
//     it failed and what to do, in lower case and without a full stop.
//   - A warning is one line that starts with "ipcbench: warning: ".
//   - Colour and rewritten lines are for terminals only, and there is no
//     colour where NO_COLOR is set or the terminal is dumb.
//   - Nothing is written while a launch is being measured.

// lookupEnv returns the value of an environment variable and whether it is
// set, as os.LookupEnv does.
type lookupEnv func(name string) (value string, set bool)

// A console is where a command writes to.
type console struct {
	stdout, stderr io.Writer
	env            lookupEnv
}

// newConsole returns one that obeys no foreign text and forgets no failed write:
// finish returns the error that a command ended with, or else that its results
// could not be written. The first such ends the command, by lost.
func newConsole(stdout, stderr io.Writer, env lookupEnv, lost context.CancelFunc) (c *console, finish func(error) error) {
	c = &console{env: env}
	results := &screen{to: stdout, name: "standard output", lost: lost}
	others := &screen{to: stderr, name: "standard error", lost: func() {}}
	results.terminal, others.terminal = c.terminal(results), c.terminal(others)
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
	fmt.Fprintf(c.stderr, "%s %s\n", c.paint(red, "ipcbench:"), oneLine(err.Error()))
}

// note tells what is neither a result nor amiss.
func (c *console) note(message string) {
	fmt.Fprintf(c.stderr, "ipcbench: %s\n", oneLine(message))
}

func (c *console) warn(message string) {
	fmt.Fprintf(c.stderr, "ipcbench: %s %s\n", c.paint(yellow, "warning:"), oneLine(message))
}

// The colours, as a terminal takes them (ECMA-48, SGR).
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// paint gives text on stderr a colour where that is wanted.
func (c *console) paint(colour, text string) string { return c.paintOn(c.stderr, colour, text) }

// paintOn is paint for text on w.
func (c *console) paintOn(w io.Writer, colour, text string) string {
	if unwanted, _ := c.env("NO_COLOR"); unwanted != "" || !c.terminal(w) {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// terminal reports whether w is a terminal on which a line can be rewritten.
func (c *console) terminal(w io.Writer) bool {
	kind, _ := c.env("TERM")
	file, ok := w.(interface{ Fd() uintptr })
	return ok && kind != "dumb" && term.IsTerminal(int(file.Fd()))
}

// width returns the columns of the terminal w, or 80 where it does not say.
func width(w io.Writer) int {
	if file, ok := w.(interface{ Fd() uintptr }); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return 80
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
