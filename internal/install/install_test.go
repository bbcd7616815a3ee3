package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pages writes all that is installed, and returns the manual pages.
func pages(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	if err := install(dir, "v1.2.3"); err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		if info, err := os.Stat(filepath.Join(dir, script)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, or nothing in it", script, err)
		}
	}
	found, _ := filepath.Glob(filepath.Join(dir, "man/man1/*.1"))
	if len(found) < 10 {
		t.Fatalf("%d pages", len(found))
	}
	return found
}

func TestAPageSaysWhatTheHelpSays(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	for _, path := range pages(t) {
		if filepath.Base(path) != "ipcbench-run.1" {
			continue
		}
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			`"2023-11-14" "ipcbench v1.2.3"`,
			"\n.SH NAME\nipcbench\\-run \\- measure", "\n.SH SYNOPSIS\n", "\n.SH OPTIONS\n", "\n.SH EXIT STATUS\n", "\n.SH ENVIRONMENT\n", "\n.SH FILES\n", "\n.SH EXAMPLES\n", "\n.SH SEE ALSO\n",
			"launches.jsonl", "\\fB130\\fP",
		} {
			if !strings.Contains(string(page), want) {
				t.Errorf("the page of run has no %q", want)
			}
		}
		return
	}
	t.Error("run has no page")
}

// What formats pages must have nothing to say against them.
func TestPagesAreWellFormed(t *testing.T) {
	for name, args := range map[string][]string{
		"man":    {"--warnings", "-Tutf8", "-Z", "-l"},
		"mandoc": {"-T", "lint", "-W", "warning"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(name); err != nil {
				t.Skipf("no %s here: apt-get install man-db groff-base mandoc", name)
			}
			for _, path := range pages(t) {
				check := exec.Command(name, append(args, path)...)
				check.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
				var said strings.Builder
				check.Stderr = &said
				out, err := check.Output()
				if name == "mandoc" { // which says it there
					said.Write(out)
				}
				if err != nil || said.Len() > 0 {
					t.Errorf("%s: %v: %s", filepath.Base(path), err, said.String())
				}
			}
		})
	}
}
