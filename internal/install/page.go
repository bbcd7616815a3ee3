package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ipcbench/cmd"
)

// A page is the manual page of a command, as man-pages(7) lays one out.
type page struct {
	*cobra.Command
	version string
	made    time.Time
}

// entry is a line of a list: what is explained, as Markdown, and how.
type entry struct{ what, words string }

// environment is what every command heeds beside the flags that it takes from there.
var environment = []entry{
	{"**IPCBENCH_**_FLAG_", "sets the flag of that name, in capitals and with _ in place of -: IPCBENCH_EXPORT_CSV=f is --export-csv f. The command line wins."},
	{"**NO_COLOR**", "where it is set and not empty, nothing is coloured."},
	{"**XDG_CACHE_HOME**", "in whose _ipcbench/store_ runs are kept that were read from a URL (default ~/.cache). They can be removed at any time."},
	{"**TMPDIR**", "the temporary directory, which is used where no directory is given (default /tmp)."},
}

// files are those that a command is about, by its name.
var files = map[string][]entry{
	"run":        runFiles,
	"report":     runFiles,
	"compare":    {{"_results_", "where a run is looked for by its name, and the two newest where none is named."}},
	"collect":    {{"_fleet.jsonl_", "the index: a line for each run, and for what several have in common. It can be deleted at any time and made again."}},
	"history":    {{"_results_", "where runs are looked for by their names, or where none is named."}},
	"push":       {{"_results_", "where runs are looked for by their names, or all of which are sent where none is named."}},
	"experiment": {{"_results/EXPERIMENT/experiment.json_", "which turn had which settings, and which run it made."}, {"_/run/ipcbench_", "what has been changed about the machine and is to be put back, if it comes to that with --restore."}},
}

var runFiles = []entry{
	{"_results/RUN/run.json_", "the plan, the machine and what the harness itself costs."},
	{"_results/RUN/launches.jsonl_", "a line for each launch, written as it ends. With run.json it is all that was measured; what follows is made from the two."},
	{"_results/RUN/launches.csv, workers.csv, summary.csv_", "the launches, their processes and the cells, as tables."},
	{"_results/RUN/bench.txt_", "the launches for benchstat."},
	{"_results/RUN/charts_, _results/RUN/report.html_", "charts, and a page that needs nothing else."},
}

func (p page) roff() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%% %q \"1\" %q %q %q\n", strings.ToUpper(dashed(p.Command)), p.made.Format(time.DateOnly), "ipcbench "+p.version, "User Commands")
	section(&b, "NAME", dashed(p.Command)+" - "+plain(p.summary()))
	section(&b, "SYNOPSIS", p.synopsis())
	section(&b, "DESCRIPTION", paragraphs(p.Long))
	if !p.HasParent() {
		section(&b, "COMMANDS", list(p.commands()))
	}
	section(&b, "OPTIONS", list(p.options()))
	section(&b, "EXIT STATUS", list(statuses()))
	section(&b, "ENVIRONMENT", list(environment))
	section(&b, "FILES", list(files[p.Name()]))
	if p.HasExample() {
		section(&b, "EXAMPLES", verbatim(p.Example))
	}
	section(&b, "SEE ALSO", p.others())
	return minus(md2man.Render([]byte(b.String())))
}

// minus keeps groff from making hyphens of dashes, which nobody could copy to a shell:
// see groff_char(7). A line that begins with a point is an order to it.
func minus(roff []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(roff) {
		if !bytes.HasPrefix(line, []byte(".")) {
			line = bytes.ReplaceAll(bytes.ReplaceAll(line, []byte(`\-`), []byte("-")), []byte("-"), []byte(`\-`))
		}
		b.Write(line)
	}
	return b.Bytes()
}

func dashed(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// summary is what a command does, in a line.
func (p page) summary() string {
	if p.HasParent() {
		return lower(p.Short)
	}
	return "measure how fast two processes hand each other messages"
}

// lower begins a line as those of whatis(1) begin.
func lower(text string) string { return strings.ToLower(text[:1]) + text[1:] }

// synopsis has each way to call a command on a line of its own.
func (p page) synopsis() string {
	var lines []string
	for way := range strings.SplitSeq(p.Use, " | ") {
		words := strings.TrimSpace(strings.TrimPrefix(way, p.Name()))
		lines = append(lines, fmt.Sprintf("**%s** %s", p.CommandPath(), plain(words)))
	}
	return strings.Join(lines, "\n\n")
}

func (p page) commands() (all []entry) {
	for _, c := range shown(p.Command) {
		all = append(all, entry{fmt.Sprintf("**%s**(1)", dashed(c)), plain(lower(c.Short))})
	}
	return all
}

func (p page) options() (all []entry) {
	p.InitDefaultHelpFlag()
	p.InitDefaultVersionFlag()
	p.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}
		name := "**--" + flag.Name + "**"
		if flag.Shorthand != "" {
			name = "**-" + flag.Shorthand + "**, " + name
		}
		placeholder, usage := pflag.UnquoteUsage(flag)
		switch {
		case placeholder == "":
		case flag.NoOptDefVal != "" && flag.Value.Type() != "bool":
			name += "[=_" + placeholder + "_]"
		default:
			name += " _" + placeholder + "_"
		}
		all = append(all, entry{name, plain(usage+preset(flag)) + "."})
	})
	return all
}

// preset is the value that a flag has where it is not given and its usage does not say.
func preset(flag *pflag.Flag) string {
	switch flag.DefValue {
	case "", "0", "0s", "false", "[]":
		return ""
	}
	return " (default " + flag.DefValue + ")"
}

func statuses() (all []entry) {
	for _, s := range cmd.ExitStatuses() {
		all = append(all, entry{fmt.Sprintf("**%d**", s.Status), plain(s.Words) + "."})
	}
	return all
}

// others are the pages of the other commands, or of the root.
func (p page) others() string {
	var names []string
	for _, c := range append([]*cobra.Command{p.Root()}, shown(p.Root())...) {
		if c.CommandPath() != p.CommandPath() {
			names = append(names, fmt.Sprintf("**%s**(1)", dashed(c)))
		}
	}
	return strings.Join(names, ", ")
}

func section(b *strings.Builder, title, text string) {
	if text != "" {
		fmt.Fprintf(b, "# %s\n%s\n\n", title, text)
	}
}

// list writes entries as a definition list.
func list(entries []entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s\n: %s\n\n", e.what, e.words)
	}
	return b.String()
}

// special are the characters that Markdown would take for something.
var special = regexp.MustCompile("[\\\\*_`<>\\[\\]#|~]")

// plain is text that says the same as Markdown.
func plain(text string) string { return special.ReplaceAllString(text, `\$0`) }

// paragraphs is the help of a command as Markdown: lines that are indented stay as they
// are.
func paragraphs(text string) string {
	var parts []string
	for part := range strings.SplitSeq(text, "\n\n") {
		if strings.HasPrefix(part, "  ") {
			parts = append(parts, verbatim(part))
		} else {
			parts = append(parts, plain(part))
		}
	}
	return strings.Join(parts, "\n\n")
}

// verbatim is text whose lines stay as they are.
func verbatim(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("    " + strings.TrimPrefix(line, "  "))
	}
	return b.String()
}
