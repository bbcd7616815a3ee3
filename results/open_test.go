package results_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/export"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
)

func FuzzReadRun(f *testing.F) {
	whole, err := json.MarshalIndent(resultstest.Run, "", "  ")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte(`{"schema": 1, "plan": []}`))
	f.Add([]byte(`{"schema": 9e99}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, data []byte) {
		run, err := results.ReadRun("run.json", data)
		if err != nil {
			if text := err.Error(); strings.Contains(text, "\n") || !strings.Contains(text, "run.json") {
				t.Errorf("the error is not one line about the file: %q", text)
			}
			return
		}
		if run.Schema < 1 || run.Schema > results.Schema {
			t.Errorf("a run of schema %d was taken", run.Schema)
		}
		if err := export.WriteJSON(io.Discard, summary.Analyze(run, nil, nil)); err != nil {
			t.Error(err)
		}
	})
}
