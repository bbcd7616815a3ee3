package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"ipcbench/bench"
	"ipcbench/internal/doctor"
	"ipcbench/internal/facts"
	"ipcbench/results"
)

func newDoctor(out *console) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:        "doctor [flags]",
		SuggestFor: []string{"check", "diagnose", "machine", "system"},
		GroupID:    "explore",
		Short:      "Whether this machine is fit to measure on, and what to do",
		Long: `Judges what decides how fast processes can talk on this machine, and how
steadily: its CPUs, its kernel and their settings, and one second in which every
CPU is watched for stalls. Each finding has the reason why it matters and a
remedy. Nothing is changed.`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := examine(cmd.Context())
			if cmd.Context().Err() != nil {
				return errInterrupted
			}
			if asJSON {
				return errors.Join(err, c.printJSON(out.stdout))
			}
			return errors.Join(err, c.print(out.stdout, width(out.stdout)))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, for programs")
	return cmd
}

// A checkup is all that doctor found. Its JSON is read by programs: fields may
// be added and none renamed.
type checkup struct {
	Findings []doctor.Finding `json:"findings"`
	Measured *results.Noise   `json:"measured,omitempty"`
}

// watchFor is for how long the CPUs are watched.
const watchFor = time.Second

// examine judges this machine. Where it cannot be watched, what can be read of
// it is judged all the same.
func examine(ctx context.Context) (checkup, error) {
	said := facts.Read()
	noise, err := bench.Noise(ctx, watchFor)
	if err != nil {
		return checkup{Findings: doctor.Examine(said, nil)}, err
	}
	return checkup{doctor.Examine(said, &noise), &noise}, nil
}

func (c checkup) printJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(c)
}

// print writes for a person to read: what to mind first, and last and in short
// what is as it should be.
func (c checkup) print(w io.Writer, columns int) error {
	var b strings.Builder
	fmt.Fprintln(&b, c.verdict())
	for _, f := range slices.Concat(c.of(doctor.Warning), c.of(doctor.Note)) {
		fmt.Fprintf(&b, "\n%-*s%s\n", markWidth, f.Level, beside(f.Finding, columns))
		fmt.Fprintf(&b, "%-*s%s\n", markWidth, "", beside(f.Why, columns))
		remedy := f.Remedy // a command is left in one piece, to be copied
		if strings.HasPrefix(remedy, "none") {
			remedy = beside(remedy, columns)
		}
		fmt.Fprintf(&b, "%-*s%s\n", markWidth, "  remedy", remedy)
	}
	fmt.Fprintln(&b)
	for _, f := range c.of(doctor.OK) {
		fmt.Fprintf(&b, "%-*s%s\n", markWidth, f.Level, beside(f.Finding, columns))
	}
	if unknown := c.unknown(); len(unknown) > 0 {
		fmt.Fprintf(&b, "%-*s%s\n", markWidth, "unknown", beside(strings.Join(unknown, ", "), columns))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markWidth is how far in findings stand, beside their level.
const markWidth = 10

// beside wraps words to what the marks leave of the columns.
func beside(words string, columns int) string {
	lines := strings.Split(text.WrapSoft(words, max(columns-markWidth, 20)), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", markWidth))
}

func (c checkup) verdict() string {
	var about []string
	for _, f := range c.of(doctor.Warning) {
		about = append(about, f.About)
	}
	switch len(about) {
	case 0:
		return "fit to measure"
	case 1:
		return "not quite fit to measure, 1 warning: " + about[0]
	}
	return fmt.Sprintf("not quite fit to measure, %d warnings: %s", len(about), strings.Join(about, ", "))
}

// of returns the findings of a level, without what is not known.
func (c checkup) of(level doctor.Level) []doctor.Finding {
	return slices.DeleteFunc(slices.Clone(c.Findings), func(f doctor.Finding) bool { return f.Level != level || f.Unknown })
}

func (c checkup) unknown() []string {
	var about []string
	for _, f := range c.Findings {
		if f.Unknown {
			about = append(about, f.About)
		}
	}
	return about
}
