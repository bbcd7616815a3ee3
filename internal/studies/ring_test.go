package main

import (
	"io"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// TestRingVariantsPassEveryMessage: each variant of the ring in C checks each message. One
// that fails ends the study, after minutes.
func TestRingVariantsPassEveryMessage(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("it needs gcc: apt-get install gcc libc6-dev")
	}
	if runtime.NumCPU() < 2 {
		t.Skip("it needs two CPUs")
	}
	var options [][]string
	for _, v := range ringVariants {
		options = append(options, v.options)
	}
	programs, err := lab{out: io.Discard, log: io.Discard, scratch: t.TempDir()}.compile(t.Context(), "ring", options...)
	if err != nil {
		t.Fatal(err)
	}
	for i, program := range programs {
		for _, size := range ringSizes {
			if _, err := runC(t.Context(), program, size, 0, 1, 2); err != nil {
				t.Errorf("%s (%s): %v", ringVariants[i].change, strings.Join(ringVariants[i].options, " "), err)
			}
		}
	}
}
