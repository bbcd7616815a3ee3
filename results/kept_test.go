package results

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestKeptRunIsCurrent makes the tables of results/sample again. What the
// README shows comes from there, so it has to be what this version makes; if
// not, run ipcbench report results/sample.
func TestKeptRunIsCurrent(t *testing.T) {
	run, launches, warnings, err := Open("sample")
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	made := t.TempDir()
	if err := WriteTables(made, run, launches); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"launches.csv", "workers.csv", "summary.csv", "bench.txt"} {
		want, err := os.ReadFile(filepath.Join("sample", name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(made, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("results/sample/%s is not what its records give", name)
		}
	}
}
