// Command agree holds rows of ours against what the libraries' own benchmarks say of the
// same thing on the same machine, in turn: one of theirs, one of ours, and again. Each
// library is a file of its own. "make agree" builds and runs it; it takes some minutes in
// which the machine should do nothing else.
//
// All of it runs in a network namespace of its own, because such benchmarks listen at
// ports that everybody could reach.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"ipcbench/bench"
	_ "ipcbench/contrib/all"
	_ "ipcbench/transports/all"
)

func main() {
	bench.Worker()
	loopEnd()
	rounds := flag.Int("rounds", 7, "how often each is measured, in turn")
	measured := flag.Duration("time", time.Second, "how long each is measured at a time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	status, err := inPrivateNetwork(func() (int, error) { return compare(ctx, chosen(flag.Args()), *rounds, *measured) })
	if err != nil {
		fmt.Fprintln(os.Stderr, "agree:", err)
		os.Exit(2)
	}
	os.Exit(status)
}

// chosen are the rows whose names, or the beginnings of their names, are given; all of
// them without any.
func chosen(names []string) []row {
	if len(names) == 0 {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(r.name, name) })
	})
}

// compare prints the table, and returns the exit status: 1 where one is off.
func compare(ctx context.Context, rows []row, rounds int, measured time.Duration) (status int, err error) {
	if len(rows) == 0 {
		return 0, fmt.Errorf("no row is called so: see the files of internal/agree")
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "row\tworkload\tsize\ttheirs\tours, median\ttheirs, median\tours / theirs\t")
	for _, r := range rows {
		agree, err := r.compare(ctx, table, rounds, measured)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", r.name, err)
		}
		if !agree {
			status = 1
		}
	}
	return status, table.Flush()
}
