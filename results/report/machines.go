package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"sync"

	"ipcbench/results/catalogue"
)

//go:embed machines.html
var machinesText string

// machinesPage looks like the page of a run.
var machinesPage = sync.OnceValue(func() *template.Template {
	return template.Must(parsePage().New("machines").Parse(machinesText))
})

// WriteMachines writes the page of a catalogue: which machines there are, and the tables
// that hold them against each other.
func WriteMachines(w io.Writer, c catalogue.Catalogue) error {
	var html bytes.Buffer
	if err := machinesPage().Execute(&html, c); err != nil {
		return fmt.Errorf("page of machines: %w", err)
	}
	_, err := w.Write(html.Bytes())
	return err
}
