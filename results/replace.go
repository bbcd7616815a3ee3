package results

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// ReplaceFile writes a file beside its place, syncs it and then moves it there, so
// that no reader and no crash ever sees half of it.
func ReplaceFile(path string, write func(io.Writer) error) error {
	part := path + ".part"
	if err := writeFile(part, write); err != nil {
		os.Remove(part)
		return fmt.Errorf("write %s: %w", path, cause(err))
	}
	if err := os.Rename(part, path); err != nil {
		os.Remove(part)
		return fmt.Errorf("write %s: %w", path, cause(err))
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
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
