package catalogue

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"ipcbench/internal/facts"
	"ipcbench/internal/quote"
	"ipcbench/results"
)

// Read reads a record, which may be a stranger's: of what it holds, that is taken which
// could have been passed on, and shown as it is.
func Read(text []byte) (Machine, error) {
	var version struct {
		Schema int `json:"ipcbench_machine"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return Machine{}, fmt.Errorf("it is no record of a machine: %w", err)
	}
	switch {
	case version.Schema < 1:
		return Machine{}, errors.New("it is no record of a machine: \"ipcbench share\" makes one of a run")
	case version.Schema > Schema:
		return Machine{}, fmt.Errorf("it has version %d and this ipcbench reads up to %d: use a newer ipcbench", version.Schema, Schema)
	}
	var m Machine
	if err := json.Unmarshal(text, &m); err != nil {
		return Machine{}, fmt.Errorf("it is no record of a machine: %w", err)
	}
	m.Version, m.Measured = plain(m.Version), plain(m.Measured)
	for name, value := range m.Facts {
		m.Facts[name] = quote.Line(facts.Lookup(name).Share(value))
		if m.Facts[name] == "" {
			delete(m.Facts, name)
		}
	}
	for i := range m.Floors {
		m.Floors[i].Name = plain(m.Floors[i].Name)
		if !isAmount(m.Floors[i].NS) {
			return Machine{}, fmt.Errorf("its floor %s is %v ns", m.Floors[i].Name, m.Floors[i].NS)
		}
	}
	for _, c := range m.Cells {
		if err := c.check(); err != nil {
			return Machine{}, err
		}
	}
	return m, nil
}

// check refuses what cannot have been measured.
func (c Cell) check() error {
	for _, text := range []string{c.Transport, c.Workload, c.Placement} {
		if plain(text) == "" {
			return fmt.Errorf("a cell of it is of %.40q", text)
		}
	}
	for _, text := range []string{c.FSType, c.Arrivals, c.Pacing, c.Sharing, c.Stratum} {
		if text != "" && plain(text) == "" {
			return fmt.Errorf("a cell of it is of %.40q", text)
		}
	}
	for name, e := range c.Metrics {
		if plain(name) == "" || len(e) != 1 && len(e) != 3 {
			return fmt.Errorf("a cell of it has %d numbers of a metric %.40q", len(e), name)
		}
		for _, value := range e {
			if !isAmount(value) {
				return fmt.Errorf("a cell of it has %.40q %v", name, value)
			}
		}
	}
	return nil
}

func isAmount(value float64) bool {
	return value >= 0 && value <= results.Bounds.Most && !math.IsNaN(value)
}
