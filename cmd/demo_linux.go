package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"ipcbench/bench"
	"ipcbench/internal/host"
	"ipcbench/internal/peer"
	"ipcbench/internal/quote"
	"ipcbench/transports"
)

const demoRole = "demo"

// holeFault is the one mistake that the demonstration makes when it is asked to.
const holeFault = "hole"

// A demoTask is what a worker of the demonstration is told to do first.
type demoTask struct {
	Dir       string          // mmap, step by step: where the file is that both ends open
	Fault     string          // and what is to go wrong with it
	Spec      transports.Spec // any other transport
	Inherited peer.Inherited  // what this end inherits: of the link, or the file
	Count     int             // values to write; 0: until stopped
	Interval  time.Duration   // between two of them
}

// A demoStep is what a worker tells the driver while it works.
type demoStep struct {
	Name  string // the system call, or what stands for it
	Text  string
	Ready bool // this end is open: nothing else is told
}

func newDemo(out *console) *cobra.Command {
	d := demo{out: out}
	cmd := &cobra.Command{
		Use:        "demo [SPEC] [flags]",
		SuggestFor: []string{"example", "watch"},
		GroupID:    "explore",
		Short:      "Watch a value go from one process to another",
		Long: `Two processes over one transport: the producer writes "value = N" at each
interval and the consumer prints it. For mmap, the default, every step is told:
open, extend, map, store, load, msync, unmap.`,
		Example: `  ipcbench demo
  ipcbench demo pipe --count 3 --interval 100ms
  ipcbench demo mmap --fault hole`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error { return d.run(cmd.Context(), args) },
	}
	flags := cmd.Flags()
	flags.DurationVar(&d.task.Interval, "interval", time.Second, "`time` between two values")
	flags.IntVarP(&d.task.Count, "count", "n", 5, "`number` of values to write; 0: until Ctrl-C")
	flags.StringVarP(&d.dir, "dir", "d", os.TempDir(), "`directory` for the file")
	choose(flags, &d.task.Fault, "fault", "", "mmap only: a `mistake`: hole touches the mapping before the file has been extended", func() []knownWord {
		return knownWords(holeFault)
	})
	return cmd
}

// A demo is the driver of the two processes.
type demo struct {
	out  *console
	dir  string
	task demoTask
	mu   sync.Mutex // one line at a time
}

func (d *demo) run(ctx context.Context, args []string) error {
	name := "mmap"
	if len(args) > 0 {
		name = args[0]
	}
	spec, err := parseOne(name)
	if err != nil {
		return usage(err)
	}
	if err := d.check(spec); err != nil {
		return usage(fmt.Errorf("demo %s: %w", spec, err))
	}
	switch {
	case d.task.Fault != "":
		err = d.fault(ctx)
	case spec.String() == "mmap":
		err = d.overFile(ctx)
	default:
		err = d.overLink(ctx, spec)
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return fmt.Errorf("demo %s: %w", spec, err)
	}
	return nil
}

func (d *demo) check(spec transports.Spec) error {
	switch {
	case d.task.Interval <= 0:
		return fmt.Errorf("--interval %s: the time between two values must be positive", d.task.Interval)
	case d.task.Count < 0:
		return fmt.Errorf("--count %d: write 0 for no end, or a number of values", d.task.Count)
	case d.task.Fault != "" && spec.String() != "mmap":
		return errors.New("--fault: only mmap, without options, can show one")
	case spec.Caps().Has(transports.OneProcess):
		return errors.New("both its ends are in one process: there is nothing to watch")
	}
	return host.CheckDir(d.dir)
}

// newFile makes the file that the ends open. It has no name, so that nothing is
// left of it, however they and the driver end: see O_TMPFILE in open(2). Where the
// filesystem knows no such files, it loses its name at once.
func (d *demo) newFile() (*os.File, error) {
	d.task.Dir = d.dir
	fd, err := unix.Open(d.dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err == nil {
		return os.NewFile(uintptr(fd), d.dir), nil
	}
	file, err := os.CreateTemp(d.dir, ".ipcbench-demo-*")
	if err != nil {
		return nil, err
	}
	return file, os.Remove(file.Name())
}

// overFile lets both ends open one file: the producer first, which extends it.
func (d *demo) overFile(ctx context.Context) error {
	file, err := d.newFile()
	if err != nil {
		return err
	}
	defer file.Close()
	shared := transports.Handover{Files: []*os.File{file}}
	producer, err := d.start(transports.Producer, shared)
	if err != nil {
		return err
	}
	defer producer.end()
	if err := producer.opened(ctx); err != nil {
		return err
	}
	consumer, err := d.start(transports.Consumer, shared)
	if err != nil {
		return err
	}
	defer consumer.end()
	if err := consumer.opened(ctx); err != nil {
		return err
	}
	return play(ctx, producer, consumer)
}

// overLink lets both ends inherit a link that the transport makes.
func (d *demo) overLink(ctx context.Context, spec transports.Spec) error {
	spec, err := d.tried(ctx, spec)
	if err != nil {
		return usage(errors.New(spec.Reason(err)))
	}
	transport, err := transports.Lookup(spec.Transport)
	if err != nil {
		return err
	}
	link, err := peer.MakeLink(ctx, transport, spec)
	if err != nil {
		return usage(errors.New(spec.Reason(err)))
	}
	defer link.Close()
	d.task.Spec = spec
	producer, err := d.start(transports.Producer, link.For(transports.Producer))
	if err != nil {
		return err
	}
	defer producer.end()
	consumer, err := d.start(transports.Consumer, link.For(transports.Consumer))
	if err != nil {
		return err
	}
	defer consumer.end()
	if err := errors.Join(producer.opened(ctx), consumer.opened(ctx)); err != nil {
		return err
	}
	// As long as the driver holds an end open, the other never sees it close.
	if err := link.Close(); err != nil {
		return err
	}
	return play(ctx, producer, consumer)
}

// tried is spec for the demonstration's messages, or why this host cannot run it.
func (d *demo) tried(ctx context.Context, spec transports.Spec) (transports.Spec, error) {
	var tried bench.Trials
	defer tried.Close()
	spec = small(ctx, &tried, spec, demoSize, d.dir)
	return spec, tried.Probe(ctx, spec)
}

// fault lets one process touch what is not there.
func (d *demo) fault(ctx context.Context) error {
	file, err := d.newFile()
	if err != nil {
		return err
	}
	defer file.Close()
	victim, err := d.start(transports.Producer, transports.Handover{Files: []*os.File{file}})
	if err != nil {
		return err
	}
	return victim.wait(ctx)
}

// play lets the producer begin and waits for both. Interrupted, it asks the
// producer to stop, which the consumer sees, and kills who does not heed it.
func play(ctx context.Context, producer, consumer *actor) error {
	patience, lose := context.WithCancel(context.Background())
	defer lose()
	stop := context.AfterFunc(ctx, func() {
		producer.Tell("stop")
		time.AfterFunc(time.Second, lose)
	})
	defer stop()
	if err := producer.Tell("go"); err != nil {
		return err
	}
	ended := make(chan error)
	for _, a := range []*actor{producer, consumer} {
		go func() { ended <- a.wait(patience) }()
	}
	first := <-ended
	if first != nil {
		lose() // the other would wait for ever
	}
	second := <-ended
	if first != nil {
		return first
	}
	return second
}

// An actor is one of the two processes, as the driver sees it.
type actor struct {
	*peer.Worker
	ready chan struct{} // closed once its end is open
	heard chan struct{} // closed once it has told all it had to tell
}

// start starts one end and prints what it tells.
func (d *demo) start(side transports.Side, h transports.Handover) (*actor, error) {
	worker, err := peer.Start(side, h.Files, d.options())
	if err != nil {
		return nil, err
	}
	a := &actor{Worker: worker, ready: make(chan struct{}), heard: make(chan struct{})}
	go d.print(a)
	task := d.task
	task.Inherited = peer.Inherit(h)
	if err := a.Tell(task); err != nil {
		a.end()
		return nil, err
	}
	return a, nil
}

// options leave the Go runtime as it is where the transport has threads of its own.
func (d *demo) options() peer.Options {
	o := peer.Options{Role: demoRole, CPU: -1}
	if !d.task.Spec.Caps().Has(transports.OwnThreads) {
		o.Env = []string{"GOMAXPROCS=2"}
	}
	return o
}

func (d *demo) print(a *actor) {
	defer close(a.heard)
	for {
		var step demoStep
		if a.Hear(&step) != nil {
			return
		}
		if step.Ready {
			close(a.ready)
			continue
		}
		d.mu.Lock()
		mark := fmt.Sprintf("%s %-7d %-10s ", a.Side, a.Pid(), step.Name)
		d.out.beside(d.out.stdout, mark, quote.Line(step.Text))
		d.mu.Unlock()
	}
}

// opened waits until the process has opened its end.
func (a *actor) opened(ctx context.Context) error {
	select {
	case <-a.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-a.heard:
	}
	if err := a.wait(ctx); err != nil {
		return err
	}
	return fmt.Errorf("%s: ended before it was open", a.Side)
}

// wait waits until the process has ended and returns its last words where it
// failed. It kills the process when the context ends.
func (a *actor) wait(ctx context.Context) error {
	stop := context.AfterFunc(ctx, a.Kill)
	defer stop()
	<-a.heard
	if exit := a.Wait(ctx); !exit.OK {
		return errors.New(exit.String())
	}
	return nil
}

// end ends the process if it still runs.
func (a *actor) end() {
	a.Kill()
	a.wait(context.Background())
}
