package fleet

import (
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"runtime"

	"ipcbench/results"
)

// A Source is where runs lie: a directory here, or what a URL stands for.
type Source interface {
	// Place is its own place. That of a run in it is the place, a slash, and the run's path.
	Place() string
	// Runs are the paths of the runs in it, at any depth, with slashes; "" is the source
	// itself. An error is of one of them, and others may follow.
	Runs() iter.Seq2[string, error]
	// Run reads what a run says of itself, and of its launches nothing.
	Run(path string) (results.Run, error)
	// Read reads a run with its launches, see [results.Open].
	Read(path string) (results.Run, []results.Launch, error)
	// AtOnce is how many runs are best read at a time.
	AtOnce() int
	// Index is the file that keeps what was read of it for whoever names no other; "": none
	// does, for it is as near as that file would be.
	Index() string
}

// A Directory is a source on this machine.
type Directory string

// Place is the directory by its whole path.
func (d Directory) Place() string {
	whole, err := filepath.Abs(string(d))
	if err != nil {
		return string(d)
	}
	return filepath.ToSlash(whole)
}

// Runs looks for runs in the directory and all below it. What is below a run is none, nor is what an experiment has set aside.
func (d Directory) Runs() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		root := os.DirFS(string(d))
		fs.WalkDir(root, ".", func(at string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				if !yield(at, err) {
					return fs.SkipAll
				}
				return nil
			case entry.IsDir() && entry.Name() == results.CutShort:
				return fs.SkipDir
			case !entry.IsDir() || !results.IsRun(d.at(at)):
				return nil
			}
			if at == "." {
				at = ""
			}
			if !yield(at, nil) {
				return fs.SkipAll
			}
			return fs.SkipDir
		})
	}
}

// Run reads run.json alone.
func (d Directory) Run(path string) (results.Run, error) { return results.OpenRun(d.at(path)) }

// Read reads the whole run.
func (d Directory) Read(path string) (results.Run, []results.Launch, error) {
	run, launches, _, err := results.Open(d.at(path)) // half a last line is a launch that is not there
	return run, launches, err
}

// AtOnce is how many can be decoded at a time.
func (d Directory) AtOnce() int { return runtime.GOMAXPROCS(0) }

// Index is none.
func (d Directory) Index() string { return "" }

func (d Directory) at(path string) string { return filepath.Join(string(d), filepath.FromSlash(path)) }

// placeOf is where a run lies.
func placeOf(s Source, run string) string {
	if run == "" {
		return s.Place()
	}
	return s.Place() + "/" + run
}

// hostOf is where a run was measured: by its label or, without one, by the folder that it
// lies in.
func hostOf(run results.Run, place string) string {
	if host := run.Labels[results.HostLabel]; host != "" {
		return host
	}
	return path.Base(path.Dir(place))
}
