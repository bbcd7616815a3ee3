// Package program knows what this binary is called. Texts that tell somebody what to type
// are written as of ipcbench, and [Named] as they are shown, or made by [Typed].
package program

import (
	"regexp"
	"strings"
)

// Plain is what it is called where nobody says otherwise.
const Plain = "ipcbench"

// Name is what it is called in all that it says of itself. Another binary's main function
// sets it, before anything else.
var Name = Plain

// Typed is what to type for it, followed by these words.
func Typed(words ...string) string { return strings.Join(append([]string{Name}, words...), " ") }

// invocation is where a text says what to type, and not who ipcbench is.
var invocation = regexp.MustCompile(`\b` + Plain + `( [a-z-]+\b| COMMAND)`)

// Named is a text that calls this program by its name wherever it says what to type.
func Named(text string) string {
	if Name == Plain {
		return text
	}
	return invocation.ReplaceAllString(text, Name+"$1")
}
