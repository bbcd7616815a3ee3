package cmd

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/internal/host"
)

// A sharedPage is what lies in the mapped file, and so in both processes at
// once. Shared memory tells nobody that it has changed, nor that the writer
// has gone: both are values that the reader has to look at.
type sharedPage struct {
	value atomic.Uint64 // 0: none yet
	ended atomic.Uint64 // 1: the producer writes no more
}

// pollInterval is how often the consumer looks.
const pollInterval = 2 * time.Millisecond

// openFile opens the file that the driver made, by the descriptor that this
// process inherited: it has no other name. See /proc/pid/fd in proc(5).
func (s stage) openFile() (*os.File, error) {
	inherited := s.control.Handover(s.Inherited).Files[0]
	defer inherited.Close()
	return os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", inherited.Fd()), os.O_RDWR, 0)
}

// what says which file it is.
func (s stage) what() string { return "the file in " + s.Dir }

// storeInFile extends the file, maps it and stores a value in it at each interval.
func (s stage) storeInFile() error {
	file, err := s.openFile()
	if err != nil {
		return err
	}
	defer file.Close()
	s.tell("open", "%s: a new file in %s, without a name, length 0", file.Name(), s.Dir)

	size := os.Getpagesize()
	if err := file.Truncate(int64(size)); err != nil {
		return err
	}
	s.tell("ftruncate", "length %d, one page: what lies beyond the end of the file cannot be touched", size)

	memory, page, err := s.mapPage(file, size)
	if err != nil {
		return err
	}
	if err := s.ready(); err != nil {
		return err
	}
	disk := s.disk()
	err = s.eachValue(func(n int) error {
		s.tell("store", "value = %d", n)
		page.value.Store(uint64(n))
		if err := unix.Msync(memory, unix.MS_SYNC); err != nil {
			return fmt.Errorf("msync %s: %w", s.what(), err)
		}
		s.tell("msync", "%s", disk)
		return nil
	})
	if err != nil {
		return err
	}
	page.ended.Store(1)
	s.tell("store", "ended = 1, for the consumer to see")
	if err := s.unmap(memory); err != nil {
		return err
	}
	s.tell("close", "the file is gone once nobody has it open or mapped")
	return nil
}

// loadFromFile opens the same file, maps it and looks at it again and again.
func (s stage) loadFromFile() error {
	file, err := s.openFile()
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	s.tell("open", "%s: the same file, length %d", file.Name(), info.Size())

	memory, page, err := s.mapPage(file, int(info.Size()))
	if err != nil {
		return err
	}
	seen := page.value.Load()
	s.tell("load", "value = %d, none yet: looking again every %s", seen, pollInterval)
	if err := s.ready(); err != nil {
		return err
	}
	for ; ; time.Sleep(pollInterval) {
		ended := page.ended.Load() // before the value, so that the last one is not missed
		if value := page.value.Load(); value != seen {
			s.tell("load", "value = %d", value)
			seen = value
		}
		if ended == 1 {
			s.tell("load", "ended = 1")
			return s.unmap(memory)
		}
	}
}

// touchHole stores into a mapping of a file that was never extended. The
// mapping itself succeeds; touching it raises SIGBUS, since no page of the
// file lies behind it (mmap(2)).
func (s stage) touchHole() error {
	file, err := s.openFile()
	if err != nil {
		return err
	}
	defer file.Close()
	s.tell("open", "%s: a new file in %s, without a name, length 0", file.Name(), s.Dir)
	memory, page, err := s.mapPage(file, os.Getpagesize())
	if err != nil {
		return err
	}
	s.tell("store", "value = 1, without ftruncate before it")
	if err := s.catchFault(memory, func() { page.value.Store(1) }); err != nil {
		return err
	}
	return s.unmap(memory)
}

// catchFault calls touch and returns an error where that touched a part of
// memory which has no page of the file behind it. Any other panic goes on.
func (s stage) catchFault(memory []byte, touch func()) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		var fault interface{ Addr() uintptr }
		if e, ok := cause.(error); !ok || !errors.As(e, &fault) {
			panic(cause)
		}
		offset := fault.Addr() - address(memory)
		if offset >= uintptr(len(memory)) {
			panic(cause)
		}
		err = fmt.Errorf("store at offset %d of %s: SIGBUS, a memory fault: the file has length 0, so that no page of it lies behind the mapping: extend it with ftruncate or fallocate before touching it", offset, s.what())
	}()
	touch()
	return nil
}

// mapPage maps the first size bytes of file, shared, and tells where.
func (s stage) mapPage(file *os.File, size int) ([]byte, *sharedPage, error) {
	memory, err := unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("mmap %d bytes of %s: %w", size, s.what(), err)
	}
	s.tell("mmap", "%d bytes, MAP_SHARED, at address %#x of this process", size, address(memory))
	return memory, (*sharedPage)(unsafe.Pointer(&memory[0])), nil
}

func (s stage) unmap(memory []byte) error {
	at, size := address(memory), len(memory)
	if err := unix.Munmap(memory); err != nil {
		return fmt.Errorf("munmap %s: %w", s.what(), err)
	}
	s.tell("munmap", "%d bytes at %#x", size, at)
	return nil
}

func address(memory []byte) uintptr { return uintptr(unsafe.Pointer(&memory[0])) }

// disk says where msync puts a page of the file.
func (s stage) disk() string {
	mount, err := host.MountOf(s.Dir)
	switch {
	case err != nil:
		return "one page, to the filesystem"
	case mount.FSType == "tmpfs" || mount.FSType == "ramfs":
		return fmt.Sprintf("nothing to push: %s has no disk behind it", mount.FSType)
	default:
		return fmt.Sprintf("one page, to %s on %s", mount.FSType, mount.Source)
	}
}
