package cmd

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ipcbench/internal/program"
	"ipcbench/results/table"
)

// addHelp has the help of all commands fit where it is printed.
func addHelp(root *cobra.Command, out *console) {
	columns := min(out.columns(out.stdout), helpWidth)
	cobra.AddTemplateFunc("prose", func(text string) string { return table.Wrapped(reflowed(text), columns) })
	cobra.AddTemplateFunc("fit", func(text string) string { return table.Wrapped(text, columns) })
	cobra.AddTemplateFunc("usages", func(flags *pflag.FlagSet) string { return flags.FlagUsagesWrapped(columns) })
	root.SetUsageTemplate(program.Named(usageTemplate))
	root.SetHelpTemplate("{{.Long | trimTrailingWhitespaces | prose}}\n\n{{.UsageString}}")
}

// helpWidth is how many columns of a terminal help takes at most.
const helpWidth = 80

// usageTemplate keeps the root's help on one screen: commands by group, no
// list of flags that every command has, and where to read on.
var usageTemplate = `{{print "Usage: " .UseLine | fit}}
{{range $group := .Groups}}
{{.Title}}
{{- range $.Commands}}{{if and (eq .GroupID $group.ID) .IsAvailableCommand}}
  {{rpad .Name 10}} {{.Short}}{{end}}{{end}}
{{end}}
{{- if .HasExample}}
Examples:
{{.Example}}
{{end}}
{{- if .HasParent}}{{if .HasAvailableLocalFlags}}
Flags:
{{usages .LocalFlags | trimTrailingWhitespaces}}

{{fit "Every command has --color auto|always|never. Every flag can be set in the environment: IPCBENCH_` + `<FLAG>, in capitals, - as _."}}

Exit status:` + exitStatuses() + `
{{end}}{{else}}"ipcbench COMMAND --help" tells more, and "ipcbench completion" sets up TAB.
{{end}}`

// lineEnd is the end of a line that is not one of a paragraph.
var lineEnd = regexp.MustCompile(`(\S)\n(\S)`)

// reflowed is a text with each of its paragraphs in one line.
func reflowed(text string) string {
	for lineEnd.MatchString(text) {
		text = lineEnd.ReplaceAllString(text, "$1 $2")
	}
	return strings.TrimSpace(text)
}
