// Command studies asks whether ipcbench is to be believed. Each study is one
// question, an experiment that takes minutes and wants the machine for itself,
// and a criterion that its exit status tells of:
//
//	go run ./internal/studies overhead --only pipe,mq
//
// The binary is ipcbench as well, with transports of a known fault beside the
// others: the studies of compare start it as that, see [become].
//
// It knows what is to be found out and when it holds. It must not know how
// anything is measured or compared: that is what it asks about.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"ipcbench/bench"
	"ipcbench/cmd"
)

func main() {
	become()
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// become makes this process what another one of this binary started it as, and
// then does not return: ipcbench with the delayed transports, or a worker.
func become() {
	if _, set := os.LookupEnv(delayEnv); set {
		registerDelayed()
		cmd.Main()
	}
	bench.Worker()
}

const about = `Asks whether ipcbench is to be believed: each study is an experiment with a
criterion. Have the machine for yourself meanwhile.

Exit status: 0 it holds; 1 it does not, and the limits that were missed are
named, or a launch went wrong; 2 the command line is wrong or something that the
study needs is missing, with the remedy; 130 interrupted. ("go run" makes 1 of
them all: "go build -o bin/studies ./internal/studies" keeps them.)`

// run does what args ask for and returns the exit status. What was found goes
// to stdout, everything else to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:               "studies STUDY [flags]",
		Long:              about,
		Args:              noWords,
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},

		DisableFlagsInUseLine: true,
	}
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return refusal{err} })
	root.AddCommand(newOverhead(), newCores(), newLengths(), newRing(), newAA(), newPower(), newHaltPoll(), newStrace(), newProfile(), newFleetPower(), newFleetScale())
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && ctx.Err() != nil {
		err = errInterrupted
	}
	if err != nil {
		fmt.Fprintln(stderr, "studies:", err)
	}
	return status(err)
}

func noWords(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return refusef("%q is no word of %q: see \"%[2]s --help\"", args[0], c.CommandPath())
}

func atLeastOne(flag string, n int) error {
	if n < 1 {
		return refusef("--%s %d: give 1 or more", flag, n)
	}
	return nil
}

// A lab is what a study works with.
type lab struct {
	out     io.Writer // what was found
	log     io.Writer // how far it is
	scratch string    // a directory that is removed at the end
}

// A study carries out its experiment and returns each limit that was missed:
// where there is none, it holds.
type study func(context.Context, lab) (missed []string, err error)

// carryOut makes of a study what a command runs.
func carryOut(s study) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		if err := withoutCgo(); err != nil {
			return err
		}
		scratch, err := os.MkdirTemp("", "studies-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(scratch)
		missed, err := s(c.Context(), lab{c.OutOrStdout(), c.ErrOrStderr(), scratch})
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", c.Name(), err)
		case len(missed) > 0:
			return fmt.Errorf("%s: it does not hold:\n  %s", c.Name(), strings.Join(missed, "\n  "))
		}
		fmt.Fprintf(c.ErrOrStderr(), "studies: %s: it holds\n", c.Name())
		return nil
	}
}

// withoutCgo refuses a binary with the C library in it, which registers
// restartable sequences (rseq(2)). That makes each context switch dearer, by
// some 5 % of a pipe's round trip: ipcbench is built without it.
func withoutCgo() error {
	info, _ := debug.ReadBuildInfo()
	for _, setting := range info.Settings {
		if setting.Key == "CGO_ENABLED" && setting.Value != "0" {
			return refusef("built with cgo, which makes context switches dearer than those of ipcbench: set CGO_ENABLED=0 and build again")
		}
	}
	return nil
}

// A refusal says what is wrong with the command line, or what a study needs and
// does not find, and what to do.
type refusal struct{ error }

func refusef(format string, args ...any) error { return refusal{fmt.Errorf(format, args...)} }

var errInterrupted = errors.New("interrupted")

func status(err error) int {
	var refused refusal
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errInterrupted):
		return 130
	case errors.As(err, &refused):
		return 2
	}
	return 1
}
