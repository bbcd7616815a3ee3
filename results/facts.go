package results

import "strings"

// Volatile reports whether a fact about a machine, by its name in Run.Host, is
// of a moment: how busy it was when the run began. Such facts differ between
// any two runs and explain nothing about the machine itself.
func Volatile(fact string) bool {
	return fact == "loadavg" || fact == "cpu-times" || strings.HasPrefix(fact, "psi-")
}
