package report

import (
	_ "embed"
	"fmt"
	"io"

	"ipcbench/results/catalogue"
	"ipcbench/results/report/page"
)

//go:embed machines.html
var machinesText string

var machinesPage = page.New(machinesText)

// WriteMachines writes the page of a catalogue: which machines there are, and the tables
// that hold them against each other.
func WriteMachines(w io.Writer, c catalogue.Catalogue) error {
	shown := machinesContents{Title: "machines", Caption: c.Caption()}
	if c.This != nil {
		shown.Title = "this machine against those"
	}
	for _, g := range c.Groups() {
		shown.Groups = append(shown.Groups, groupOf(g))
	}
	if err := machinesPage.Write(w, shown); err != nil {
		return fmt.Errorf("page of machines: %w", err)
	}
	return nil
}

// machinesContents is what the page is filled with.
type machinesContents struct {
	Title, Caption string
	Groups         []machineGroup
}

// A machineGroup is machines that may be held against each other.
type machineGroup struct {
	Title    string
	Numbered []page.Fact // the machines, by their numbers in the tables
	Tables   []page.Table
}

func groupOf(g catalogue.Group) machineGroup {
	shown := machineGroup{Title: g.Title}
	for i, m := range g.Machines {
		shown.Numbered = append(shown.Numbered, page.Fact{Name: g.Number(i), Value: m.Describe()})
	}
	for _, t := range g.Tables {
		table := page.TableOf(t)
		table.Label = g.Title + ": " + t.Title
		shown.Tables = append(shown.Tables, table)
	}
	return shown
}
