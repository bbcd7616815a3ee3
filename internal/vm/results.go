package vm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// Results go through a channel that may carry other text, lose some of it and change
// the ends of its lines: a serial port. So they are a block of PEM (RFC 7468), with an
// archive in it, its digest, and how the command ended.
const (
	blockType  = "IPCBENCH RESULTS"
	digestKey  = "SHA-256"
	statusKey  = "Status"
	mostResult = 1 << 30 // bytes that are unpacked
)

// pack writes all that is in a directory, and the exit status of what made it.
func pack(w io.Writer, dir string, status int) error {
	var archive bytes.Buffer
	compressed := gzip.NewWriter(&archive)
	files := tar.NewWriter(compressed)
	err := files.AddFS(os.DirFS(dir))
	if err := errors.Join(err, files.Close(), compressed.Close()); err != nil {
		return fmt.Errorf("pack results: %w", err)
	}
	digest := sha256.Sum256(archive.Bytes())
	io.WriteString(w, "\n") // a block begins a line
	err = pem.Encode(w, &pem.Block{Type: blockType, Bytes: archive.Bytes(), Headers: map[string]string{
		digestKey: hex.EncodeToString(digest[:]), statusKey: strconv.Itoa(status),
	}})
	if err != nil {
		return fmt.Errorf("send results: %w", err)
	}
	return nil
}

var (
	errNoResults = errors.New("it sent no results")
	errDamaged   = errors.New("its results are damaged: something else was written among them, or part of them was lost")
)

// A parcel is what a machine sent.
type parcel struct {
	archive []byte
	status  int // of the command
}

// find looks for results in all that came through a channel.
func find(text []byte) (parcel, error) {
	begin := bytes.LastIndex(text, []byte("-----BEGIN "+blockType))
	if begin < 0 {
		return parcel{}, errNoResults
	}
	block, _ := pem.Decode(text[begin:])
	if block == nil || block.Type != blockType {
		return parcel{}, errDamaged
	}
	digest := sha256.Sum256(block.Bytes)
	status, err := strconv.Atoi(block.Headers[statusKey])
	if err != nil || hex.EncodeToString(digest[:]) != block.Headers[digestKey] {
		return parcel{}, errDamaged
	}
	return parcel{block.Bytes, status}, nil
}

// Unpack writes the results that are somewhere in text, as from a serial port, into a
// directory, and returns the names of those that it made in there and the exit status of
// the command that left them. Nothing is written over.
func Unpack(text []byte, into string) (names []string, status int, err error) {
	p, err := find(text)
	if err != nil {
		return nil, 0, err
	}
	names, err = p.unpack(into)
	return names, p.status, err
}

// unpack makes what is in the archive, and nothing outside of the directory, whatever
// the archive says. What an error leaves half made is taken away.
func (p parcel) unpack(into string) (made []string, err error) {
	if err := os.MkdirAll(into, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(into)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	defer func() {
		if err != nil {
			for _, name := range made {
				root.RemoveAll(name)
			}
			made, err = nil, fmt.Errorf("unpack results into %s: %w", into, err)
		}
	}()
	uncompressed, err := gzip.NewReader(bytes.NewReader(p.archive))
	if err != nil {
		return nil, err
	}
	for files := tar.NewReader(io.LimitReader(uncompressed, mostResult)); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return made, nil
		}
		if err != nil {
			return made, err
		}
		name := path.Clean(header.Name)
		switch {
		case name == ".":
			continue
		case header.Typeflag == tar.TypeDir:
			err = root.Mkdir(name, 0o755)
		case header.Typeflag == tar.TypeReg:
			err = unpackFile(root, name, files)
		default:
			err = fmt.Errorf("%s is neither a file nor a directory", header.Name)
		}
		if err == nil && !strings.Contains(name, "/") {
			made = append(made, name)
		}
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%s is there already: choose another name or directory", name)
		}
		if err != nil {
			return made, err
		}
	}
}

func unpackFile(root *os.Root, name string, data io.Reader) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, data)
	return errors.Join(err, file.Close())
}
