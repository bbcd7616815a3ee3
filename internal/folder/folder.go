// Package folder reads and writes the files of a directory that somebody else may
// write to as well, and may mean ill with: a run directory in /tmp, or one that
// came by mail.
//
// A directory is opened once and used by its descriptor, so that everything of it
// is of the same one, whatever its path leads to meanwhile. A file is written
// under a name that nobody can have put a link at and then moved to its own, and
// is read only where it is an ordinary one of no more than so many bytes.
//
// It knows files and who else may touch them. It must not know what is in them.
package folder

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// A Folder is an open directory. It may be used by several goroutines at once.
type Folder struct {
	root *os.Root
	path string
}

// Open opens the directory at path. Its errors, as all of this package that do
// not say so, leave out the path, which the caller tells.
func Open(path string) (*Folder, error) {
	info, err := os.Stat(path) // a FIFO would not open before somebody writes to it
	if err != nil {
		return nil, Cause(err)
	}
	if !info.IsDir() {
		return nil, syscall.ENOTDIR
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, Cause(err)
	}
	return &Folder{root, path}, nil
}

// Path is what the directory was opened as, for messages alone: another may be
// there by now.
func (f *Folder) Path() string { return f.path }

// Close closes the directory, not what was opened in it.
func (f *Folder) Close() error { return f.root.Close() }

// Make opens a directory in this one, and makes it where it is missing. It is an
// error where a link or a file has its name: through a link that somebody planted
// there, another directory's files would be written over.
func (f *Folder) Make(name string) (*Folder, error) {
	if err := f.root.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, Cause(err)
	}
	root, err := f.root.OpenRoot(name)
	if err != nil {
		if f.isLink(name) {
			err = errLink
		}
		return nil, Cause(err)
	}
	opened, err := root.Stat(".")
	if err == nil {
		err = f.isReally(name, opened)
	}
	if err != nil {
		root.Close()
		return nil, Cause(err)
	}
	return &Folder{root, filepath.Join(f.path, name)}, nil
}

// Names returns the names of all that is in the directory.
func (f *Folder) Names() ([]string, error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return nil, Cause(err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	return names, Cause(err)
}

// Remove removes a file of that name. That it is gone already is no error:
// somebody else may remove the same ones.
func (f *Folder) Remove(name string) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Cause(err)
	}
	return nil
}

// Has says whether there is anything of that name.
func (f *Folder) Has(name string) bool {
	_, err := f.root.Lstat(name)
	return err == nil
}

// Append makes a new file to append to. It is an error where there is one.
func (f *Folder) Append(name string) (*os.File, error) {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o644)
	return file, Cause(err)
}

// Replace writes a file beside its place, syncs it and then moves it there, so
// that no reader and no crash ever sees half of it. Several may replace the same
// file at once: the last one to end stays. An error names the file.
func (f *Folder) Replace(name string, write func(io.Writer) error) error {
	part := "." + name + "." + rand.Text() + ".part"
	err := f.write(part, write)
	if err == nil {
		err = f.root.Rename(part, name)
	}
	if err != nil {
		f.root.Remove(part)
		return fmt.Errorf("write %s: %w", filepath.Join(f.path, name), Cause(err))
	}
	return nil
}

// write writes a new file. Its name is O_EXCL, which follows no link (open(2)).
func (f *Folder) write(name string, write func(io.Writer) error) error {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(file)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// partName is what Replace calls a file that it has not finished.
var partName = regexp.MustCompile(`^\..+\.[A-Z2-7]{26}\.part$`)

// abandoned is after how long such a file is nobody's any more: none takes a
// minute.
const abandoned = time.Hour

// Tidy removes what a Replace that was killed left behind long ago.
func (f *Folder) Tidy() {
	names, _ := f.Names()
	for _, name := range names {
		if !partName.MatchString(name) {
			continue
		}
		if info, err := f.root.Lstat(name); err == nil && time.Since(info.ModTime()) > abandoned {
			f.root.Remove(name)
		}
	}
}

// ErrTooLarge says that a file has more bytes than the caller allows.
var ErrTooLarge = errors.New("it is too large")

var (
	errLink       = errors.New("it is a link, which is not followed: put what it leads to in its place")
	errNotRegular = errors.New("it is no ordinary file")
	errReplaced   = errors.New("it was replaced while it was opened")
)

// Open opens a file to be read. It is an error where it is a link, a FIFO, a
// device or anything but an ordinary file, or has more than limit bytes: neither
// waits for anybody nor fills the memory.
func (f *Folder) Open(name string, limit int64) (file *os.File, err error) {
	for range 10 { // another may be replacing it all the time, but none so often
		if file, err = f.open(name, limit); !errors.Is(err, errReplaced) {
			break
		}
	}
	return file, Cause(err)
}

func (f *Folder) open(name string, limit int64) (*os.File, error) {
	info, err := f.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if err := ordinary(info); err != nil {
		return nil, err // before it is opened, which some devices take for an order
	}
	file, err := f.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err = file.Stat()
	if err == nil {
		err = cmp.Or(ordinary(info), f.isReally(name, info))
	}
	if err == nil && info.Size() > limit {
		err = fmt.Errorf("%w: %d bytes, and no more than %d are read", ErrTooLarge, info.Size(), limit)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// Read reads all of a file, as [Folder.Open] opens it.
func (f *Folder) Read(name string, limit int64) ([]byte, error) {
	file, err := f.Open(name, limit)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit)) // it may grow meanwhile
	return data, Cause(err)
}

// Is says whether the file of that name is the open one.
func (f *Folder) Is(name string, file *os.File) bool {
	info, err := file.Stat()
	return err == nil && f.isReally(name, info) == nil
}

func ordinary(info fs.FileInfo) error {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return errLink
	case !info.Mode().IsRegular():
		return errNotRegular
	}
	return nil
}

// isReally refuses what was opened where its name is a link's or another's by now.
func (f *Folder) isReally(name string, opened fs.FileInfo) error {
	info, err := f.root.Lstat(name)
	switch {
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return errLink
	case !os.SameFile(info, opened):
		return errReplaced
	}
	return nil
}

func (f *Folder) isLink(name string) bool {
	info, err := f.root.Lstat(name)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// Cause takes the operation and path off an error from package os, whose
// message tells them already.
func Cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
