package cmd

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ipcbench/internal/program"
)

// Call says what this binary is called in all that it says of itself. The main function of
// another module, which has more transports, does so before it calls Main.
func Call(name string) { program.Name = name }

// nameThrough has all that the help of a command and of those below it says call this
// program by its name.
func nameThrough(cmd *cobra.Command) {
	for _, text := range []*string{&cmd.Use, &cmd.Short, &cmd.Long, &cmd.Example} {
		*text = program.Named(*text)
	}
	for _, flags := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) { f.Usage = program.Named(f.Usage) })
	}
	for _, sub := range cmd.Commands() {
		nameThrough(sub)
	}
}
