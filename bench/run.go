package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ipcbench/internal/facts"
	"ipcbench/internal/folder"
	"ipcbench/internal/host"
	"ipcbench/internal/peer"
	"ipcbench/internal/profile"
	"ipcbench/results"
	"ipcbench/results/summary"
)

// A Run is a plan carried out into a directory of its own, with all that belongs
// to one: the facts of the machine, the floors before, between and after the
// launches, the launches, what explains them, and how it ended. What is finished
// is on disk, whatever happens to the rest.
type Run struct {
	plan      Plan
	cells     []Cell
	options   Options
	dir       *results.Directory
	record    results.Run
	launches  []results.Launch
	diagnosed []results.Launch // none of the launches: they explain those
	carried   bool
	claim     *host.Claim // of its CPUs, until it is over
}

// Options are what a run needs beside its plan.
type Options struct {
	Parent   string   // the directory in which the run makes its own
	Name     string   // of the run, see [results.CreateDirectory]; ""
	Version  string   // of the program that runs,
	Program  string   // what that is called, and
	Args     []string // what it was asked: all three only for the record
	Why      bool     // launch each cell that has a result once more, to explain it: see Plan.Diagnose
	Profiles int      // of either kind, so many launches more of each cell that has a result, sampled: see Plan.Profile
	Observer Observer // nil: nobody looks on
}

// An Observer is told how far a run has come. It is never told while anything is
// measured, and the run waits until it returns.
type Observer interface {
	Begins(Phase)            // what comes next
	Launched(results.Launch) // has ended, and is on disk
}

// A Phase is what a run is at.
type Phase string

// The phases of a run. Floors are taken again and again between launches.
const (
	TakingFloors Phase = "floors"
	Launching    Phase = "launches"
	Diagnosing   Phase = "why"
	Profiling    Phase = "profile"
)

// NewRun makes the directory of a run of these cells, which are the plan's. An
// error is that there can be none.
func NewRun(p Plan, cells []Cell, o Options) (*Run, error) {
	if err := peer.Idle(); err != nil {
		return nil, err
	}
	r := &Run{plan: p, cells: cells, options: o, record: results.Run{
		Name:    o.Name,
		Version: o.Version,
		Program: o.Program,
		Args:    o.Args,
		Plan:    p.Record(),
		Labels:  p.Labels,
		Host:    facts.Read(),
		Storage: storage(cells),
		Started: time.Now(),
		Status:  results.Running,
	}}
	var err error
	if r.dir, err = results.CreateDirectory(o.Parent, r.record); err != nil {
		return nil, err
	}
	r.record = r.dir.Named(r.record)
	r.claim = host.ClaimCPUs(claimed(cells))
	r.record.Warnings = append(r.record.Warnings, othersOn(r.claim)...)
	return r, nil
}

// Warnings are what is to be said of the run so far: before it is carried out,
// that something else measures on its CPUs.
func (r *Run) Warnings() []results.Warning { return r.record.Warnings }

// Path returns where the run's directory is.
func (r *Run) Path() string { return r.dir.Path() }

// Folder is the run's directory itself, open.
func (r *Run) Folder() *folder.Folder { return r.dir.Folder() }

// Carry carries the run out and returns what follows from it: also where
// it was cut short, of the launches there are. An error says what went wrong,
// one failed launch included. It wraps ctx's where that ended the run. A run is
// carried out once.
//
// The analysis is of what is on disk, so that whoever opens the directory later
// comes to the same.
func (r *Run) Carry(ctx context.Context) (summary.Analysis, error) {
	if r.carried {
		return summary.Analysis{}, errors.New("a run is carried out once: make another by NewRun")
	}
	r.carried = true
	defer r.claim.Release()
	err := r.measure(ctx)
	if ctx.Err() != nil {
		err = interruption{ctx.Err()}
	}
	if unkept := r.finish(err); unkept != nil {
		return summary.Analyze(r.record, r.launches, r.diagnosed), errors.Join(err, unkept)
	}
	if err == nil {
		err = r.failure()
	}
	analysis, unread := r.analyze()
	return analysis, errors.Join(err, unread)
}

// interruption is the end of a run's context, in the user's word.
type interruption struct{ cause error }

func (interruption) Error() string   { return "interrupted" }
func (i interruption) Unwrap() error { return i.cause }

// measure runs the plan and keeps every launch as it ends.
func (r *Run) measure(ctx context.Context) error {
	floors := r.plan.Floors(r.cells)
	if err := r.take(ctx, floors); err != nil {
		return err
	}
	r.begins(Launching)
	_, err := r.plan.Run(ctx, r.cells, func(launch results.Launch) error {
		launch.Run = r.dir.Name()
		if err := r.dir.Append(launch); err != nil {
			return err
		}
		r.launches = append(r.launches, launch)
		if r.options.Observer != nil {
			r.options.Observer.Launched(launch)
		}
		if floors.Due(launch.Order) {
			return r.take(ctx, floors)
		}
		return nil
	})
	if err == nil {
		err = r.take(ctx, floors)
	}
	if err == nil && r.options.Why {
		err = r.diagnose(ctx)
	}
	if err == nil && r.options.Profiles > 0 {
		err = r.profile(ctx)
	}
	return err
}

// take takes the floors once more and notes them at once, and who has come to
// measure beside it: a run that is killed has those that were taken by then.
func (r *Run) take(ctx context.Context, floors *Floors) error {
	r.begins(TakingFloors)
	r.lookAround()
	if err := floors.Take(ctx); err != nil && ctx.Err() == nil {
		r.record.Warnings = results.AppendOnce(r.record.Warnings, results.FloorUnknown.With("error", err.Error()))
	}
	r.record.Floors = floors.Record()
	return r.dir.Note(r.record)
}

// lookAround notes who else measures on this run's CPUs by now.
func (r *Run) lookAround() {
	r.record.Warnings = results.AppendOnce(r.record.Warnings, newOn(r.claim)...)
}

// diagnose launches every cell that has a result once more with perf events on,
// after all that is measured: their cost must fall on no result. A launch that
// fails is a warning, for the results are there without it.
func (r *Run) diagnose(ctx context.Context) error {
	r.begins(Diagnosing)
	return r.plan.Diagnose(ctx, r.measured(), func(launch results.Launch) error {
		launch.Run = r.dir.Name()
		r.diagnosed = append(r.diagnosed, launch)
		return r.dir.AppendWhy(launch)
	})
}

// profile launches them again, sampled, as late and for the same reason.
func (r *Run) profile(ctx context.Context) error {
	r.begins(Profiling)
	into, err := results.ProfilesIn(r.dir.Folder())
	if err != nil {
		return err
	}
	defer into.Close()
	return r.plan.Profile(ctx, r.measured(), r.options.Profiles,
		func(launch results.Launch) error {
			launch.Run = r.dir.Name()
			return r.dir.AppendProfiled(launch)
		},
		func(cell results.Cell, p *profile.Profile) error {
			return into.Replace(results.ProfileFile(cell), p.Write)
		})
}

// measured are the cells that have a result.
func (r *Run) measured() []Cell {
	return slices.DeleteFunc(slices.Clone(r.cells), func(c Cell) bool { return !r.hasResult(c.Cell) })
}

func (r *Run) hasResult(cell results.Cell) bool {
	return slices.ContainsFunc(r.launches, func(l results.Launch) bool { return l.Cell == cell && l.Status == results.OK })
}

func (r *Run) begins(p Phase) {
	if r.options.Observer != nil {
		r.options.Observer.Begins(p)
	}
}

// finish writes how the run ended: by err, where not nil.
func (r *Run) finish(err error) error {
	r.record.Ended = time.Now()
	r.lookAround()
	switch {
	case errors.As(err, new(interruption)):
		r.record.Status = results.RunInterrupted
	case err != nil || r.failure() != nil:
		r.record.Status = results.RunFailed
	default:
		r.record.Status = results.RunDone
	}
	if err != nil {
		r.record.CutShort = err.Error()
	}
	return r.dir.Finish(r.record)
}

// failure says how many launches failed, and why the first did, or that none has
// a result; nil: all is well.
func (r *Run) failure() error {
	var failed []results.Launch
	measured := 0
	for _, launch := range r.launches {
		switch launch.Status {
		case results.Failed:
			failed = append(failed, launch)
		case results.OK:
			measured++
		}
	}
	switch {
	case len(failed) == 0 && measured == 0:
		return errors.New("no launch has a result: their rows say why")
	case len(failed) == 0:
		return nil
	}
	return fmt.Errorf("%d of %d launches failed, the first with: %s: %s", len(failed), len(r.launches), failed[0].Describe(" "), failed[0].Reason)
}

// analyze works out what follows from what is on disk; where there is no launch,
// or they cannot be read, from what the run knows of itself.
func (r *Run) analyze() (summary.Analysis, error) {
	known := func() summary.Analysis { return summary.Analyze(r.record, r.launches, r.diagnosed) }
	if len(r.launches) == 0 {
		return known(), nil
	}
	run, launches, _, err := results.Read(r.Folder())
	if err != nil {
		return known(), err
	}
	diagnosed, _, err := results.ReadWhy(r.Folder(), run.Schema)
	if err != nil {
		return known(), err
	}
	return summary.Analyze(run, launches, diagnosed), nil
}
