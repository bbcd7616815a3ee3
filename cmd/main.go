// Package cmd holds the commands of ipcbench, each in a file of its own. A
// binary with more transports or workloads imports them beside this package,
// and is done:
//
//	func main() { cmd.Main() }
//
// It hands Main what commands it has beside ours.
//
// It knows words: commands, flags, what is printed and how it exits. It must
// not know how a message travels, how it is timed, how a run is carried out or
// how a record is kept: those are the packages transports, bench and results.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ipcbench/internal/program"
)

// moreCommands are those that the binary has beside ours.
var moreCommands []*cobra.Command

// Main is all of a main function. In a process that a run started as one of its
// workers it becomes that worker, and on a machine that it was booted on as init it is
// that; otherwise it does what the command line asks for, by the commands of ipcbench
// and more. It does not return.
func Main(more ...*cobra.Command) {
	moreCommands = more
	becomeInit()
	becomePrivate()
	becomeWorker()
	adopt()
	if err := roomForFiles(); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", program.Name, err)
		os.Exit(exitStatus(err))
	}
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr, os.LookupEnv))
}

// run is the command: what args asked for is done, and its exit status
// returned. Results go to stdout and everything else to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, env lookupEnv) int {
	ctx, stop := untilSignal(ctx)
	defer stop()
	out, finish := newConsole(stdout, stderr, env, stop)
	out.ctx = ctx
	root := newRoot(out)
	root.SetArgs(args)
	if completing(args) {
		forgive(root)
	}
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = misnamed(cmd)
	}
	err = finish(err)
	if err != nil && !errors.As(err, new(statusOfOther)) {
		out.fail(err)
	}
	return exitStatus(err)
}

// echo is how long after a signal another one counts as the same: timeout(1),
// for one, sends its signal to the process and then to the process's group.
const echo = 300 * time.Millisecond

// untilSignal returns a context that the first SIGINT, SIGTERM or SIGHUP cancels, so
// that what is finished can be kept. The second ends the process at once.
func untilSignal(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-signals
		first := time.Now()
		cancel()
		for range signals {
			if time.Since(first) > echo {
				os.Exit(statusInterrupted)
			}
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel() }
}

// The exit statuses.
const (
	statusDone         = 0
	statusFailed       = 1
	statusUsage        = 2
	statusInconclusive = 3
	statusInterrupted  = 130
)

// An ExitStatus is one that every command exits with, and what it means.
type ExitStatus struct {
	Status int
	Words  string
}

// ExitStatuses are all there are.
func ExitStatuses() []ExitStatus {
	return []ExitStatus{
		{statusDone, "done"},
		{statusFailed, "something that was asked for failed, or got worse; results are kept"},
		{statusUsage, "the command line or a file was wrong; nothing was run"},
		{statusInconclusive, "the data leave open whether something got worse; results are kept"},
		{statusInterrupted, "interrupted by a signal; results are kept"},
	}
}

// statusOfOther is the exit status of another process of this program, which has said
// all that there is to say.
type statusOfOther int

func (s statusOfOther) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

func exitStatus(err error) int {
	var wrong *usageError
	var open *inconclusiveError
	var other statusOfOther
	switch {
	case err == nil:
		return statusDone
	case errors.As(err, &wrong):
		return statusUsage
	case errors.As(err, &other):
		return int(other)
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return statusInterrupted
	case errors.As(err, &open):
		return statusInconclusive
	default:
		return statusFailed
	}
}
