// Typecheck says whether this module's packages, with their tests and all that they need,
// hold together on other processors and systems. It does so from the sources, in seconds:
// to have all of it compiled for each takes minutes on a bare machine, see "make cross".
//
//	go run .ci/typecheck.go linux/arm64 ./...
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A listed package is one that go list tells of, after those that it imports.
type listed struct {
	ImportPath, Dir string
	GoFiles, SFiles []string
	ImportMap       map[string]string
	Module          *struct{ Main bool }
}

// A checker has what is known of packages by their paths.
type checker struct {
	processor string
	files     *token.FileSet
	checked   map[string]*types.Package
	wrong     int
}

func main() {
	log.SetFlags(0)
	platform := os.Args[1]
	system, processor, _ := strings.Cut(platform, "/")
	c := checker{processor, token.NewFileSet(), map[string]*types.Package{"unsafe": types.Unsafe}, 0}

	list := exec.Command("go", append([]string{"list", "-deps", "-test", "-json=ImportPath,Dir,GoFiles,SFiles,ImportMap,Module"}, os.Args[2:]...)...)
	list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+processor)
	list.Stderr = os.Stderr
	out, err := list.StdoutPipe()
	if err == nil {
		err = list.Start()
	}
	if err != nil {
		log.Fatal(err)
	}
	ours := 0
	for each := json.NewDecoder(out); ; {
		var p listed
		if err := each.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			log.Fatal(err)
		}
		if p.ImportPath == "unsafe" || strings.HasSuffix(p.ImportPath, ".test") { // the main of a test
			continue
		}
		if p.ours() {
			ours++
		}
		c.check(p)
	}
	if err := list.Wait(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %d packages\n", platform, ours)
	if c.wrong > 0 {
		os.Exit(1)
	}
}

func (p listed) ours() bool { return p.Module != nil && p.Module.Main }

// check looks into the functions of our own packages alone.
func (c *checker) check(p listed) {
	var parsed []*ast.File
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(c.files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			c.tell(err)
			continue
		}
		parsed = append(parsed, file)
		if p.ours() && len(p.SFiles) == 0 {
			c.bodies(file)
		}
	}
	config := types.Config{
		Importer:         through{c, p.ImportMap},
		Sizes:            types.SizesFor("gc", c.processor),
		IgnoreFuncBodies: !p.ours(),
		Error: func(err error) {
			if p.ours() {
				c.tell(err)
			}
		},
	}
	c.checked[p.ImportPath], _ = config.Check(p.ImportPath, c.files, parsed, nil)
}

// bodies tells of functions that neither Go nor assembly has.
func (c *checker) bodies(file *ast.File) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body == nil {
			c.tell(fmt.Errorf("%s: %s has no body", c.files.Position(f.Pos()), f.Name.Name))
		}
	}
}

func (c *checker) tell(err error) {
	c.wrong++
	fmt.Fprintln(os.Stderr, err)
}

// through finds what a package imports, some of it under another path.
type through struct {
	*checker
	paths map[string]string
}

func (t through) Import(path string) (*types.Package, error) {
	if other, has := t.paths[path]; has {
		path = other
	}
	if p := t.checked[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%s was not listed", path)
}
