package cmd

import (
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ipcbench/internal/near"
	"ipcbench/internal/program"
	"ipcbench/results/compare"
)

// What shells complete is asked of this program as words are typed, by a hidden command
// of cobra's. It comes from where the words are known: flags that know theirs say so
// themselves (choice), and of all others the word that stands for their value, or for
// the words after a command, in the help says what it is.

func newCompletion(out *console) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "A script that lets a shell complete words",
		Long: `Prints a script with which a shell completes commands, flags and their values,
transports with their options, and runs, newest first.

"make install" puts these scripts where the shells look for them. bash needs the
package bash-completion.`,
		Example: `  source <(ipcbench completion bash)
  ipcbench completion bash >~/.local/share/bash-completion/completions/ipcbench
  ipcbench completion zsh >"${fpath[1]}/_ipcbench"
  ipcbench completion fish >~/.config/fish/completions/ipcbench.fish`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("completion: name one shell: %s", strings.Join(shellNames(), ", "))
			}
			for _, shell := range Shells() {
				if shell.Name == args[0] {
					return shell.Write(cmd.Root(), out.stdout)
				}
			}
			return usagef("completion: there is no script for %q: %s", args[0], near.Hint(args[0], "there are", near.Words(shellNames()...)))
		},
	}
}

// A Shell is one that there is a script for.
type Shell struct {
	Name  string
	Write func(root *cobra.Command, to io.Writer) error
}

// Shells are all of them.
func Shells() []Shell {
	return []Shell{
		{"bash", func(root *cobra.Command, to io.Writer) error {
			_, err := io.WriteString(to, strings.ReplaceAll(bashScript, program.Plain, root.Name()))
			return err
		}},
		{"zsh", (*cobra.Command).GenZshCompletion},
		{"fish", func(root *cobra.Command, to io.Writer) error { return root.GenFishCompletion(to, true) }},
	}
}

// bashScript is in place of cobra's, which takes "latency,thr" for nothing that
// "latency,throughput" begins with, and puts out of order what has both a colon and an =.
//
//go:embed completion.bash
var bashScript string

func shellNames() (names []string) {
	for _, shell := range Shells() {
		names = append(names, shell.Name)
	}
	return names
}

// takes says what is completed where the help has a word in place of a value, as in
// "--old run" and "report RUN...". Of other words nothing is known: they complete to
// nothing, and not to files.
var takes = map[string]cobra.CompletionFunc{
	"command":     completeCommand,
	"shell":       fixed(shellNames()...),
	"spec":        completeSpec,
	"run":         completeRun,
	"old":         completeRun,
	"new":         completeRun,
	"dir":         completeRun,
	"file":        completeFile,
	"directory":   completeDirectory,
	"directories": completeDirectories,
	"column":      completeColumn,

	// Examples, of what has no names.
	"percentage":  fixed("1%", "2%", "5%", "10%"),
	"percentiles": fixed("99.99", "99.99,99.999"),
	"time":        fixed("10ms", "50ms", "1s", "1m"),
	"times":       fixed("0s,1us", "100ns", "1us", "10us"),
	"messages":    fixed("auto", "1k", "10k", "100k", "1M"),
	"numbers":     fixed("1", "2", "4", "1,2,4,8"),
}

func fixed(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveKeepOrder)
}

// completeWords has everything below root complete.
func completeWords(root *cobra.Command) {
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	for _, cmd := range allCommands(root) {
		if cmd.ValidArgsFunction == nil && cmd.HasParent() { // what follows the root, cobra knows
			cmd.ValidArgsFunction = completeOperand
		}
		complete := func(flag *pflag.Flag) {
			if complete := completionOf(flag); complete != nil {
				_ = cmd.RegisterFlagCompletionFunc(flag.Name, complete) // or it has one of its own
			}
		}
		cmd.Flags().VisitAll(complete)
		cmd.PersistentFlags().VisitAll(complete)
	}
}

// completionOf is what completes the value of a flag, or nil.
func completionOf(flag *pflag.Flag) cobra.CompletionFunc {
	knows, is := flag.Value.(interface {
		complete(typed string) ([]cobra.Completion, cobra.ShellCompDirective)
	})
	if is {
		return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return knows.complete(typed)
		}
	}
	placeholder, _ := pflag.UnquoteUsage(flag)
	return takes[placeholder]
}

// completeOperand completes a word after a command by what its usage has in that place.
func completeOperand(cmd *cobra.Command, given []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	words := operands(cmd)
	if len(words) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	last := words[len(words)-1]
	word := last
	switch {
	case len(given) < len(words):
		word = words[len(given)]
	case !strings.HasSuffix(last, repeated):
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if complete, known := takes[strings.ToLower(strings.TrimSuffix(word, repeated))]; known {
		return complete(cmd, given, typed)
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

const repeated = "..."

// operands are the words in capitals that the usage of a command begins with: those of
// "compare [OLD NEW] | ..." are OLD and NEW, and that of "run [SPEC...] ..." is SPEC...
func operands(cmd *cobra.Command) (words []string) {
	for _, word := range strings.Fields(cmd.Use)[1:] {
		word = strings.Trim(word, "[]")
		if word != strings.ToUpper(word) || strings.HasPrefix(word, "-") || word == "|" {
			break
		}
		words = append(words, word)
	}
	return words
}

// takesSpecs says whether the words after a command are transports.
func takesSpecs(cmd *cobra.Command) bool {
	words := operands(cmd)
	return len(words) > 0 && strings.TrimSuffix(words[0], repeated) == "SPEC"
}

func completeCommand(cmd *cobra.Command, _ []string, typed string) (offers []cobra.Completion, _ cobra.ShellCompDirective) {
	for _, c := range cmd.Root().Commands() {
		if c.IsAvailableCommand() && strings.HasPrefix(c.Name(), typed) {
			offers = append(offers, cobra.CompletionWithDesc(c.Name(), c.Short))
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}

func completeFile(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func completeDirectory(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeDirectories leaves the first of a list to the shell, which knows of quotes and
// home directories.
func completeDirectories(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	last := strings.LastIndexByte(typed, ',') + 1
	if last == 0 {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return pathsLike(typed[:last], typed[last:], true), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// pathsLike are the paths that a beginning can become, behind what stands before it.
func pathsLike(before, beginning string, dirs bool) (paths []cobra.Completion) {
	parent, name := filepath.Split(beginning)
	entries, err := os.ReadDir(cmp.Or(parent, "."))
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		path, hidden := before+parent+entry.Name(), strings.HasPrefix(entry.Name(), ".")
		switch {
		case !strings.HasPrefix(entry.Name(), name) || hidden && name == "":
		case isDir(filepath.Join(parent, entry.Name())):
			paths = append(paths, path+"/")
		case !dirs:
			paths = append(paths, path)
		}
	}
	return paths
}

// completeExperiment offers files of experiments, of which a command takes one.
func completeExperiment(_ *cobra.Command, given []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(given) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []cobra.Completion{strings.TrimPrefix(experimentExt, ".")}, cobra.ShellCompDirectiveFilterFileExt
}

// completeColumn offers what compare can tell parts apart by. A label's key is the
// reader's own.
func completeColumn(_ *cobra.Command, _ []string, typed string) (offers []cobra.Completion, _ cobra.ShellCompDirective) {
	for _, name := range compare.Columns() {
		if name = strings.TrimSuffix(name, "KEY"); strings.HasPrefix(name, typed) {
			offers = append(offers, name)
		}
	}
	if len(offers) == 1 && strings.HasSuffix(offers[0], ".") {
		return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}

// completeRun offers runs, the newest first: by name those that are made here, or those
// in the directory that has been typed. Where there are none it leaves directories to
// the shell.
func completeRun(_ *cobra.Command, given []string, typed string) (offers []cobra.Completion, _ cobra.ShellCompDirective) {
	dir, beginning := filepath.Split(typed)
	runs := madeIn(cmp.Or(dir, defaultParent))
	slices.Reverse(runs)
	for _, made := range runs {
		word := dir + filepath.Base(made.path)
		if strings.HasPrefix(filepath.Base(made.path), beginning) && !slices.Contains(given, word) {
			offers = append(offers, cobra.CompletionWithDesc(word, made.describe()))
		}
	}
	if offers == nil {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// completing says whether a command line is a shell's question of what may follow.
func completing(args []string) bool {
	return len(args) > 0 && slices.Contains([]string{cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}, args[0])
}

// forgive lets a command line be completed whatever is wrong with the words before, and
// without a look at the files that they name. And what a flag does is told without the
// quotes that mark its placeholder.
func forgive(root *cobra.Command) {
	for _, cmd := range allCommands(root) {
		cmd.FParseErrWhitelist.UnknownFlags = true
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			_, flag.Usage = pflag.UnquoteUsage(flag)
			flag.Value = unread{flag.Value}
		})
	}
}

// unread is a value that takes every text and does nothing with it.
type unread struct{ pflag.Value }

func (unread) Set(string) error { return nil }

// describe says in a line which run it is.
func (m made) describe() string {
	return fmt.Sprintf("%s  %s", m.run.Started.Local().Format(time.DateTime), strings.Join(m.run.Plan.Specs, " "))
}
