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

	"github.com/spf13/cobra"

	"ipcbench/bench"
	"ipcbench/internal/doctor"
	"ipcbench/internal/facts"
	"ipcbench/results"
	"ipcbench/results/table"
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
			return errors.Join(err, c.print(out.stdout, out.columns(out.stdout)))
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
	beside := func(mark, words string) {
		fmt.Fprintln(&b, table.Beside(fmt.Sprintf("%-*s", markWidth, mark), words, columns))
	}
	fmt.Fprintln(&b, table.Wrapped(c.verdict(), columns))
	for _, f := range slices.Concat(c.of(doctor.Warning), c.of(doctor.Note)) {
		fmt.Fprintln(&b)
		beside(string(f.Level), f.Finding)
		beside("", f.Why)
		if strings.HasPrefix(f.Remedy, "none") {
			beside("  remedy", f.Remedy)
		} else {
			beside("  remedy", continued(f.Remedy, columns-markWidth))
		}
	}
	fmt.Fprintln(&b)
	for _, f := range c.of(doctor.OK) {
		beside(string(f.Level), f.Finding)
	}
	if unknown := c.unknown(); len(unknown) > 0 {
		beside("unknown", strings.Join(unknown, ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markWidth is how far in findings stand, beside their level.
const markWidth = 10

// continued is a command in lines of at most so many columns that a shell still takes
// for one, as they are copied. Of what stands in quotes, another shell does.
func continued(command string, columns int) string {
	lines := strings.Split(table.Wrapped(command, columns-2), "\n")
	return strings.Join(lines, " \\\n")
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
