package main

import (
	"io"
	"os"
	"testing"
)

// TestMain lets this binary be ipcbench with the delayed transports, and the
// workers of that.
func TestMain(m *testing.M) {
	become()
	os.Exit(m.Run())
}

// TestAGrossSlowdownIsFound compares a run with one that burns a millisecond
// more before every message: whatever the machine, that is slower.
func TestAGrossSlowdownIsFound(t *testing.T) {
	l := lab{io.Discard, io.Discard, t.TempDir()}
	var runs [2]string
	for i, delay := range []float64{0, 1e6} {
		var err error
		if runs[i], err = l.measure(t.Context(), delay, "--quick", "-s", "64", "-w", "latency", "-p", "same-cpu", "delayed-pipe"); err != nil {
			t.Fatal(err)
		}
	}
	comparison, err := l.compare(t.Context(), runs[0], runs[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, told := range comparison {
		beside := told.Verdict == "machine-changed" && told.Change != nil && *told.Change > 10 // other work, such as other tests, had the CPUs
		if told.Deciding && told.Verdict != "slower" && !beside {
			t.Errorf("a millisecond more before each message: %s, change %s", told.Verdict, told.change())
		}
	}
}
