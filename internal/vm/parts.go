package vm

import (
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
)

// A part is what a command wrote to one of its files before it ended: a block like
// results, with the file's path, and where in it the part begins.
const (
	partType  = "IPCBENCH PART"
	nameKey   = "Name"
	offsetKey = "Offset"
)

func sendPart(w io.Writer, name string, offset int64, data []byte) error {
	return pem.Encode(w, &pem.Block{Type: partType, Bytes: data, Headers: map[string]string{
		nameKey: name, offsetKey: strconv.FormatInt(offset, 10),
	}})
}

// joinParts puts together what came in parts, by path: files in a directory of one
// level. A part that does not continue what there is begins it anew.
func joinParts(text []byte) map[string][]byte {
	files := map[string][]byte{}
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return files
		}
		name := path.Clean(block.Headers[nameKey])
		if block.Type != partType || strings.Count(name, "/") != 1 {
			continue
		}
		if offset, err := strconv.Atoi(block.Headers[offsetKey]); err == nil && offset == len(files[name]) {
			files[name] = append(files[name], block.Bytes...)
		} else if err == nil && offset == 0 {
			files[name] = block.Bytes
		}
	}
}

// keepParts writes what came in parts into a directory, and nothing outside of it or
// over what is there.
func keepParts(text []byte, into string) error {
	files := joinParts(text)
	if len(files) == 0 {
		return nil
	}
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(into)
	if err != nil {
		return err
	}
	defer root.Close()
	var wrong []error
	for name, data := range files {
		root.Mkdir(path.Dir(name), 0o755) // where it cannot, neither can the file
		wrong = append(wrong, unpackFile(root, name, strings.NewReader(string(data))))
	}
	return errors.Join(wrong...)
}
