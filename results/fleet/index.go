package fleet

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"ipcbench/internal/quote"
	"ipcbench/results"
)

// IndexFile is what an index is called where nobody says otherwise.
const IndexFile = "fleet.jsonl"

// indexVersion is that of the file's format. A reader refuses a newer one.
const indexVersion = 1

// A line is one of an index: a JSON object of one of these. What many runs have in common
// stands once, before the first that has it, under a name that follows from what it is: who
// else appends meanwhile may define it again, and never otherwise.
type line struct {
	Version int               `json:"ipcbench_fleet,omitempty"` // the first
	Cell    string            `json:"cell,omitempty"`
	Is      *results.Cell     `json:"is,omitempty"`
	Around  string            `json:"around,omitempty"`
	Has     map[string]string `json:"has,omitempty"`
	Run     *indexed          `json:"run,omitempty"`
}

// indexed is a [Run] in an index.
type indexed struct {
	Place   string            `json:"place"`
	ID      string            `json:"id"`
	Name    string            `json:"name"`
	Host    string            `json:"host"`
	Started string            `json:"started,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"`
	Around  string            `json:"around"`
	Metrics map[string]column `json:"metrics"`
	Failed  []string          `json:"failed,omitempty"`
}

// A column is one metric over the cells of a run.
type column struct {
	Cells    []string  `json:"cells"`
	Medians  []float64 `json:"medians"`
	Launches []int     `json:"launches"`
	Decides  []int     `json:"decides,omitempty"` // the places of those that it decides on
}

// An Index is runs, each of which was read once.
type Index struct {
	Runs []*Run
	Torn int // lines that were cut short: their runs are read again

	seen    int             // runs, of which Runs are those that were to be kept
	kernels map[string]bool // of all of them

	only               map[string]bool // places, of the file that is read; nil: all
	places, identities map[string]bool
	cells              map[string]*results.Cell
	around             map[string]map[string]string
}

// NewIndex returns one without a run.
func NewIndex() *Index {
	return &Index{kernels: map[string]bool{}, places: map[string]bool{}, identities: map[string]bool{}, cells: map[string]*results.Cell{}, around: map[string]map[string]string{}}
}

// OpenIndex reads the index of that name, of which take says what is kept; nil: all.
func OpenIndex(path string, take func(*Run) bool) (*Index, error) {
	x := NewIndex()
	return x, x.addFile(path, nil, take)
}

// addFile adds the runs of an index file: those of these places, or all where that is nil.
func (x *Index) addFile(path string, places map[string]bool, take func(*Run) bool) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	defer file.Close()
	x.only = places
	if err := x.read(file, take); err != nil {
		return fmt.Errorf("index: %s: %w", path, err)
	}
	return nil
}

// errNoIndex is of a file that is none.
var errNoIndex = errors.New(`it is no index: name one that "ipcbench collect" made, or directories of runs`)

// read reads what was written by whoever appended. A line that a crash cut short is left out,
// and so is a run that was appended twice.
func (x *Index) read(from io.Reader, take func(*Run) bool) error {
	in := bufio.NewReaderSize(from, 1<<20)
	var text []byte
	for number := 1; ; number++ {
		text = text[:0]
		for {
			part, err := in.ReadSlice('\n')
			text = append(text, part...)
			if len(text) > results.Bounds.LineBytes {
				return fmt.Errorf("line %d has more than %d bytes, which no run has", number, results.Bounds.LineBytes)
			}
			if err == bufio.ErrBufferFull {
				continue
			}
			if err == io.EOF && len(text) == 0 {
				if number == 1 {
					return errNoIndex
				}
				return nil
			}
			if err != nil && err != io.EOF {
				return err
			}
			break
		}
		if err := x.take(number, bytes.TrimSpace(text), take); err != nil {
			return err
		}
	}
}

func (x *Index) take(number int, text []byte, take func(*Run) bool) error {
	if len(text) == 0 {
		return nil
	}
	var l line
	err := json.Unmarshal(text, &l)
	switch {
	case number == 1 && (err != nil || l.Version < 1):
		return errNoIndex
	case l.Version > indexVersion:
		return fmt.Errorf("it has version %d and this ipcbench reads up to %d: use a newer ipcbench", l.Version, indexVersion)
	case err != nil:
		x.Torn++
		return nil
	}
	switch {
	case l.Cell != "" && l.Is != nil:
		cell := l.Is.Quoted()
		x.cells[l.Cell] = &cell
	case l.Around != "" && l.Has != nil:
		quoteAll(l.Has)
		x.around[l.Around] = l.Has
	case l.Run != nil:
		run, whole := x.runOf(*l.Run)
		if !whole {
			x.Torn++
			return nil
		}
		if x.only != nil && !x.only[run.Place] {
			return nil
		}
		if x.note(run) && (take == nil || take(run)) {
			x.Runs = append(x.Runs, run)
		}
	}
	return nil
}

// note remembers a run, and says whether it is a new one.
func (x *Index) note(run *Run) bool {
	isNew := !x.identities[run.identity()]
	x.places[run.Place], x.identities[run.identity()] = true, true
	if isNew {
		x.see(run)
	}
	return isNew
}

// see counts a run, whether it is kept or not.
func (x *Index) see(run *Run) {
	x.seen++
	x.kernels[run.Around["kernel"]] = true
}

func quoteAll(texts map[string]string) {
	for key, value := range texts {
		delete(texts, key)
		texts[quote.Line(key)] = quote.Line(value)
	}
}

// runOf is the run of a line. It is whole where all that it refers to was defined.
func (x *Index) runOf(in indexed) (run *Run, whole bool) {
	quoteAll(in.Labels)
	run = &Run{Place: quote.Line(in.Place), ID: quote.Line(in.ID), Name: quote.Line(in.Name), Host: quote.Line(in.Host), Started: quote.Line(in.Started), Labels: in.Labels}
	run.Around, whole = x.around[in.Around]
	for metric, c := range in.Metrics {
		if len(c.Medians) != len(c.Cells) || len(c.Launches) != len(c.Cells) {
			return nil, false
		}
		first := len(run.Values)
		for i, name := range c.Cells {
			cell, known := x.cells[name]
			whole = whole && known
			run.Values = append(run.Values, Value{cell, metric, c.Medians[i], c.Launches[i], false})
		}
		for _, place := range c.Decides {
			if place < 0 || place >= len(c.Cells) {
				return nil, false
			}
			run.Values[first+place].Decides = true
		}
	}
	for _, name := range in.Failed {
		cell, known := x.cells[name]
		whole = whole && known
		run.Failed = append(run.Failed, cell)
	}
	return run, whole
}

// An appender adds runs to an index file.
type appender struct {
	index *Index
	file  *os.File
	dirty int // runs since all was on the disk
}

// syncEvery is how many runs are read again, at most, where the machine dies.
const syncEvery = 200

// openToAppend opens an index file, which it makes where there is none. A line that was cut
// short is ended, so that the next begins on its own.
func openToAppend(path string) (*appender, error) {
	index, err := OpenIndex(path, func(*Run) bool { return false })
	isNew := errors.Is(err, fs.ErrNotExist)
	if isNew {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	a := &appender{index: index, file: file}
	if isNew {
		err = a.write(line{Version: indexVersion})
	} else {
		err = a.endLine()
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("index: %w", err)
	}
	return a, nil
}

func (a *appender) endLine() error {
	info, err := a.file.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	var last [1]byte
	if _, err := a.file.ReadAt(last[:], info.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = a.file.Write([]byte("\n"))
	return err
}

// write appends whole lines at once.
func (a *appender) write(lines ...line) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	for _, l := range lines {
		if err := encoder.Encode(l); err != nil {
			return err
		}
	}
	_, err := a.file.Write(text.Bytes())
	return err
}

// add appends a run, with what of it no line before it defines.
func (a *appender) add(run *Run) error {
	var lines []line
	define := func(cell *results.Cell) string {
		name := nameOf(cell)
		if a.index.cells[name] == nil {
			a.index.cells[name] = cell
			lines = append(lines, line{Cell: name, Is: cell})
		}
		return name
	}
	in := indexed{run.Place, run.ID, run.Name, run.Host, run.Started, run.Labels, nameOf(run.Around), map[string]column{}, nil}
	if a.index.around[in.Around] == nil {
		a.index.around[in.Around] = run.Around
		lines = append(lines, line{Around: in.Around, Has: run.Around})
	}
	for _, v := range run.Values {
		c := in.Metrics[v.Metric]
		if v.Decides {
			c.Decides = append(c.Decides, len(c.Cells))
		}
		c.Cells, c.Medians, c.Launches = append(c.Cells, define(v.Cell)), append(c.Medians, v.Median), append(c.Launches, v.Launches)
		in.Metrics[v.Metric] = c
	}
	for _, cell := range run.Failed {
		in.Failed = append(in.Failed, define(cell))
	}
	err := a.write(append(lines, line{Run: &in})...)
	if a.dirty++; err == nil && a.dirty >= syncEvery {
		a.dirty, err = 0, a.file.Sync()
	}
	return err
}

func (a *appender) close() error {
	return errors.Join(a.file.Sync(), a.file.Close())
}

// nameOf is a name for what is always the same for the same, and for nothing else.
func nameOf(what any) string {
	text, err := json.Marshal(what)
	if err != nil {
		panic(fmt.Sprintf("fleet: a cell or texts cannot be written: %v", err)) // they were read
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
