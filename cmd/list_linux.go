package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ipcbench/bench"
	"ipcbench/results/table"
	"ipcbench/transports"
)

func newList(out *console) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:        "list [flags]",
		SuggestFor: []string{"ls", "transports", "show", "info"},
		GroupID:    "explore",
		Short:      "What can be measured here, or why not",
		Long: `Lists the transports with their options, the workloads and the placements. What
this machine cannot run, down to single values of options, is listed with the
reason and what to do.`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			found, err := takeStock(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				encoder := json.NewEncoder(out.stdout)
				encoder.SetEscapeHTML(false)
				encoder.SetIndent("", "  ")
				return encoder.Encode(found)
			}
			found.print(out)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, for programs")
	return cmd
}

// A stock is what there is to measure with. Its JSON is read by programs:
// fields may be added and none renamed.
type stock struct {
	Transports []stockTransport `json:"transports"`
	Workloads  []stockWorkload  `json:"workloads"`
	Placements []stockPlacement `json:"placements"`
}

type stockTransport struct {
	Name      string        `json:"name"`
	Doc       string        `json:"doc"`
	Kind      string        `json:"kind"`
	Available bool          `json:"available"`
	Reason    string        `json:"reason"`
	MaxSize   int           `json:"max_size"` // bytes; 0: no limit of its own
	Options   []stockOption `json:"options"`
}

type stockOption struct {
	Name   string   `json:"name"`
	Doc    string   `json:"doc"`
	Values []string `json:"values"`          // the default first
	Takes  string   `json:"takes,omitempty"` // what else there may be, in a word
	// Unavailable says of values why this host cannot run them, where it can
	// run the transport.
	Unavailable map[string]string `json:"unavailable,omitempty"`
	spellings   []string
}

type stockWorkload struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
}

type stockPlacement struct {
	Name      string `json:"name"`
	Doc       string `json:"doc"`
	CPUs      []int  `json:"cpus"` // the producer's and the consumer's; none: not pinned
	Available bool   `json:"available"`
	Reason    string `json:"reason"`
}

func takeStock(ctx context.Context) (stock, error) {
	var s stock
	var tried bench.Trials
	defer tried.Close()
	for _, transport := range transports.All() {
		s.Transports = append(s.Transports, describe(ctx, &tried, transport.Info()))
		if ctx.Err() != nil {
			return s, errInterrupted
		}
	}
	for _, workload := range bench.Workloads() {
		s.Workloads = append(s.Workloads, stockWorkload{workload.Name, workload.Doc})
	}
	placements, err := bench.Placements()
	if err != nil {
		return s, err
	}
	for _, p := range placements {
		cpus := append([]int{}, p.CPUs...) // [] and not null
		s.Placements = append(s.Placements, stockPlacement{p.Name, p.Doc, cpus, p.Reason == "", p.Reason})
	}
	return s, nil
}

func describe(ctx context.Context, tried *bench.Trials, info transports.Info) stockTransport {
	described := stockTransport{
		Name:    info.Name,
		Doc:     info.Doc,
		Kind:    string(info.Kind),
		Options: []stockOption{},
	}
	if spec, err := transports.Parse(info.Name); err == nil {
		described.MaxSize = tried.MaxSize(ctx, spec)
	}
	described.Reason = reasonAgainst(ctx, tried, info.Name)
	described.Available = described.Reason == ""
	for _, option := range info.Options {
		o := stockOption{option.Name, option.Doc, option.ValueNames(), option.Takes, map[string]string{}, option.Spellings()}
		for _, value := range o.Values[1:] {
			reason := reasonAgainst(ctx, tried, fmt.Sprintf("%s:%s=%s", info.Name, option.Name, value))
			if reason != "" && described.Available {
				o.Unavailable[value] = reason
			}
		}
		described.Options = append(described.Options, o)
	}
	return described
}

// reasonAgainst says in one line why this host cannot run the spec, or "".
func reasonAgainst(ctx context.Context, tried *bench.Trials, text string) string {
	spec, err := transports.Parse(text)
	if err == nil {
		err = available(ctx, tried, spec)
	}
	if err != nil {
		return oneLine(spec.Reason(err))
	}
	return ""
}

// print writes the stock for a person to read.
func (s stock) print(out *console) {
	columns := out.columns(out.stdout)
	beside := func(words, format string, mark ...any) {
		fmt.Fprintln(out.stdout, table.Beside(fmt.Sprintf(format, mark...), words, columns))
	}
	fmt.Fprintln(out.stdout, "Transports, with their options and the default value first:")
	for _, t := range s.Transports {
		beside(t.Doc+unless(t.Available, t.Reason), "  %-11s ", t.Name)
		for _, option := range t.Options {
			beside(strings.Join(option.spellings, "|"), "  %-11s   %s=", "", option.Name)
			for _, value := range option.Values {
				if reason, not := option.Unavailable[value]; not {
					beside(value+unless(false, reason), "  %-11s     ", "")
				}
			}
		}
	}
	fmt.Fprintln(out.stdout, "\nWorkloads:")
	for _, workload := range s.Workloads {
		beside(workload.Doc, "  %-11s ", workload.Name)
	}
	fmt.Fprintln(out.stdout, "\nPlacements, with the CPUs of the producer and the consumer:")
	for _, p := range s.Placements {
		beside(p.Doc+unless(p.Available, p.Reason), "  %-12s %-7s ", p.Name, pairOf(p.CPUs))
	}
}

func unless(available bool, reason string) string {
	if available {
		return ""
	}
	return "; not here: " + reason
}

func pairOf(cpus []int) string {
	if len(cpus) != 2 {
		return "-"
	}
	return fmt.Sprintf("%d, %d", cpus[0], cpus[1])
}
