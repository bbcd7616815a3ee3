// Package quote is where foreign text becomes text for somebody: a terminal,
// Markdown, a table for a spreadsheet. Foreign is what came out of a record, off
// the command line or from the kernel: labels, directories, names, reasons.
//
// A record keeps such text as it is, and HTML and JSON have writers of their own
// that know what to quote. It knows what text can do to whom it is shown. It must
// not know what the text is about.
package quote

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line is text for a line on a terminal: what would move the cursor, end the
// line, give an order to the terminal or reverse the order of what follows is
// written as an escape, as in \n, \u001b or \u202e. These are those of JSON, and
// so JSON that went through this says the same.
func Line(text string) string { return escape(text, isHarmless) }

// Lines is Line for text that has lines and tabs of its own.
func Lines(text string) string {
	return escape(text, func(r rune) bool { return r == '\n' || r == '\t' || isHarmless(r) })
}

// isHarmless says whether a rune does nothing but stand where it is.
func isHarmless(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r >= ' ' && r != 0x7F
	case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Noncharacter_Code_Point, r):
		return false
	}
	return r != '\u2028' && r != '\u2029' // separators of lines and paragraphs
}

// escape writes the runes that are not to be kept as escapes. A byte that is of
// no rune is U+FFFD, as everywhere.
func escape(text string, keep func(rune) bool) string {
	if strings.IndexFunc(text, func(r rune) bool { return !keep(r) }) < 0 && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case keep(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r > 0xFFFF:
			b.WriteString("\uFFFD") // a noncharacter
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// Markdown is text that Markdown shows as it is: no HTML, no link, no picture,
// no code and nothing emphasized. A backslash before punctuation says so
// (CommonMark 2.4). The cells of a table need one before | too, which whoever
// writes the table adds.
func Markdown(text string) string {
	text = Line(text)
	var b strings.Builder
	for i, r := range text {
		rest := text[i+utf8.RuneLen(r):]
		if strings.ContainsRune("\\*`~", r) || r == '<' && opensTag(rest) || r == '&' && opensEntity(rest) || r == ']' && makesLink(rest) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// MarkdownLines is Markdown for text that has lines of its own.
func MarkdownLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Markdown(line)
	}
	return strings.Join(lines, "\n")
}

// opensTag says whether what follows a < may make it a tag: "<9.1 %" is none.
func opensTag(rest string) bool {
	return rest != "" && (isLetter(rest[0]) || strings.IndexByte("/!?", rest[0]) >= 0)
}

func opensEntity(rest string) bool { return rest != "" && (isLetter(rest[0]) || rest[0] == '#') }

// makesLink says whether what follows a ] may make a link or a picture of what is
// before it: an interval in brackets is none.
func makesLink(rest string) bool { return rest != "" && strings.IndexByte("([:", rest[0]) >= 0 }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// Cell is text for a field of a CSV file that no spreadsheet takes for a formula.
// Where it begins like one, with = + - @ or a tab, an apostrophe stands before it,
// by which spreadsheets know text: a program that wants it as it was reads the
// record, and no transport, workload or placement begins so. A number is none,
// with a sign or without.
func Cell(text string) string {
	text = Lines(text)
	if text == "" || strings.IndexByte("=+-@\t", text[0]) < 0 {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return text
	}
	return "'" + text
}
