package cmd

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const about = `ipcbench measures how fast two processes on this machine hand each other
messages: through mmap of a shared file, and through the other mechanisms.`

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

		DisableFlagsInUseLine:      true,
		SuggestionsMinimumDistance: 2,
		CompletionOptions:          cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetOut(out.stdout)
	root.SetErr(out.stderr)
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	addHelp(root, out)
	root.SetHelpCommand(newHelp())
	root.AddGroup(
		&cobra.Group{ID: "measure", Title: "Measure:"},
		&cobra.Group{ID: "read", Title: "Read what was measured:"},
		&cobra.Group{ID: "explore", Title: "Look around:"},
	)
	addColour(root, out)
	root.AddCommand(newRun(out), newExperiment(out), newReport(out), newCompare(out), newHistory(out), newList(out), newDoctor(out), newCores(out), newDemo(out), newInitImage(out))
	return root
}

func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Short:  "Help about a command",
		Hidden: true,
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
	var names []string
	for _, command := range root.Commands() {
		if command.IsAvailableCommand() {
			names = append(names, command.Name())
		}
	}
	hint := didYouMean(args[0], names)
	if hint == "" {
		hint = ": there are " + strings.Join(names, ", ")
	}
	return usagef("no command is called %q%s", args[0], hint)
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

// flagError says in one line what is wrong with a flag. With an unknown
// command before it, the flag is not what is wrong.
func flagError(cmd *cobra.Command, err error) error {
	if !cmd.HasParent() && cmd.Flags().NArg() > 0 {
		return unknownCommand(cmd, cmd.Flags().Args())
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		flag := invalid.GetFlag()
		return usage(badValue("--"+flag.Name, flag, invalid.GetValue(), invalid.Unwrap()))
	}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		return usagef("%w%s", err, didYouMeanFlag(cmd, unknown.GetSpecifiedName()))
	}
	return usage(err)
}

func didYouMeanFlag(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
	near := nearest(name, names)
	if len(name) < 2 || len(near) == 0 {
		return fmt.Sprintf(": \"%s --help\" lists the flags", cmd.CommandPath())
	}
	return fmt.Sprintf(": did you mean --%s?", strings.Join(near, " or --"))
}

// badValue says what is wrong with the value of a flag that was given as name,
// on the command line or in the environment.
func badValue(name string, flag *pflag.Flag, value string, cause error) error {
	switch flag.Value.Type() {
	case "bool":
		return fmt.Errorf("%s: %q is neither true nor false", name, value)
	case "duration":
		return fmt.Errorf("%s: %q is no duration: write it like 50ms or 2s", name, value)
	case "int", "int64", "uint64", "float64":
		return fmt.Errorf("%s: %q is no number in range", name, value)
	default:
		return fmt.Errorf("%s: %w", name, cause)
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
	var known []string
	root.PersistentFlags().VisitAll(func(flag *pflag.Flag) { known = append(known, variableOf(flag)) })
	for _, command := range root.Commands() {
		command.Flags().VisitAll(func(flag *pflag.Flag) { known = append(known, variableOf(flag)) })
	}
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, variables) || slices.Contains(known, name) {
			continue
		}
		hint := didYouMean(name, slices.Compact(slices.Sorted(slices.Values(known))))
		if hint == "" {
			hint = ": \"ipcbench COMMAND --help\" lists the flags"
		}
		out.warn(fmt.Sprintf("the environment has %s, which sets no flag%s", name, hint))
	}
}

// version is set by the linker in a release build.
var version string

// buildVersion returns the version of this binary: what the linker was told,
// or else what the go command knew.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
