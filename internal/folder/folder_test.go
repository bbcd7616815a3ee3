//go:build unix

package folder

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// open opens a new directory and says where it is.
func open(t *testing.T) (*Folder, string) {
	t.Helper()
	dir := t.TempDir()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, dir
}

func says(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func has(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s has %q, %v, and not %q", path, got, err, want)
	}
}

// TestAPlantedLinkIsReplacedAndNotFollowed also where it has the name that older
// versions wrote to first.
func TestAPlantedLinkIsReplacedAndNotFollowed(t *testing.T) {
	f, dir := open(t)
	victim := write(t, filepath.Join(t.TempDir(), "victim"), "precious")
	for _, name := range []string{"page", "page.part"} {
		if err := os.Symlink(victim, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Replace("page", says("new")); err != nil {
		t.Fatal(err)
	}
	has(t, victim, "precious")
	has(t, filepath.Join(dir, "page"), "new")
}

// TestWhoSwapsFilesMeanwhileGetsNothingWritten has the directory's owner put a
// link in the place of every file as soon as it appears.
func TestWhoSwapsFilesMeanwhileGetsNothingWritten(t *testing.T) {
	f, dir := open(t)
	victim := write(t, filepath.Join(t.TempDir(), "victim"), "precious")
	done := make(chan struct{})
	var attacker sync.WaitGroup
	attacker.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			entries, _ := os.ReadDir(dir)
			for _, entry := range entries {
				path := filepath.Join(dir, entry.Name())
				os.Remove(path)
				os.Symlink(victim, path)
			}
		}
	})
	for range 25 {
		f.Replace("page", says("new")) // may fail: its file was taken away
	}
	close(done)
	attacker.Wait()
	has(t, victim, "precious")
}

func TestADirectoryIsNotMadeThroughALink(t *testing.T) {
	f, dir := open(t)
	elsewhere := t.TempDir()
	for name, to := range map[string]string{"out": elsewhere, "here": "."} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Make(name); err == nil || !strings.Contains(err.Error(), "link") {
			t.Errorf("a link to %s is taken for a directory: %v", to, err)
		}
	}
}

// TestAFolderStaysTheSame: another directory that takes its path is not written to.
func TestAFolderStaysTheSame(t *testing.T) {
	parent := t.TempDir()
	mine, moved := filepath.Join(parent, "mine"), filepath.Join(parent, "moved")
	if err := os.Mkdir(mine, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := Open(mine)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := errors.Join(os.Rename(mine, moved), os.Symlink(t.TempDir(), mine)); err != nil {
		t.Fatal(err)
	}
	if err := f.Replace("page", says("new")); err != nil {
		t.Fatal(err)
	}
	has(t, filepath.Join(moved, "page"), "new")
}

func TestManyReplaceAFileAtOnce(t *testing.T) {
	f, dir := open(t)
	errs := make([]error, 20)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = f.Replace("page", says("whole")) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	has(t, filepath.Join(dir, "page"), "whole")
	if names, err := f.Names(); err != nil || len(names) != 1 {
		t.Errorf("there are %q, %v", names, err)
	}
}

func TestWhatCouldNotBeWrittenLeavesTheOldFileAndNoOther(t *testing.T) {
	f, dir := open(t)
	write(t, filepath.Join(dir, "page"), "old")
	err := f.Replace("page", func(io.Writer) error { return errors.New("no more ink") })
	if err == nil || err.Error() != fmt.Sprintf("write %s: no more ink", filepath.Join(dir, "page")) {
		t.Errorf("it says %v", err)
	}
	has(t, filepath.Join(dir, "page"), "old")
	if names, _ := f.Names(); len(names) != 1 {
		t.Errorf("there are %q", names)
	}
}

func TestNobodyElseMayWriteWhateverTheUmask(t *testing.T) {
	was := syscall.Umask(0) // of the whole process: no test here is parallel
	defer syscall.Umask(was)
	f, dir := open(t)
	if err := f.Replace("page", says("new")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Append("record"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Make("charts"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"page", "record", "charts"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm()&0o022 != 0 {
			t.Errorf("%s is %v, %v", name, info.Mode(), err)
		}
	}
}

func TestOnlyOrdinaryFilesOfSomeSizeAreRead(t *testing.T) {
	f, dir := open(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	write(t, at("good"), "12345")
	if err := errors.Join(
		syscall.Mkfifo(at("fifo"), 0o644), // opening it would wait for a writer
		os.Symlink("/dev/zero", at("zero")),
		os.Symlink("good", at("link")),
		os.Mkdir(at("dir"), 0o755),
	); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"fifo", "zero", "link", "dir"} {
		if _, err := f.Read(name, 100); err == nil || !strings.HasPrefix(err.Error(), "it is ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if data, err := f.Read("good", 5); string(data) != "12345" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := f.Read("good", 4); !errors.Is(err, ErrTooLarge) {
		t.Errorf("5 bytes where 4 are allowed: %v", err)
	}
	if _, err := f.Read("missing", 4); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// TestAFileIsReadWhileItIsReplaced: a report reads what a run that ends writes.
func TestAFileIsReadWhileItIsReplaced(t *testing.T) {
	f, _ := open(t)
	if err := f.Replace("page", says("whole")); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				f.Replace("page", says("whole"))
			}
		}
	})
	for range 100 {
		if data, err := f.Read("page", 100); string(data) != "whole" || err != nil {
			t.Errorf("%q, %v", data, err)
			break
		}
	}
	close(done)
	writer.Wait()
}

func TestTidyRemovesWhatWasLeftLongAgo(t *testing.T) {
	f, dir := open(t)
	const old, fresh = ".page.ABCDEFGHIJKLMNOPQRSTUVWXYZ.part", ".page.ZBCDEFGHIJKLMNOPQRSTUVWXYZ.part"
	for _, name := range []string{old, fresh, "notes.part"} {
		write(t, filepath.Join(dir, name), "half")
	}
	long := time.Now().Add(-2 * abandoned)
	for _, name := range []string{old, "notes.part"} {
		if err := os.Chtimes(filepath.Join(dir, name), long, long); err != nil {
			t.Fatal(err)
		}
	}
	f.Tidy()
	if f.Has(old) || !f.Has(fresh) || !f.Has("notes.part") {
		names, _ := f.Names()
		t.Errorf("there are %q", names)
	}
}
