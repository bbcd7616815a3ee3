package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// sources are the programs that ipcbench is held against.
//
//go:embed c
var sources embed.FS

// compile returns the program c/NAME.c once for each variant, which is what the
// compiler is told beside.
func (l lab) compile(ctx context.Context, name string, variants ...[]string) ([]string, error) {
	if _, err := exec.LookPath("gcc"); err != nil {
		return nil, refusef("%w: apt-get install gcc libc6-dev", err)
	}
	if err := os.CopyFS(l.scratch, sources); err != nil {
		return nil, err
	}
	var programs []string
	for i, options := range variants {
		program := filepath.Join(l.scratch, fmt.Sprint(name, i))
		args := append([]string{"-O2", "-Wall", "-Wextra", "-o", program, filepath.Join(l.scratch, "c", name+".c")}, options...)
		if out, err := exec.CommandContext(ctx, "gcc", args...).CombinedOutput(); err != nil {
			return nil, refusef("compile %s.c: %w: are the headers of the C library and of the kernel there? apt-get install libc6-dev\n%s", name, err, out)
		}
		programs = append(programs, program)
	}
	return programs, nil
}

// runC returns the figures that a C program prints, each behind its name.
func runC(ctx context.Context, program string, args ...any) ([]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, launchLimit)
	defer cancel()
	c := exec.CommandContext(ctx, program, strings.Fields(fmt.Sprintln(args...))...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	var figures []float64
	words := strings.Fields(string(out))
	for i := 1; i < len(words) && err == nil; i += 2 {
		var figure float64
		figure, err = strconv.ParseFloat(words[i], 64)
		figures = append(figures, figure)
	}
	if err != nil || len(figures) == 0 {
		return nil, fmt.Errorf("in C: %v: %v: %q %s", args, err, out, strings.TrimSpace(stderr.String()))
	}
	return figures, nil
}
