// Command install writes what is installed beside the binary: a manual page of each
// command, and the scripts with which shells complete its words. It makes the tree
// that "make install" copies to PREFIX/share:
//
//	go run ./internal/install bin/share v1.2.3
//
// It is no part of the binary, which would be larger by what writes manual pages than
// by these pages themselves. It knows how a page is laid out. It must not know what a
// command does: that it says itself.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"ipcbench/cmd"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/install DIR VERSION")
		os.Exit(2)
	}
	if err := install(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "install: %v\n", err)
		os.Exit(1)
	}
}

// scripts are where the shells look for those that they load by themselves.
var scripts = map[string]string{
	"bash": "bash-completion/completions/ipcbench",
	"zsh":  "zsh/site-functions/_ipcbench",
	"fish": "fish/vendor_completions.d/ipcbench.fish",
}

func install(dir, version string) error {
	root := cmd.Commands()
	made, err := date()
	if err != nil {
		return err
	}
	for _, command := range append([]*cobra.Command{root}, shown(root)...) {
		name := dashed(command)
		if err := write(filepath.Join(dir, "man/man1", name+".1"), page{command, version, made}.roff()); err != nil {
			return err
		}
	}
	for _, shell := range cmd.Shells() {
		var script bytes.Buffer
		if err := shell.Write(root, &script); err != nil {
			return err
		}
		path, known := scripts[shell.Name]
		if !known {
			return fmt.Errorf("%s: nobody says where it looks for its scripts", shell.Name)
		}
		if err := write(filepath.Join(dir, path), script.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// date is that of the pages, which SOURCE_DATE_EPOCH sets so that two builds of one
// version are alike (reproducible-builds.org).
func date() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Now().UTC(), nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %q is no number of seconds", text)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// shown are the commands that have a page.
func shown(root *cobra.Command) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(root.Commands()), func(c *cobra.Command) bool { return !c.IsAvailableCommand() })
}
