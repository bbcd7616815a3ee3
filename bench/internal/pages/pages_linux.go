// Package pages finds out what a page of a file costs, by each way to it: touched
// in a mapping, populated by a system call, written and read by system calls. Each
// is asked of pages that are new, that are in the page cache, and that were dropped
// from it.
//
// It knows files, mappings and their faults. It must not know what a transport does
// with them.
package pages

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/bench/internal/clock"
	"ipcbench/internal/host"
)

// The ways to a page.
const (
	Touch    = "touch"    // a write to its first word, in a mapping
	Populate = "populate" // madvise(MADV_POPULATE_WRITE) of the whole mapping
	Write    = "write"    // pwrite of the page
	Read     = "read"     // pread of the page
)

// The states of a page.
const (
	New  = "new"  // of a file that was given its length and nothing else: a hole
	Warm = "warm" // in the page cache, and by way of a mapping in none of this process
	Cold = "cold" // stored, and dropped from the page cache
)

// A Cost is what so many pages took, of one state and by one way.
type Cost struct {
	Way, State   string
	Pages        int
	NS           int64
	Minor, Major int64 // page faults
}

// Costs are those of a file.
type Costs struct {
	All    []Cost
	MapNS  []int64 // what each call to map so many pages took
	Uncold string  // why no page could be dropped; "": all were
}

// rehearsed is how many pages are gone through beforehand, so that no fault that is
// counted is one of this code's own.
const rehearsed = 4

// Measure has so many pages, each of the system's size, of files that create makes
// gone through by every way.
func Measure(create func() (*os.File, error), n int) (Costs, error) {
	runtime.LockOSThread() // whose faults are counted
	defer runtime.UnlockOSThread()
	if _, err := newSurvey(create, rehearsed).all(); err != nil {
		return Costs{}, err
	}
	return newSurvey(create, n).all()
}

// A survey is one under way. Its memory is there before anything is timed.
type survey struct {
	create func() (*os.File, error)
	page   int
	size   int
	buf    []byte // of a page
	seen   []byte // of mincore, a byte a page
	costs  Costs
}

func newSurvey(create func() (*os.File, error), n int) *survey {
	page := unix.Getpagesize()
	s := &survey{create: create, page: page, size: n * page, buf: make([]byte, page), seen: make([]byte, n)}
	s.costs.All, s.costs.MapNS = make([]Cost, 0, 16), make([]int64, 0, 16)
	for i := range s.buf {
		s.buf[i] = 1
	}
	clear(s.seen)
	return s
}

func (s *survey) all() (Costs, error) {
	for _, way := range []string{Touch, Populate, Write, Read} {
		if err := s.by(way); err != nil {
			return Costs{}, err
		}
	}
	return s.costs, nil
}

// by goes through the states of a new file's pages by one way.
func (s *survey) by(way string) error {
	f, err := s.create()
	if err != nil {
		return fmt.Errorf("make a file of pages: %w", err)
	}
	defer f.Close()
	fd := int(f.Fd())
	if err := unix.Ftruncate(fd, int64(s.size)); err != nil {
		return fmt.Errorf("give a file the length of %d pages: %w", s.size/s.page, err)
	}
	if err := s.through(fd, way, New); err != nil {
		return err
	}
	if way == Read { // of a hole, nothing is in the page cache
		if err := s.calls(fd, unix.SYS_PWRITE64); err != nil {
			return err
		}
	}
	if err := s.through(fd, way, Warm); err != nil {
		return err
	}
	if s.costs.Uncold, err = s.drop(fd); err != nil || s.costs.Uncold != "" {
		return err
	}
	return s.through(fd, way, Cold)
}

// through is one way through all pages, which all are in one state.
func (s *survey) through(fd int, way, state string) error {
	pass := func() error { return s.calls(fd, unix.SYS_PREAD64) }
	switch way {
	case Write:
		pass = func() error { return s.calls(fd, unix.SYS_PWRITE64) }
	case Touch, Populate:
		mem, err := s.mapped(fd)
		if err != nil {
			return err
		}
		defer s.unmap(mem)
		pass = func() error { return s.touch(mem) }
		if way == Populate {
			pass = func() error { return unix.Madvise(mem, unix.MADV_POPULATE_WRITE) }
		}
	}
	usage := host.ThreadUsage()
	began := clock.Now()
	err := pass()
	ended := clock.Now()
	usage = host.ThreadUsage().Sub(usage)
	if way == Populate && err == unix.EINVAL {
		return nil // before Linux 5.14
	}
	if err != nil {
		return fmt.Errorf("%s %d %s pages: %w", way, s.size/s.page, state, err)
	}
	s.costs.All = append(s.costs.All, Cost{way, state, s.size / s.page, ended - began, usage.Minor, usage.Major})
	return nil
}

// mapped maps the whole file, and notes what that took. Huge pages are left out:
// what a page costs is asked.
func (s *survey) mapped(fd int) ([]byte, error) {
	began := clock.Now()
	at, err := unix.MmapPtr(fd, 0, nil, uintptr(s.size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	ended := clock.Now()
	if err != nil {
		return nil, fmt.Errorf("map %d bytes of a file of pages: %w", s.size, err)
	}
	s.costs.MapNS = append(s.costs.MapNS, ended-began)
	mem := unsafe.Slice((*byte)(at), s.size)
	unix.Madvise(mem, unix.MADV_NOHUGEPAGE) // EINVAL of a kernel without any
	return mem, nil
}

func (s *survey) unmap(mem []byte) {
	unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(mem)), uintptr(s.size))
}

// touch writes a word of each page. Where the filesystem has no room for one, that
// is an error here, and no SIGBUS.
func (s *survey) touch(mem []byte) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if _, is := recover().(interface{ Addr() uintptr }); is {
			err = errors.New("a page raised SIGBUS: is the filesystem full?")
		}
	}()
	for at := 0; at < s.size; at += s.page {
		*(*uint32)(unsafe.Pointer(&mem[at])) = 1
	}
	return nil
}

// calls makes a system call for each page.
func (s *survey) calls(fd int, trap uintptr) error {
	buf := uintptr(unsafe.Pointer(unsafe.SliceData(s.buf)))
	for at := 0; at < s.size; at += s.page {
		n, _, errno := unix.RawSyscall6(trap, uintptr(fd), buf, uintptr(s.page), uintptr(at), 0, 0)
		switch {
		case errno != 0:
			return errno
		case int(n) < s.page:
			return errors.New("part of a page was transferred: is the filesystem full?")
		}
	}
	runtime.KeepAlive(s.buf)
	return nil
}

// drop stores the pages, drops them from the page cache, and looks whether they
// are gone: why says that they are not.
func (s *survey) drop(fd int) (why string, err error) {
	if err := unix.Fdatasync(fd); err != nil {
		return "they could not be stored (fdatasync: " + err.Error() + ")", nil
	}
	if err := unix.Fadvise(fd, 0, int64(s.size), unix.FADV_DONTNEED); err != nil {
		return "the kernel does not take posix_fadvise(POSIX_FADV_DONTNEED): " + err.Error(), nil
	}
	at, err := unix.MmapPtr(fd, 0, nil, uintptr(s.size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return "", fmt.Errorf("map %d bytes of a file of pages: %w", s.size, err)
	}
	defer unix.MunmapPtr(at, uintptr(s.size))
	if _, _, errno := unix.RawSyscall(unix.SYS_MINCORE, uintptr(at), uintptr(s.size), uintptr(unsafe.Pointer(unsafe.SliceData(s.seen)))); errno != 0 {
		return "the kernel does not say what is in the page cache (mincore: " + errno.Error() + ")", nil
	}
	if slices.ContainsFunc(s.seen, func(page byte) bool { return page&1 != 0 }) {
		return "they stay in memory after fdatasync and posix_fadvise(POSIX_FADV_DONTNEED), as where there is no storage behind them", nil
	}
	return "", nil
}
