//go:build unix

package results_test

import (
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"ipcbench/results"
)

// The limit on the size of files makes the kernel take half of a line and
// refuse the rest, as a full filesystem does. It holds for a whole process,
// so the test runs in one of its own.
func TestLaunchThatDoesNotFitLeavesTheRecordWhole(t *testing.T) {
	const inChild = "RESULTS_TEST_FILE_LIMIT"
	if os.Getenv(inChild) == "" {
		child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		child.Env = append(os.Environ(), inChild+"=1")
		if out, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	d := newDirectory(t, someLaunches()[:2]...)
	before := readFile(t, d.Path(), "launches.jsonl")

	signal.Ignore(syscall.SIGXFSZ)
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	tight := was
	tight.Cur = uint64(len(before) + 10)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &tight); err != nil {
		t.Fatal(err)
	}
	err := d.Append(someLaunches()[2])
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err == nil || !strings.HasSuffix(err.Error(), "launches.jsonl: file too large") {
		t.Errorf("appending said %v", err)
	}
	if after := readFile(t, d.Path(), "launches.jsonl"); after != before {
		t.Errorf("the record is now %q", after)
	}
	if err := d.Append(someLaunches()[2]); err != nil {
		t.Fatal(err)
	}
	if _, launches, warnings, err := results.Open(d.Path()); err != nil || len(launches) != 3 || len(warnings) != 0 {
		t.Errorf("%d launches, warnings %q, %v", len(launches), warnings, err)
	}
}
