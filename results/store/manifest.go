package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"ipcbench/internal/folder"
	"ipcbench/results"
)

// schema is the version of the manifest. A reader refuses a newer one.
const schema = 1

// pieceBytes is how much of a file is one object: what is sent again where sending fails.
var pieceBytes int64 = 4 << 20

// manifestBytes is the most that a manifest has: of a file of results.Bounds.LaunchesBytes
// there are 512 pieces, and some 300 bytes tell the profile of a cell.
const manifestBytes = 16 << 20

// manifestSuffix is what stands behind a run's key in the key of its manifest.
const manifestSuffix = ".json"

// A Manifest says what a run in a store consists of, and what one chooses runs by.
type Manifest struct {
	Schema    int               `json:"schema"`
	Name      string            `json:"name"`                // as in run.json, and so on
	Directory string            `json:"directory,omitempty"` // likewise
	Version   string            `json:"version"`
	Labels    map[string]string `json:"labels,omitempty"`
	Host      map[string]string `json:"host"` // facts
	Started   time.Time         `json:"started"`
	Ended     time.Time         `json:"ended,omitzero"`
	Status    results.RunStatus `json:"status"`
	Files     []File            `json:"files"`
	Profiles  []File            `json:"profiles,omitempty"` // of the same run, for whoever asks for them

	Key string `json:"-"` // the run's, in its store
}

// A File is one of a run's records.
type File struct {
	Name   string  `json:"name"`   // its path in the run directory, with slashes
	Pieces []Piece `json:"pieces"` // in their order
}

// A Piece is a part of a file, which is an object.
type Piece struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // of them, in hexadecimal digits
}

// object is the piece's name below its run's key. What lies in a folder may have as long
// a name as a file can have: its folder's is told.
func (p Piece) object(file string) string {
	if folder := path.Dir(file); folder != "." {
		file = folder
	}
	return p.SHA256[:16] + "-" + file
}

// is says whether data is the piece.
func (p Piece) is(data []byte) bool { return pieceOf(data) == p }

func pieceOf(data []byte) Piece {
	sum := sha256.Sum256(data)
	return Piece{int64(len(data)), hex.EncodeToString(sum[:])}
}

// Run is what of run.json the manifest knows.
func (m Manifest) Run() results.Run {
	return results.Run{Name: m.Name, Directory: m.Directory, Version: m.Version, Labels: m.Labels, Host: m.Host, Started: m.Started, Ended: m.Ended, Status: m.Status}
}

// describe makes the manifest of a run directory, as it is now.
func describe(in *folder.Folder) (Manifest, error) {
	run, err := results.RunIn(in)
	if err != nil {
		return Manifest{}, err
	}
	m := Manifest{
		Schema: schema, Name: run.Name, Directory: run.Directory, Version: run.Version, Labels: run.Labels,
		Host: run.Host, Started: run.Started, Ended: run.Ended, Status: run.Status,
	}
	records := slices.DeleteFunc(results.Records(), func(name string) bool { return !in.Has(name) })
	if m.Files, err = cut(in, records); err != nil {
		return Manifest{}, err
	}
	profiles, err := results.ProfileRecords(in)
	if err != nil {
		return Manifest{}, fmt.Errorf("store: look for profiles in %s: %w", in.Path(), err)
	}
	if m.Profiles, err = cut(in, profiles); err != nil {
		return Manifest{}, err
	}
	m.Key, err = keyOf(in, run)
	return m, err
}

// all are the files of a run, in the order in which they are sent.
func (m Manifest) all() []File { return slices.Concat(m.Files, m.Profiles) }

// cut says of which pieces files of a run directory are.
func cut(in *folder.Folder, names []string) (files []File, err error) {
	for _, name := range names {
		f := File{Name: name}
		err := pieces(in, name, func(data []byte) error {
			f.Pieces = append(f.Pieces, pieceOf(data))
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("store: read %s of %s: %w", name, in.Path(), err)
		}
		files = append(files, f)
	}
	return files, nil
}

// pieces cuts a file into pieces, whose data is good until take returns.
func pieces(in *folder.Folder, name string, take func(data []byte) error) error {
	file, err := in.Open(name, results.Bounds.LaunchesBytes)
	if err != nil {
		return err
	}
	defer file.Close()
	data := make([]byte, pieceBytes)
	for {
		n, err := io.ReadFull(file, data)
		if n > 0 {
			if err := take(data[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return folder.Cause(err)
		}
	}
}

// notOfKey are the runes of a host's name that a key does without.
var notOfKey = regexp.MustCompile(`[^a-zA-Z0-9._-]+`)

// keyOf is what a run is called in every store: by its host, as far as its labels tell
// it, when it began, and a digest of what no other run has: the machine, the moment to a
// nanosecond, the name and the seed by chance, and how long its first launch took. A copy
// of a run has its key, and so has the run when it has gone on.
func keyOf(in *folder.Folder, run results.Run) (string, error) {
	first, err := results.FirstLaunch(in)
	if err != nil {
		return "", err
	}
	identity, err := json.Marshal([]any{run.Host, run.Labels[results.HostLabel], run.Started.UTC(), run.ID(), run.Plan.Seed})
	if err != nil {
		return "", fmt.Errorf("store: name run %s: %w", in.Path(), err)
	}
	sum := sha256.Sum256(append(append(identity, '\n'), first...))
	key := run.Started.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(sum[:8])
	if host := strings.Trim(notOfKey.ReplaceAllString(run.Labels[results.HostLabel], "-"), ".-"); host != "" {
		key = host[:min(len(host), 64)] + "-" + key
	}
	return key, nil
}

// encode writes the manifest, always in the same way.
func (m Manifest) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(m)
	return b.Bytes(), err
}

var digest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// decode reads a manifest, which anybody may have written.
func decode(key string, data []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("not a manifest: %w", err)
	}
	if m.Schema > schema {
		return m, fmt.Errorf("its schema version is %d and this ipcbench reads up to %d: use a newer ipcbench", m.Schema, schema)
	}
	if m.Schema < 1 || len(m.Files) == 0 {
		return m, errors.New("not a manifest of ipcbench: it names no schema version or no file")
	}
	m.Key = key
	isRecord := func(name string) bool { return slices.Contains(results.Records(), name) }
	return m, cmp.Or(check(m.Files, isRecord), check(m.Profiles, results.IsProfileRecord))
}

// check refuses files that a run cannot have.
func check(files []File, known func(name string) bool) error {
	seen := map[string]bool{}
	for _, f := range files {
		if !known(f.Name) || seen[f.Name] {
			return fmt.Errorf("not a manifest of ipcbench: it has a file %q", f.Name)
		}
		seen[f.Name] = true
		var all int64
		for _, p := range f.Pieces {
			if p.Bytes < 1 || p.Bytes > results.Bounds.LaunchesBytes || !digest.MatchString(p.SHA256) {
				return fmt.Errorf("not a manifest of ipcbench: a piece of %s is of %d bytes, hash %q", f.Name, p.Bytes, p.SHA256)
			}
			if all += p.Bytes; all > results.Bounds.LaunchesBytes {
				return fmt.Errorf("%s has more than %d bytes, which no run has", f.Name, results.Bounds.LaunchesBytes)
			}
		}
	}
	return nil
}

// manifest reads the one of a run. Its error is fs.ErrNotExist where there is none.
func (s *Store) manifest(ctx context.Context, key string) (Manifest, error) {
	data, err := s.read(ctx, key+manifestSuffix, manifestBytes)
	if err != nil {
		return Manifest{}, err
	}
	m, err := decode(key, data)
	if err != nil {
		return m, fmt.Errorf("%s: %w", s.URL(key+manifestSuffix), err)
	}
	return m, nil
}
