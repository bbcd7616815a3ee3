package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ipcbench/internal/peer"
	"ipcbench/transports"
)

// Trials finds out by trying what this host can run. What is tried may wait for
// ever, or have its process killed: by a sandbox that allows no such call, by the
// kernel for want of memory. So it is tried in a process of its own, one for all
// that is asked of these trials unless one ends it, which is an answer as well.
//
// The zero value is ready. It is used by one goroutine, and closed.
type Trials struct {
	Limit time.Duration // of one trial; 0: 5 s

	trace  bool         // find out for which system call a sandbox kills it
	worker *peer.Worker // nil: none yet, or the last one was ended
	told   []errand     // what it has not answered yet, in order
	known  map[errand]error
	hung   map[string]error // by spec: what did not end
	hangs  map[string]int   // by transport: how many
}

const (
	trialLimit = 5 * time.Second
	// lastWord is how long a trial that is cut short may go on, so that it
	// takes away again what it has made.
	lastWord = 200 * time.Millisecond
	// giveUpTrials is how many specs of one transport may not end: the others
	// are not tried.
	giveUpTrials = 2
)

// Probe says why this host cannot run spec, as [transports.Transport] does, or
// nil.
func (t *Trials) Probe(ctx context.Context, spec transports.Spec) error {
	return t.remember(ctx, toProbe, spec)
}

// Probes is Probe of each spec.
func (t *Trials) Probes(ctx context.Context, specs []transports.Spec) []error {
	return t.each(ctx, toProbe, specs)
}

// Links says of each spec why this host cannot make a link of it, or nil: it has
// been made once, and closed.
func (t *Trials) Links(ctx context.Context, specs []transports.Spec) []error {
	return t.each(ctx, toLink, specs)
}

// Rehearse says why this host does not let an end of spec do all that it does in a
// launch, or nil: it opens, sends, receives and closes, see [transports.Rehearse].
// That needs a process which does nothing else, and nobody minds what else goes
// wrong in it: a launch tells that better.
func (t *Trials) Rehearse(ctx context.Context, spec transports.Spec) error {
	alone := Trials{Limit: min(cmp.Or(t.Limit, trialLimit), rehearsalLimit)}
	defer alone.Close()
	err := alone.once(ctx, errand{Do: toRehearse, Spec: newAsked(spec)})
	if !errors.Is(err, errors.ErrUnsupported) || errors.As(err, new(hang)) {
		return nil
	}
	return err
}

// rehearsalLimit is how long one may take: what waits for longer is told by the
// launches.
const rehearsalLimit = time.Second

// ahead is how many errands the process has been told at most, so that it need not
// wait for the next.
const ahead = 16

func (t *Trials) each(ctx context.Context, do string, specs []transports.Spec) []error {
	var errs []error
	for i, spec := range specs {
		for _, next := range specs[i:min(i+ahead, len(specs))] {
			t.announce(errand{Do: do, Spec: newAsked(next)})
		}
		errs = append(errs, t.remember(ctx, do, spec))
	}
	return errs
}

// announce tells the process what it will be asked, if nothing is known of that
// yet.
func (t *Trials) announce(e errand) {
	_, known := t.known[e]
	if known || t.hung[e.Spec.Text] != nil || slices.Contains(t.told, e) || t.start() != nil {
		return
	}
	if t.worker.Tell(e) == nil { // otherwise it has died, which is heard in its turn
		t.told = append(t.told, e)
	}
}

// MaxSize is [transports.Spec.MaxSize] of a transport that asks the host for it.
// Where that cannot be asked, the transport's own limit is the answer, and Probe
// says why.
func (t *Trials) MaxSize(ctx context.Context, spec transports.Spec) int {
	if spec.AsksHost() {
		var found outcome
		if t.hung[spec.String()] == nil {
			var err error
			found, err = t.ask(ctx, errand{Do: toLimit, Spec: newAsked(spec)})
			t.noteHang(spec, err)
		}
		if ctx.Err() != nil {
			return 0
		}
		spec.KnowLimit(found.Number)
	}
	return spec.MaxSize()
}

// Pin says why this process may not keep a thread on that CPU, or nil.
func (t *Trials) Pin(ctx context.Context, cpu int) error {
	return t.once(ctx, errand{Do: toPin, Number: cpu})
}

// Threads says why this process cannot have n more threads, or nil.
func (t *Trials) Threads(ctx context.Context, n int) error {
	return t.once(ctx, errand{Do: toThread, Number: n})
}

// Close ends the process.
func (t *Trials) Close() {
	if t.worker != nil {
		t.worker.Kill()
		t.worker.Wait(context.Background())
		t.worker, t.told = nil, nil
	}
}

func (t *Trials) remember(ctx context.Context, do string, spec transports.Spec) error {
	if err := t.hung[spec.String()]; err != nil {
		return err
	}
	if t.hangs[spec.Transport] >= giveUpTrials {
		return transports.Unsupported(fmt.Sprintf("not tried: %d other trials of %s had not ended", giveUpTrials, spec.Transport))
	}
	err := t.once(ctx, errand{Do: do, Spec: newAsked(spec)})
	t.noteHang(spec, err)
	return err
}

func (t *Trials) noteHang(spec transports.Spec, err error) {
	if !errors.As(err, new(hang)) || t.hung[spec.String()] != nil {
		return
	}
	if t.hung == nil {
		t.hung, t.hangs = map[string]error{}, map[string]int{}
	}
	t.hung[spec.String()] = err
	t.hangs[spec.Transport]++
}

// once asks what has not been asked yet.
func (t *Trials) once(ctx context.Context, e errand) error {
	err, known := t.known[e]
	if known {
		return err
	}
	found, err := t.ask(ctx, e)
	err = t.explain(ctx, e, err)
	if err == nil {
		err = found.err()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if t.known == nil {
		t.known = map[errand]error{}
	}
	t.known[e] = err
	return err
}

// ask has the process run an errand. An error is that it did not come back.
func (t *Trials) ask(ctx context.Context, e errand) (outcome, error) {
	if err := ctx.Err(); err != nil {
		return outcome{}, err
	}
	if len(t.told) > 0 && t.told[0] != e { // announced, and then not asked
		t.Close()
	}
	if err := t.start(); err != nil {
		return outcome{}, err
	}
	limit := cmp.Or(t.Limit, trialLimit)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	late := make(chan struct{})
	defer close(late)
	worker := t.worker
	defer context.AfterFunc(ctx, func() { killLater(worker, late) })()

	var a outcome
	if len(t.told) == 0 {
		t.announce(e)
	}
	err := t.worker.Hear(&a)
	if err == nil {
		t.told = t.told[1:]
		return a, nil
	}
	exit := t.worker.Wait(ctx)
	t.worker, t.told = nil, nil
	if ctx.Err() == context.DeadlineExceeded && exit.Killed {
		return a, hangOf(exit, limit)
	}
	return a, death{exit}
}

// explain is err, or where a sandbox killed the process, the same with the system
// call that it was killed for, which another such process finds out.
func (t *Trials) explain(ctx context.Context, e errand, err error) error {
	var dead death
	if t.trace || !errors.As(err, &dead) || !dead.IsRefused() || !mayTrace(ctx) {
		return err
	}
	traced := Trials{Limit: t.Limit, trace: true}
	defer traced.Close()
	if _, again := traced.ask(ctx, e); errors.As(again, &dead) && dead.Forbidden != "" {
		return again
	}
	return err
}

// mayTrace says whether this process may trace others. It asks another: a sandbox
// might kill it for that, too.
func mayTrace(ctx context.Context) bool {
	var alone Trials
	defer alone.Close()
	found, err := alone.ask(ctx, errand{Do: toTrace})
	return err == nil && found.err() == nil
}

// killLater gives a process that is late a moment, unless nobody waits for it any
// longer.
func killLater(w *peer.Worker, ended <-chan struct{}) {
	select {
	case <-time.After(lastWord):
		w.Kill()
	case <-ended:
	}
}

func (t *Trials) start() (err error) {
	if t.worker == nil {
		t.worker, err = peer.Start(transports.Producer, nil, peer.Options{Role: trialRole, CPU: -1, Trace: t.trace})
	}
	return err
}

// A hang is a trial that did not end. What this host lets nobody finish, it
// cannot run.
type hang string

func hangOf(e peer.Exit, limit time.Duration) hang {
	text := fmt.Sprintf("it was tried, and had not ended within %v", limit)
	if doing := e.Doing(); doing != "" {
		text += ", when it was " + doing
	}
	if !e.IsRunning() {
		text += ": it waits for what does not come, as where a firewall drops what this machine sends to itself"
	}
	return hang(text)
}

func (h hang) Error() string { return string(h) }
func (h hang) Unwrap() error { return errors.ErrUnsupported }

// A death is that a trial ended its process: where the host did it, by a sandbox or
// for want of memory, it cannot run what was tried.
type death struct{ peer.Exit }

func (d death) Error() string {
	if d.Signal == "" {
		return "the process that tried it has died: " + d.Why()
	}
	return "the process that tried it was " + d.Why()
}

func (d death) Is(target error) bool {
	return target == errors.ErrUnsupported && (d.Signal == "SIGSYS" || d.OutOfMemory)
}

// An errand is what the process is asked, one of these.
type errand struct {
	Do     string
	Spec   asked
	Number int
}

const (
	toProbe  = "probe"
	toLink   = "link"
	toLimit  = "limit"
	toPin    = "pin"
	toThread = "threads"
	toTrace  = "trace"

	toRehearse = "rehearse"
)

// asked is a spec in a form that can be compared.
type asked struct {
	Text, Dir string
	Size      int
	Uniform   bool
	Capacity  int
}

func newAsked(s transports.Spec) asked {
	return asked{s.String(), s.Dir, s.Size, s.Uniform, s.Capacity}
}

func (a asked) spec() (transports.Spec, error) {
	spec, err := transports.Parse(a.Text)
	spec.Dir, spec.Size, spec.Uniform, spec.Capacity = a.Dir, a.Size, a.Uniform, a.Capacity
	return spec, err
}

// An outcome is what became of an errand.
type outcome struct {
	Failed      string // "": it went well
	Unsupported bool   // as this host cannot do it
	Number      int
}

func (a outcome) err() error {
	switch {
	case a.Failed == "":
		return nil
	case a.Unsupported:
		return transports.Unsupported(a.Failed)
	}
	return errors.New(a.Failed)
}

// trialRole is what the process is started as.
const trialRole = "trial"

// runErrands is the process: it does what it is asked, until the driver hangs up.
func runErrands(c *peer.Control) error {
	peer.KeepThread() // as in a worker: what a transport makes may be the thread's
	for {
		var e errand
		if err := c.Hear(&e); err != nil {
			return err
		}
		var a outcome
		err := e.run(&a)
		if err != nil {
			a.Failed, a.Unsupported = err.Error(), errors.Is(err, errors.ErrUnsupported)
		}
		if err := c.Tell(a); err != nil {
			return err
		}
	}
}

func (e errand) run(a *outcome) error {
	switch e.Do {
	case toPin:
		return <-onCPU(e.Number, func() {})
	case toThread:
		peer.ReserveThreads(e.Number)
		return nil
	case toTrace:
		return peer.MayTrace()
	}
	spec, err := e.Spec.spec()
	if err != nil {
		return err
	}
	t, err := transports.Lookup(spec.Transport)
	if err != nil {
		return err
	}
	switch e.Do {
	case toLimit:
		return peer.Sheltered(spec.Transport+": Limit", func() error { a.Number = spec.HostLimit(); return nil })
	case toRehearse:
		return peer.Sheltered(spec.Transport, func() error { return transports.Rehearse(spec) })
	case toProbe:
		return peer.Sheltered(spec.Transport+": Probe", func() error { return t.Probe(spec) })
	}
	return makeOnce(t, spec)
}

// makeOnce makes a link of spec and closes it.
func makeOnce(t transports.Transport, spec transports.Spec) error {
	if err := peer.Sheltered(spec.Transport+": Probe", func() error { return t.Probe(spec) }); err != nil {
		return err
	}
	var link transports.Link
	err := peer.Sheltered(spec.Transport+": Create", func() (err error) { link, err = t.Create(spec); return err })
	if err != nil {
		return err
	}
	return peer.Sheltered(spec.Transport+": Close", func() error { return link.Close() })
}

// unpinned says why the ends cannot be pinned to those CPUs, "" where they can.
func (t *Trials) unpinned(ctx context.Context, cpus []int) string {
	for _, cpu := range cpus {
		if err := t.Pin(ctx, cpu); err != nil {
			return err.Error() + ": choose --placement free"
		}
	}
	return ""
}
