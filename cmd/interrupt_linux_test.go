package cmd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestAnExportThatNobodyReads holds nothing up but itself: Ctrl-C ends the wait for
// who opens the FIFO, before anything is measured.
func TestAnExportThatNobodyReads(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/proc/self/exe", append(short, "-p", "free", "--export-csv", "first", "--export-json", "fifo", "pipe")...)
	c.Dir, c.Env = dir, append(os.Environ(), commandEnv+"=1")
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "first")); err == nil { // opened before the FIFO
			break
		}
		if time.Now().After(end) {
			t.Error("no export was opened")
			break
		}
	}
	c.Process.Signal(os.Interrupt)
	if status := exitCode(c.Wait()); status != statusInterrupted {
		t.Errorf("exit status %d: %s", status, said.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "results")); err == nil {
		t.Error("a run was begun")
	}
}
