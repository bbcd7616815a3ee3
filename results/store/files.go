package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"ipcbench/internal/folder"
)

// files is the place of file://: this machine's own, or what it has mounted. A key is a
// path from the root.
type files struct{}

func (files) List(_ context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		dir, begins := filepath.Split("/" + prefix)
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield(Object{}, folder.Cause(err))
			return
		}
		for _, entry := range entries {
			if !strings.HasPrefix(entry.Name(), begins) || !entry.Type().IsRegular() {
				continue
			}
			info, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) { // somebody removed it meanwhile
				continue
			}
			if err != nil {
				yield(Object{}, folder.Cause(err))
				return
			}
			if !yield(Object{strings.TrimPrefix(dir, "/") + entry.Name(), info.Size()}, nil) {
				return
			}
		}
	}
}

func (files) Read(_ context.Context, key string, limit int64) ([]byte, error) {
	dir, name := filepath.Split("/" + key)
	f, err := folder.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Read(name, limit)
}

func (files) Write(_ context.Context, key string, data []byte) error {
	dir, name := filepath.Split("/" + key)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return folder.Cause(err)
	}
	f, err := folder.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	f.Tidy()
	return f.Replace(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

func (files) Close() error { return nil }

// isAbsent says that there is no such object, and will be none however often one asks.
func isAbsent(err error) bool { return errors.Is(err, fs.ErrNotExist) }
