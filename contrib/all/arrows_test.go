package all_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestOnlyThePublicInterface: what is here could be anybody's. The path of this module
// begins as that of the core does, so the compiler would allow more.
func TestOnlyThePublicInterface(t *testing.T) {
	for _, p := range goList(t, "./...") {
		if !p.isOurs() {
			continue
		}
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			own := strings.HasPrefix(path, p.Module.Path+"/")
			core, isCore := strings.CutPrefix(path, strings.TrimSuffix(p.Module.Path, "contrib"))
			if isCore && !own && slices.Contains(strings.Split(core, "/"), "internal") {
				t.Errorf("%s imports %s, which no other module could", p.ImportPath, path)
			}
		}
	}
}

type goPackage struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
	Module                             *struct {
		Path string
		Main bool
	}
}

func (p goPackage) isOurs() bool { return p.Module != nil && p.Module.Main }

func goList(t *testing.T, args ...string) []goPackage {
	t.Helper()
	list := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,TestImports,XTestImports,Module"}, args...)...)
	list.Dir = ".."
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
