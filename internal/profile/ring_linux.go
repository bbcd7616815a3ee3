package profile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A ring is memory into which the kernel writes what it saw, and we read it.
type ring struct {
	fd     int
	memory []byte
	page   *unix.PerfEventMmapPage
	data   []byte
}

// A ring has so many pages of 4 KiB at most. Who has no privilege has 516 KiB for all
// rings of a CPU (kernel.perf_event_mlock_kb).
const (
	mostPages   = 1024
	fewestPages = 4
	wakeupBytes = 1 << 20 // we are woken when so much is new; a smaller ring does so by half
)

func openRing(fd int) (*ring, error) {
	size := unix.Getpagesize()
	for pages := mostPages; ; pages /= 2 {
		memory, err := unix.Mmap(fd, 0, (1+pages)*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err == nil {
			return &ring{fd, memory, (*unix.PerfEventMmapPage)(unsafe.Pointer(&memory[0])), memory[size:]}, nil
		}
		if pages == fewestPages || !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.ENOMEM) {
			return nil, fmt.Errorf("map a ring of perf events: %w: sysctl kernel.perf_event_mlock_kb=4096", err)
		}
	}
}

func (r *ring) close() { unix.Munmap(r.memory) }

// header is what each record in a ring begins with.
const header = 8

// read hands over all that is new: each record's kind, its flags and what follows its
// header, which is valid until the call returns.
func (r *ring) read(each func(kind uint32, misc uint16, body []byte)) {
	head, tail := atomic.LoadUint64(&r.page.Data_head), r.page.Data_tail
	size := uint64(len(r.data))
	for tail < head {
		record := r.bytes(tail, header)
		length := uint64(binary.NativeEndian.Uint16(record[6:]))
		if length < header || length > size {
			tail = head // it is no record, and where the next one begins is not known
			break
		}
		each(binary.NativeEndian.Uint32(record), binary.NativeEndian.Uint16(record[4:]), r.bytes(tail+header, length-header))
		tail += length
	}
	atomic.StoreUint64(&r.page.Data_tail, tail)
}

// bytes are so many from that place on. Those that go round the end are put together.
func (r *ring) bytes(at, n uint64) []byte {
	size := uint64(len(r.data))
	from := at % size
	if from+n <= size {
		return r.data[from : from+n]
	}
	whole := append([]byte(nil), r.data[from:]...)
	return append(whole, r.data[:n-(size-from)]...)
}
