package workload

import (
	"context"
	"errors"

	"ipcbench/bench/internal/meter"
	"ipcbench/results"
)

// A Driver is what the driver's half of a workload has in hand: one launch, none
// of whose processes has been started. Its half prepares what the ends will
// need, calls Start and then Measure, and notes what it found out by Set and in
// a Histogram. To look on while the ends measure, it does so in a goroutine of
// its own; what that costs, the launch pays.
type Driver struct {
	context.Context // ends with the launch's deadline, and where the run is interrupted
	Cell            results.Cell
	Pids            []int // of the workers, pair by pair and the producer first, from Start on

	Stages *meter.Stages // of making the links, and of closing the driver's part of them

	notes
	start    func() ([]int, error)
	measure  func() error
	measured bool
}

// NewDriver returns the driver of a launch. The functions start its workers and
// return their process numbers once all are ready, and let them measure until
// all have reported.
func NewDriver(ctx context.Context, cell results.Cell, start func() ([]int, error), measure func() error) *Driver {
	return &Driver{Context: ctx, Cell: cell, start: start, measure: measure}
}

// Start makes the links, starts the workers and waits until all are ready.
func (d *Driver) Start() (err error) {
	d.Pids, err = d.start()
	return err
}

// Measure lets all workers begin and returns when the last is done.
func (d *Driver) Measure() error {
	d.measured = true
	return d.measure()
}

// Drive does the workload's half of the launch.
func (w Workload) Drive(d *Driver) error {
	half := w.Driver
	if half == nil {
		half = plainly
	}
	if err := half(d); err != nil {
		return err
	}
	if !d.measured {
		return errors.New("the driver's half of the workload " + w.Name + " did not let its ends measure")
	}
	return nil
}

// plainly is the half of those that need nothing of the driver.
func plainly(d *Driver) error {
	if err := d.Start(); err != nil {
		return err
	}
	return d.Measure()
}
