// Package packaging holds what is done around the build: versions, packages, releases,
// the module's path. It has no code of its own but these tests.
package packaging

import (
	"archive/zip"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestVersionsOfPackagesSortAsReleasesDo(t *testing.T) {
	for version, number := range map[string]string{
		"v0.2.0":                       "0.2.0",
		"v0.2.0-rc1":                   "0.2.0~rc1",
		"v0.1.0-5-gb8bb9cd":            "0.1.0+5.gb8bb9cd",
		"v0.1.0-dirty":                 "0.1.0+dirty",
		"v0.2.0-rc1-12-gb8bb9cd-dirty": "0.2.0~rc1+12.gb8bb9cd+dirty",
	} {
		if got := strings.TrimSpace(must(t, "", "./version", "number", version)); got != number {
			t.Errorf("%s is %s in a package, want %s", version, got, number)
		}
	}
}

func TestTheVersionIsTheTagOrWhatFollowsIt(t *testing.T) {
	repository := repositoryOf(t, "version")
	version := func() string { return strings.TrimSpace(must(t, repository, "packaging/version")) }
	if got := version(); !strings.HasPrefix(got, "v0.0.0-1-g") {
		t.Errorf("without a tag it is %s", got)
	}
	must(t, repository, "git", "tag", "v0.3.0")
	if got := version(); got != "v0.3.0" {
		t.Errorf("at v0.3.0 it is %s", got)
	}
	must(t, repository, "git", "commit", "-q", "--allow-empty", "-m", "more")
	if got := version(); !strings.HasPrefix(got, "v0.3.0-1-g") {
		t.Errorf("one commit later it is %s", got)
	}
	write(t, filepath.Join(repository, "CHANGELOG.md"), "changed\n")
	if got := version(); !strings.HasSuffix(got, "-dirty") {
		t.Errorf("with a change it is %s", got)
	}
}

func TestAReleaseIsOfATagWithAChangelogAndWithoutChanges(t *testing.T) {
	repository := repositoryOf(t, "version", "release")
	write(t, filepath.Join(repository, "packaging/dist"), "#!/bin/sh\nmkdir -p dist && echo of $1 >dist/SHA256SUMS && echo >dist/ipcbench_1\n")
	write(t, filepath.Join(repository, ".gitignore"), "/dist/\n")
	refused := func(why string) {
		t.Helper()
		out, err := run(repository, "packaging/release")
		if err == nil || !strings.Contains(out, why) {
			t.Errorf("released, or for another reason not, than %q: %s", why, out)
		}
	}
	refused("has changes")
	commit(t, repository)
	refused("has no tag")
	must(t, repository, "git", "tag", "v0.3.0")
	refused(`has no "## 0.3.0"`)

	write(t, filepath.Join(repository, "CHANGELOG.md"), "# Changelog\n\n## 0.3.0 (today)\n\nThe news.\n\n## 0.2.0\n\nNo news.\n")
	commit(t, repository)
	must(t, repository, "git", "tag", "v0.3.0", "--force")
	out := must(t, repository, "packaging/release")
	if !strings.Contains(out, "gh release create v0.3.0") || !strings.Contains(out, "dist/ipcbench_1") {
		t.Errorf("it does not say how to publish what it made: %s", out)
	}
	if notes := read(t, filepath.Join(repository, "dist/notes.md")); strings.TrimSpace(notes) != "The news." {
		t.Errorf("the notes are %q", notes)
	}
	if sums := read(t, filepath.Join(repository, "dist/SHA256SUMS")); sums != "of v0.3.0\n" {
		t.Errorf("it made packages %s", sums)
	}
}

// TestTheModuleCanHaveAnotherPath renames a copy. All its imports must be there, it must
// pass vet and a test, and be installed by its path and version, as from where it is
// published.
func TestTheModuleCanHaveAnotherPath(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles everything again")
	}
	needs(t, "make")
	const path = "example.org/you/ipcbench"
	dir := t.TempDir()
	copyOfThis(t, dir)
	must(t, dir, "make", "module", "PATH="+path)
	must(t, dir, "go", "list", "-deps", "-test", "./...")
	must(t, filepath.Join(dir, "contrib"), "go", "vet", "-trimpath", "./rpc/...")
	must(t, dir, "go", "vet", "-trimpath", "./cmd")
	must(t, dir, "go", "test", "-trimpath", "./internal/quote")
	if unformatted := must(t, dir, "gofmt", "-l", "."); unformatted != "" {
		t.Errorf("it is not formatted: %s", unformatted)
	}

	proxy, modules, bin := t.TempDir(), t.TempDir(), t.TempDir()
	publish(t, proxy, dir, path, "v0.3.0")
	cache := strings.TrimSpace(must(t, dir, "go", "env", "GOMODCACHE"))
	for name, value := range map[string]string{
		"GOPROXY":    "file://" + proxy + ",file://" + filepath.Join(cache, "cache/download"),
		"GOSUMDB":    "off",
		"GOMODCACHE": modules,
		"GOFLAGS":    "-modcacherw -trimpath",
		"GOBIN":      bin,
	} {
		t.Setenv(name, value)
	}
	must(t, "", "go", "install", path+"/cmd/ipcbench@v0.3.0")
	if version := must(t, "", filepath.Join(bin, "ipcbench"), "--version"); version != "ipcbench v0.3.0\n" {
		t.Errorf("what was installed as v0.3.0 says %q", version)
	}
}

// publish puts a module into the folder of a proxy. See go.dev/ref/mod#goproxy-protocol.
func publish(t *testing.T, proxy, dir, path, version string) {
	folder := filepath.Join(proxy, path, "@v")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "list"), version+"\n")
	write(t, filepath.Join(folder, version+".info"), fmt.Sprintf(`{"Version": %q}`, version))
	write(t, filepath.Join(folder, version+".mod"), read(t, filepath.Join(dir, "go.mod")))
	file, err := os.Create(filepath.Join(folder, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(file)
	eachFile(t, dir, func(name string) {
		if ofAnotherModule(dir, name) {
			return
		}
		w, err := archive.Create(path + "@" + version + "/" + name)
		if err == nil {
			_, err = w.Write([]byte(read(t, filepath.Join(dir, name))))
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// ofAnotherModule reports whether a folder around a file of dir is a module of its own.
func ofAnotherModule(dir, name string) bool {
	for folder := filepath.Dir(name); folder != "."; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(dir, folder, "go.mod")); err == nil {
			return true
		}
	}
	return false
}

// copyOfThis copies what belongs to this project, and neither its history nor what was made.
func copyOfThis(t *testing.T, dir string) {
	eachFile(t, "..", func(name string) {
		from := filepath.Join("..", name)
		info, err := os.Stat(from)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), read(t, from))
		if err := os.Chmod(filepath.Join(dir, name), info.Mode()); err != nil {
			t.Fatal(err)
		}
	})
}

func eachFile(t *testing.T, dir string, do func(name string)) {
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".git", name == "bin", name == "dist":
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.Type().IsRegular():
			do(name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// repositoryOf returns a new repository with one commit, which has these scripts.
func repositoryOf(t *testing.T, scripts ...string) string {
	needs(t, "git")
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "packaging"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range scripts {
		write(t, filepath.Join(dir, "packaging", name), read(t, name))
	}
	write(t, filepath.Join(dir, "CHANGELOG.md"), "# Changelog\n\n## Unreleased\n")
	must(t, dir, "git", "init", "-q")
	commit(t, dir)
	return dir
}

func needs(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Skipf("there is no %s", tool)
	}
}

func commit(t *testing.T, dir string) {
	t.Helper()
	for _, who := range []string{"GIT_AUTHOR", "GIT_COMMITTER"} {
		t.Setenv(who+"_NAME", "A. Tester")
		t.Setenv(who+"_EMAIL", "tester@example.org")
	}
	must(t, dir, "git", "add", "-A")
	must(t, dir, "git", "commit", "-q", "-m", "a commit")
}

func run(dir, command string, args ...string) (string, error) {
	cmd := exec.Command(command, args...)
	cmd.Dir = dir
	if dir != "" && strings.HasPrefix(command, "packaging/") {
		cmd.Path = filepath.Join(dir, command)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func must(t *testing.T, dir, command string, args ...string) string {
	t.Helper()
	out, err := run(dir, command, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", command, strings.Join(args, " "), err, out)
	}
	return out
}

// write writes a file that can be executed.
func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
