package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"unicode/utf8"

	"ipcbench/internal/quote"
)

// A screen is stdout or stderr as the commands write to it. What would be an order
// to a terminal is written as text, whatever record, name or error it is from; the
// colours and rewritten lines that commands make themselves pass where there is a
// terminal. And it keeps the first error, so that no command that prints need look:
// what comes after that is dropped.
type screen struct {
	to       io.Writer
	name     string // of a stream, in an error
	terminal bool
	coloured func() bool // whether colours pass, as on a terminal; nil: they do not
	held     []byte      // the beginning of a character
	err      error
	lost     context.CancelFunc // called at the first error
}

// A lostError says that what a command had to print is lost.
type lostError struct {
	name  string
	cause error
}

func (e *lostError) Error() string {
	cause := e.cause
	var path *fs.PathError
	if errors.As(cause, &path) {
		cause = path.Err
	}
	return fmt.Sprintf("write to %s: %s: what was to be printed is not complete", e.name, cause)
}

func (e *lostError) Unwrap() error { return e.cause }

func (s *screen) Write(p []byte) (int, error) {
	if s.err != nil {
		return len(p), nil
	}
	text := append(s.held, p...)
	whole := wholeCharacters(text)
	s.held = append([]byte(nil), text[whole:]...)
	if _, err := io.WriteString(s.to, s.quoted(string(text[:whole]))); err != nil {
		s.err = &lostError{s.name, err}
		s.lost()
	}
	return len(p), nil
}

// close writes what is held and returns the first error.
func (s *screen) close() error {
	if held := string(s.held); held != "" && s.err == nil {
		s.held = nil
		s.Write([]byte(strings.ToValidUTF8(held, "\uFFFD")))
	}
	return s.err
}

// Fd is the descriptor behind it, or none, for those who ask what it leads to.
func (s *screen) Fd() uintptr {
	if file, is := s.to.(interface{ Fd() uintptr }); is {
		return file.Fd()
	}
	return ^uintptr(0)
}

// The orders to a terminal that commands give: see paintOn and progress.rewrite.
var (
	colours = regexp.MustCompile("\x1b\\[(0|" + red + "|" + green + "|" + yellow + "|" + cyan + ")m")
	ours    = regexp.MustCompile(colours.String() + "|\r\x1b\\[K")
)

func (s *screen) quoted(text string) string {
	ours := ours
	switch {
	case s.terminal:
	case s.coloured != nil && s.coloured():
		ours = colours
	default:
		return quote.Lines(text)
	}
	var b strings.Builder
	done := 0
	for _, order := range ours.FindAllStringIndex(text, -1) {
		b.WriteString(quote.Lines(text[done:order[0]]))
		b.WriteString(text[order[0]:order[1]])
		done = order[1]
	}
	b.WriteString(quote.Lines(text[done:]))
	return b.String()
}

// wholeCharacters is how much of a text ends with the end of a character.
func wholeCharacters(text []byte) int {
	for i := len(text) - 1; i >= 0 && i >= len(text)-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRune(text[i:]) {
				return i
			}
			break
		}
	}
	return len(text)
}
