package cmd

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ipcbench/internal/near"
)

const about = `How fast do two processes hand each other messages, through mmap and otherwise?`

// Commands returns the command tree for whoever writes of it. It is not to be executed.
func Commands() *cobra.Command {
	return newRoot(&console{env: func(string) (string, bool) { return "", false }})
}

// newRoot returns the command tree, which writes to out.
func newRoot(out *console) *cobra.Command {
	root := &cobra.Command{
		Use:     "ipcbench COMMAND [flags]",
		Long:    about,
		Version: buildVersion(),
		Args:    func(cmd *cobra.Command, args []string) error { return unknownCommand(cmd, args) },
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			warnOfVariables(out, cmd.Root(), os.Environ())
			return flagsFromEnv(cmd.Flags(), out.env)
		},
		SilenceErrors: true,
		SilenceUsage:  true,

		DisableFlagsInUseLine: true,
	}
	root.SetOut(out.stdout)
	root.SetErr(out.stderr)
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	addHelp(root, out)
	root.SetHelpCommand(newHelp())
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if misnamed(cmd) == nil {
			help(cmd, args)
		}
	})
	root.AddGroup(
		&cobra.Group{ID: "measure", Title: "Measure:"},
		&cobra.Group{ID: "read", Title: "Read what was measured:"},
		&cobra.Group{ID: "explore", Title: "Look around:"},
	)
	addColour(root, out)
	root.AddCommand(newRun(out), newExperiment(out), newReport(out), newCompare(out), newHistory(out), newCollect(out), newPush(out), newList(out), newDoctor(out), newCores(out), newShare(out), newMachines(out), newDemo(out), newInitImage(out), newCompletion(out))
	root.AddCommand(newExport(out)...)
	root.AddCommand(moreCommands...)
	completeWords(root)
	nameThrough(root)
	return root
}

// allCommands are the root and those below it.
func allCommands(root *cobra.Command) []*cobra.Command {
	return append([]*cobra.Command{root}, root.Commands()...)
}

// exitStatuses are those of every command, a line each.
func exitStatuses() string {
	var b strings.Builder
	for _, s := range ExitStatuses() {
		fmt.Fprintf(&b, "\n  %3d  %s", s.Status, s.Words)
	}
	return b.String()
}

func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Short:  "Help about a command",
		Hidden: true,

		ValidArgsFunction: completeCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), args)
			}
			return about.Help()
		},
	}
}

// unknownCommand refuses the words that are no command.
func unknownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	word := args[0]
	if elsewhere := astray(word, args[1:]...); elsewhere != "" {
		return usagef("no command is called %q: %s", word, elsewhere)
	}
	if root.Flags().Lookup(word) != nil {
		return usagef("no command is called %q: did you mean ipcbench --%s?", word, word)
	}
	var known []near.Word
	for _, command := range root.Commands() {
		if command.IsAvailableCommand() {
			known = append(known, near.Word{Name: command.Name(), Also: command.SuggestFor})
		}
	}
	return usagef("no command is called %q: %s", word, near.Hint(word, "there are", known))
}

// misnamed is unknownCommand of what has been carried out: cobra has the root itself
// help, or tell its version, whatever word stands there.
func misnamed(cmd *cobra.Command) error {
	if cmd.HasParent() {
		return nil
	}
	return unknownCommand(cmd, cmd.Flags().Args())
}

// atMost refuses more than n words after a command.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usagef("%s: %q is one word too many: \"%s --help\" says what it takes", cmd.Name(), args[n], cmd.CommandPath())
		}
		return nil
	}
}

// flagsFromEnv sets every flag that the command line left out and that the
// environment has.
func flagsFromEnv(flags *pflag.FlagSet, env lookupEnv) error {
	var wrong error
	flags.VisitAll(func(flag *pflag.Flag) {
		name := variableOf(flag)
		value, _ := env(name)
		if flag.Changed || value == "" || flag.Name == "help" || wrong != nil {
			return
		}
		if err := flags.Set(flag.Name, value); err != nil {
			cause := err
			var invalid *pflag.InvalidValueError
			if errors.As(err, &invalid) {
				cause = invalid.Unwrap()
			}
			wrong = usage(badValue(name, flag, value, cause))
		}
	})
	return wrong
}

// variables is what the names of all those of the environment that set flags
// begin with.
const variables = "IPCBENCH_"

func variableOf(flag *pflag.Flag) string {
	return variables + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
}

// warnOfVariables names those of the environment that look as if they were to set
// a flag, and are of none of any command.
func warnOfVariables(out *console, root *cobra.Command, environment []string) {
	var known []near.Word
	root.PersistentFlags().VisitAll(func(flag *pflag.Flag) {
		known = append(known, near.Word{Name: strings.TrimPrefix(variableOf(flag), variables)})
	})
	for _, command := range allCommands(root) {
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			known = append(known, near.Word{Name: strings.TrimPrefix(variableOf(flag), variables), Also: flag.Annotations[alsoKey]})
		})
	}
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		word, ours := strings.CutPrefix(name, variables)
		if !ours || slices.ContainsFunc(known, func(k near.Word) bool { return k.Name == word }) {
			continue
		}
		hint := `"ipcbench COMMAND --help" lists the flags`
		if meant := near.To(word, known); len(meant) > 0 {
			hint = "did you mean " + variables + strings.Join(meant, " or "+variables) + "?"
		}
		out.warn(fmt.Sprintf("the environment has %s, which sets no flag: %s", name, hint))
	}
}
