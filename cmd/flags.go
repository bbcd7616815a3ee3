package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ipcbench/internal/near"
)

// alsoKey is under which a flag keeps by what else people look for it.
const alsoKey = "also called"

// alsoCalled notes what else people call a flag, letters too: none of it is accepted, and
// who writes it is told the name.
func alsoCalled(flags *pflag.FlagSet, name string, also ...string) {
	if err := flags.SetAnnotation(name, alsoKey, also); err != nil {
		panic(err) // there is no such flag
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
		return usage(badValue(asHelpWrites(flag), flag, invalid.GetValue(), invalid.Unwrap()))
	}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		return usagef("%w: %s", err, meantFlag(cmd, unknown.GetSpecifiedName()))
	}
	return usage(err)
}

// meantFlag says which flag may be meant by a name, or a letter, that none has.
func meantFlag(cmd *cobra.Command, name string) string {
	var known []near.Word
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			known = append(known, near.Word{Name: "--" + flag.Name, Also: flag.Annotations[alsoKey]})
		}
	})
	meant := near.To(name, known)
	switch {
	case len(meant) > 0:
		return "did you mean " + strings.Join(meant, " or ") + "?"
	case takesSpecs(cmd) && (isSpec(name) || slices.Contains([]string{"transport", "transports", "spec"}, name)):
		return fmt.Sprintf("transports are words without a flag, as in %s pipe", cmd.CommandPath())
	}
	return fmt.Sprintf("\"%s --help\" lists the flags", cmd.CommandPath())
}

// asHelpWrites is a flag as the help writes it, so that who gave the short form finds it.
func asHelpWrites(flag *pflag.Flag) string {
	if flag.Shorthand != "" {
		return "-" + flag.Shorthand + ", --" + flag.Name
	}
	return "--" + flag.Name
}

// badValue says what is wrong with the value of a flag that was given as name,
// on the command line or in the environment.
func badValue(name string, flag *pflag.Flag, value string, cause error) error {
	switch flag.Value.Type() {
	case "bool":
		return fmt.Errorf("%s: %q is neither true nor false", name, value)
	case "duration":
		if _, err := strconv.ParseFloat(value, 64); err == nil {
			return fmt.Errorf("%s: %q has no unit: write it as %sms or %ss", name, value, value, value)
		}
		return fmt.Errorf("%s: %q is no duration: write it like 50ms or 2s", name, value)
	case "float64":
		return fmt.Errorf("%s: %q is no number: write it like 0.05", name, value)
	case "int", "int64", "uint64":
		if errors.Is(cause, strconv.ErrRange) {
			return fmt.Errorf("%s: %q is out of range: give a smaller number", name, value)
		}
		return fmt.Errorf("%s: %q is no whole number: write it in digits, as 10", name, value)
	default:
		return fmt.Errorf("%s: %w", name, cause)
	}
}
