package cmd

import (
	"regexp"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Program is what this binary is called in all that it says of itself. The main function
// of another module, which has more transports, sets it before it calls Main.
var Program = itself

// itself is what it is called in the texts of this package.
const itself = "ipcbench"

// invocation is where a text says what to type, and not who ipcbench is.
var invocation = regexp.MustCompile(`\b` + itself + `( [a-z-]+\b| COMMAND)`)

// named is a text that calls this program by its name wherever it says what to type.
func named(text string) string {
	if Program == itself {
		return text
	}
	return invocation.ReplaceAllString(text, Program+"$1")
}

// nameThrough does so for all that the help of a command and of those below it says.
func nameThrough(cmd *cobra.Command) {
	for _, text := range []*string{&cmd.Use, &cmd.Short, &cmd.Long, &cmd.Example} {
		*text = named(*text)
	}
	for _, flags := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) { f.Usage = named(f.Usage) })
	}
	for _, sub := range cmd.Commands() {
		nameThrough(sub)
	}
}
