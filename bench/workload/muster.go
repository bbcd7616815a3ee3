package workload

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A muster is how the ends of a launch with more than two of them know of each
// other, by a page that all of them map. Where they are more than the CPUs, the
// scheduler may run one to its end before another begins: so those that are counted
// say when they are, and none is done before all have been for as long as was asked
// for.
type muster struct {
	page  *musterPage
	ends  uint32 // that will be counted
	since int64  // when this end saw that all are, by the machine's clock; 0: not yet
}

// musterPage is what the page holds, on lines apart.
type musterPage struct {
	begun atomic.Uint32 // of the ends that are counted, how many are
	_     [124]byte
	over  atomic.Uint32 // 1 once the one end that counts for all has enough
	_     [124]byte
}

// MusterSize is how much memory Muster names, in bytes.
func MusterSize() int { return os.Getpagesize() }

// assemble maps the page, where there is one.
func (e *End) assemble() error {
	if e.Muster == "" {
		return nil
	}
	file, err := os.OpenFile(e.Muster, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("open the page by which all ends know of each other: %w", err)
	}
	defer file.Close()
	page, err := unix.MmapPtr(int(file.Fd()), 0, nil, uintptr(MusterSize()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return fmt.Errorf("map the page by which all ends know of each other: %w", err)
	}
	e.muster = &muster{page: (*musterPage)(unsafe.Pointer(page)), ends: uint32(e.Pairs)}
	return nil
}

// begin says that this end is counted from now on.
func (m *muster) begin() {
	if m != nil {
		m.page.begun.Add(1)
	}
}

// start is when the measured part of this end began, as far as its length is
// concerned: at start, or later, when all had begun.
func (m *muster) start(start, at int64) int64 {
	switch {
	case m == nil || m.since > 0:
	case m.page.begun.Load() < m.ends:
		return at
	default:
		m.since = at
	}
	if m != nil {
		return max(start, m.since)
	}
	return start
}

// Over reports whether the measured part is, of all pairs: see [Task.Over].
func (e *End) Over(n, start, at int64) bool {
	return e.Task.Over(n, e.muster.start(start, at), at)
}
