package workload

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench/internal/rally"
	"ipcbench/results"
	"ipcbench/transports"
)

// How near each other a machine has the two CPUs of a pair decides about ends that
// look for each other more than most transports do, and a hypervisor changes it. So
// both ends hand each other a cache line just before what is measured and just
// after, without a moment of rest between: a virtual CPU that has rested is put
// somewhere anew. Neither is counted.

const (
	rallyTime     = 500 * time.Microsecond
	rallyPatience = 20 * time.Millisecond // for the other end to come
)

// CourtSize is how much memory Court names, in bytes.
func CourtSize() int { return 2 * rally.Size() }

// enter maps the memory that the ends rally in, where there is any. Without, as in
// a sandbox that does not let an end have it, nothing is known of how near they are.
func (e *End) enter() {
	if e.Court == "" {
		return
	}
	file, err := os.OpenFile(e.Court, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer file.Close()
	e.court, _ = unix.Mmap(int(file.Fd()), 0, CourtSize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// leave takes it out of the end's memory.
func (e *End) leave() error {
	if e.court == nil {
		return nil
	}
	if err := unix.Munmap(e.court); err != nil {
		return fmt.Errorf("munmap the memory of the cache line: %w", err)
	}
	return nil
}

// rally takes the round trip of a cache line with the other end: the first one of
// a launch, or the second. The end that serves reports it.
func (e *End) rally(number int) {
	if e.court == nil {
		return
	}
	r := rally.In(e.court[number*rally.Size():][:rally.Size()])
	if e.Side != transports.Producer {
		r.Return(rallyPatience)
		return
	}
	if batches := r.Serve(rallyTime, rallyPatience); len(batches) > 0 {
		e.Report.CacheLineNS = append(e.Report.CacheLineNS, results.Median(batches))
	}
}
