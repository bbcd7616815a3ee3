package meter

import (
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
)

// TestEachFaultCountsForItsStage: that of a stage that touches so many new pages, and
// no other's.
func TestEachFaultCountsForItsStage(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const pages = 50
	page := unix.Getpagesize()
	mem, err := unix.Mmap(-1, 0, 2*pages*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mem)
	unix.Madvise(mem, unix.MADV_NOHUGEPAGE)
	touch := func(from, to int) {
		for i := from; i < to; i++ {
			*(*byte)(unsafe.Pointer(&mem[i*page])) = 1
		}
	}
	touch(0, 1) // its code is there

	s := NewStages(false)
	spec := s.Watch(transports.Spec{}, transports.Opening)
	spec.Begin(transports.Mapping)
	spec.Begin(transports.Touching)
	touch(1, pages+1)
	spec.Begin(transports.Opening)
	spec.Begin(transports.Touching)
	touch(pages+1, pages+11)
	s.End()
	touch(pages+11, 2*pages)
	s.End()

	var names []string
	for _, stage := range s.All() {
		names = append(names, stage.Name)
		want := int64(0)
		if stage.Name == string(transports.Touching) {
			want = pages + 10
		}
		if got := stage.Minor + stage.Major; got != want || stage.NS < 0 {
			t.Errorf("%s met %d faults instead of %d, in %d ns", stage.Name, got, want, stage.NS)
		}
	}
	if want := []string{"open", "map", "touch"}; !slices.Equal(names, want) {
		t.Errorf("the stages are %q instead of %q", names, want)
	}
}

func TestStagesDoNotAllocate(t *testing.T) {
	s := NewStages(false)
	if n := testing.AllocsPerRun(100, func() { s.Begin("touch"); s.End() }); n > 0 {
		t.Errorf("%v allocations a stage", n)
	}
}

// TestWhoDoesNotAskIsNotTold: a transport tells of its stages all the same.
func TestWhoDoesNotAskIsNotTold(*testing.T) { transports.Spec{}.Begin(transports.Mapping) }
