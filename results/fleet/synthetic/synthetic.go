// Package synthetic makes up fleets of which the truth is known, for tests and studies.
//
// It knows records and chance. It must not know how anything is compared.
package synthetic

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"ipcbench/results"
)

// A Fleet is hosts that were measured with an old kernel and a new one, in turn.
type Fleet struct {
	Name    string // also what its places begin with
	Seed    uint64
	Hosts   int
	Runs    int      // of each side of each host
	Cells   int      // round trips of a transport each
	Between float64  // how hosts differ in their level: the deviation of its logarithm
	Within  float64  // how runs of a host differ, likewise
	Effects float64  // how hosts differ in how much they changed, likewise
	CPUs    []string // processors, of which hosts have one each in turn; nil: all have the same

	Launches int                             // of a cell, which have the run's level; 0: 1
	Change   func(host, cell int) float64    // the true change, as a ratio minus 1; nil: none
	Skips    func(host, side, run int) bool  // nil: every run was made
	Fails    func(host, side, cell int) bool // nil: none
	Files    func(host, side int) []Place    // where the files of cells lie that have some, each a cell of its own; nil: nothing is said of that
}

// A Place is a directory for files.
type Place struct{ Dir, FSType string }

// The kernels of the two sides.
const (
	OldKernel = "6.12.9"
	NewKernel = "6.18.3"
)

// Place is what the places of the runs begin with.
func (f Fleet) Place() string { return "made-up:" + f.Name }

// pathsOf are those of a host's runs.
func (f Fleet) pathsOf(host int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for run := range f.Runs {
			for side := range 2 {
				if f.Skips != nil && f.Skips(host, side, run) {
					continue
				}
				if !yield(fmt.Sprintf("h%02d/%s-%d", host+1, [2]string{"old", "new"}[side], run)) {
					return
				}
			}
		}
	}
}

// A Source is the fleet as a source of runs.
type Source struct{ Fleet }

// Runs are the paths of all runs.
func (s Source) Runs() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for host := range s.Hosts {
			for path := range s.pathsOf(host) {
				if !yield(path, nil) {
					return
				}
			}
		}
	}
}

// which run a path is of.
func which(path string) (host, side, run int, err error) {
	var name string
	if _, err := fmt.Sscanf(strings.ReplaceAll(strings.Replace(path, "/", " ", 1), "-", " "), "h%d %s %d", &host, &name, &run); err != nil {
		return 0, 0, 0, fmt.Errorf("%s is no run of a made-up fleet", path)
	}
	if name == "new" {
		side = 1
	}
	return host - 1, side, run, nil
}

// Run is the run of a path, without its launches.
func (s Source) Run(path string) (results.Run, error) {
	host, side, run, err := which(path)
	if err != nil {
		return results.Run{}, err
	}
	cpu := "Example 9000"
	if len(s.CPUs) > 0 {
		cpu = s.CPUs[host%len(s.CPUs)]
	}
	began := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(2*run+side) * time.Hour)
	return results.Run{
		Schema: results.Schema, Name: filepath.Base(path), Version: "v0.1.0",
		Host:    map[string]string{"goos": "linux", "goarch": "amd64", "cpu": cpu, "cpus": "0-7", "kernel": [2]string{OldKernel, NewKernel}[side]},
		Labels:  map[string]string{results.HostLabel: fmt.Sprintf("h%02d", host+1)},
		Started: began, Ended: began.Add(time.Minute), Status: results.RunDone,
	}, nil
}

// Read is the run of a path with its launches.
func (s Source) Read(path string) (results.Run, []results.Launch, error) {
	about, err := s.Run(path)
	if err != nil {
		return about, nil, err
	}
	host, side, run, _ := which(path)
	ofHost := rand.New(rand.NewPCG(s.Seed, uint64(host)))
	ofRun := rand.New(rand.NewPCG(s.Seed+1, uint64(host)<<32|uint64(run)<<1|uint64(side)))
	var launches []results.Launch
	for cell := range s.Cells {
		level := math.Log(5000*float64(1+cell%10)) + s.Between*ofHost.NormFloat64()
		own := s.Effects * ofHost.NormFloat64()
		if side == 1 {
			level += own
			if s.Change != nil {
				level += math.Log1p(s.Change(host, cell))
			}
		}
		value := math.Exp(level + s.Within*ofRun.NormFloat64())
		for _, is := range s.cellsOf(host, side, cell) {
			for number := range max(1, s.Launches) {
				l := results.Launch{Run: about.Name, Cell: is, Launch: number + 1, Status: results.OK, Messages: 1000, Metrics: map[string]float64{results.RTTP50: value}}
				if s.Fails != nil && s.Fails(host, side, cell) {
					l.Status, l.Reason, l.Metrics = results.Failed, "consumer: signal: killed", nil
				}
				launches = append(launches, l)
			}
		}
	}
	return about, launches, nil
}

// cellsOf are the cells of that number: one, or one for each place of its files.
func (f Fleet) cellsOf(host, side, number int) []results.Cell {
	is := Cell(number)
	if f.Files == nil || is.Family != "file" {
		return []results.Cell{is}
	}
	var all []results.Cell
	for _, at := range f.Files(host, side) {
		is.Dir, is.FSType = at.Dir, at.FSType
		all = append(all, is)
	}
	return all
}

// AtOnce is how many can be made up at a time.
func (s Source) AtOnce() int { return runtime.GOMAXPROCS(0) }

// Index is none.
func (s Source) Index() string { return "" }

// names are transports, whose round trips the cells are.
var names = []string{"pipe", "unix", "tcp", "mmap:wait=futex", "eventfd", "mq", "fifo", "udp", "vmsplice", "file"}

// Cell is the cell of that number.
func Cell(number int) results.Cell {
	name := names[number%len(names)]
	family, _, _ := strings.Cut(name, ":")
	return results.Cell{
		Transport: name, Family: family, Kind: "stream", Workload: "latency", SizeBytes: 64 << (number / len(names)),
		Placement: "same-cpu", Pairs: 1,
	}
}

// Write writes the runs into directories below parent, a folder for each host. One that is
// there is let be: a fleet can grow.
func (f Fleet) Write(parent string) error {
	var hosts sync.WaitGroup
	errs := make([]error, f.Hosts)
	for host := range f.Hosts {
		hosts.Go(func() { errs[host] = f.writeHost(parent, host) })
	}
	hosts.Wait()
	return errors.Join(errs...)
}

func (f Fleet) writeHost(parent string, host int) error {
	for path := range f.pathsOf(host) {
		dir := filepath.Join(parent, filepath.FromSlash(path))
		if results.IsRun(dir) {
			continue
		}
		run, launches, err := Source{f}.Read(path)
		if err == nil {
			err = write(dir, run, launches)
		}
		if err != nil {
			return fmt.Errorf("made-up fleet: %w", err)
		}
	}
	return nil
}

func write(dir string, run results.Run, launches []results.Launch) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	about, err := json.Marshal(run)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "run.json"), about, 0o644)
	}
	if err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(dir, "launches.jsonl"))
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	encoder := json.NewEncoder(out)
	for _, l := range launches {
		err = errors.Join(err, encoder.Encode(l))
	}
	return errors.Join(err, out.Flush(), file.Close())
}
