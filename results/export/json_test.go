package export

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
)

func TestJSONHasEveryCellAndNullForWhatIsNotKnown(t *testing.T) {
	var out bytes.Buffer
	if err := WriteJSON(&out, summary.Analyze(resultstest.Run, resultstest.Few(t), nil)); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Run     results.Run
		Results []struct {
			Transport string
			SizeBytes int `json:"size_bytes"`
			Launches  int
			Failed    int
			Reason    string
			Metrics   map[string]map[string]any
		}
	}
	if err := json.Unmarshal(out.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	if document.Run.Name != resultstest.Run.Name || len(document.Results) != 4 {
		t.Fatalf("run %q with %d results", document.Run.Name, len(document.Results))
	}
	pipe, futex, spin := document.Results[0], document.Results[1], document.Results[2]
	if least := pipe.Metrics[results.RTTMin]; pipe.Launches != 6 || least["median"] != 4350.0 || least["lo"] != 4135.714285714285 || least["hi"] != 4564.285714285715 || least["n"] != 6.0 {
		t.Errorf("pipe is %+v", pipe)
	}
	if p50 := futex.Metrics[results.RTTP50]; futex.SizeBytes != 4096 || p50["median"] != 900.0 || p50["lo"] != nil || p50["hi"] != nil {
		t.Errorf("mmap:wait=futex is %+v", futex)
	}
	if spin.Launches != 0 || spin.Failed != 1 || spin.Reason != "consumer: signal: killed" || len(spin.Metrics) != 0 {
		t.Errorf("mmap:wait=spin is %+v", spin)
	}
}

func TestJSONOfNothingIsAnEmptyList(t *testing.T) {
	var out bytes.Buffer
	if err := WriteJSON(&out, summary.Analyze(resultstest.Run, nil, nil)); err != nil || !strings.Contains(out.String(), `"results": []`) {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// What follows from the records is told beside what they say.
func TestJSONSaysAllWarningsOfARunInWords(t *testing.T) {
	run := resultstest.Run
	run.Status, run.Warnings = results.RunInterrupted, []results.Warning{results.FloorUnknown.With("error", "no second CPU")}
	launches := resultstest.Few(t)
	launches[0].Warnings = []results.Warning{results.Told.With("text", "a < b")}
	var out bytes.Buffer
	if err := WriteJSON(&out, summary.Analyze(run, launches, nil)); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Run     struct{ Warnings []string }
		Results []struct{ Warnings []string }
	}
	if err := json.Unmarshal(out.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	want := []string{"a floor is not known throughout: no second CPU", "the run was interrupted: of its launches, 11 are here"}
	if !slices.Equal(document.Run.Warnings, want) || !slices.Contains(document.Results[0].Warnings, "a < b") {
		t.Errorf("%q, and of a cell %q", document.Run.Warnings, document.Results[0].Warnings)
	}
}
