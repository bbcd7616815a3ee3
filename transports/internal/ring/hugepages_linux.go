package ring

import (
	"bufio"
	"fmt"
	"math/bits"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/backing"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/remedy"
)

// Huge pages are of two kinds. Those of a fixed size come from a pool that the
// administrator fills (hugetlb). Transparent ones the kernel puts together where
// it can, and where it cannot, there are small ones and no error.

// HugeOption is the option huge of memory that can come from a pool. See
// memfd_create(2), shmget(2).
func HugeOption() transports.Option {
	return transports.Option{Name: "huge", Doc: "the pages that the memory consists of", Values: []transports.Value{
		{Name: "none", Doc: "ordinary ones"},
		{Name: "2MiB", Doc: "huge ones of 2 MiB, from the pool of vm.nr_hugepages"},
		{Name: "1GiB", Doc: "huge ones of 1 GiB, from their pool"},
	}}
}

// LargestInPool returns the largest message in bytes whose rings, at their
// shortest, fit in the huge pages that are free, or 0 where the option huge asks
// for none or where not even the smallest does: then Probe says what to do.
func LargestInPool(s transports.Spec) int {
	page := HugeBytes(s)
	if page == 0 {
		return 0
	}
	_, free, err := PoolOf(page)
	if err != nil {
		return 0
	}
	return LargestIn(s, uint64(free)*uint64(page))
}

// PoolOf returns how many huge pages of so many bytes there are, and how many
// of them nobody has or has reserved.
func PoolOf(page int) (all, free int, err error) {
	var n [3]uint64
	for i, name := range []string{"nr", "free", "resv"} {
		if n[i], err = kernel.ReadNumber(PoolFile(page, name)); err != nil {
			return 0, 0, err
		}
	}
	return int(n[0]), int(n[1] - min(n[1], n[2])), nil
}

func PoolFile(page int, name string) string {
	return fmt.Sprintf("/sys/kernel/mm/hugepages/hugepages-%dkB/%s_hugepages", page>>10, name)
}

// HugeBytes returns the size of the pages that the option huge asks for, or 0.
func HugeBytes(s transports.Spec) int {
	return map[string]int{"2MiB": 2 << 20, "1GiB": 1 << 30}[s.Option("huge")]
}

// HugeShift writes a page's size as memfd_create and shmget want it in their
// flags: its logarithm, in bits 26 to 31.
func HugeShift(size int) int { return (bits.Len(uint(size)) - 1) << unix.MAP_HUGE_SHIFT }

// ReserveHuge makes f, which consists of huge pages, size bytes long and sees
// whether the pool has enough of them: mapping them shared reserves them for
// f, and touches none.
func ReserveHuge(f *os.File, size int) error {
	if err := unix.Ftruncate(int(f.Fd()), int64(size)); err != nil {
		return err
	}
	mem, err := mapShared(f, size, 0)
	if err != nil {
		return err
	}
	return unmapShared(mem)
}

// HugeError is why there are not size bytes of huge pages of the given size,
// and what to do about it.
func HugeError(s transports.Spec, size, page int, err error) error {
	all, free, missing := PoolOf(page)
	if missing != nil {
		return transports.Unsupported(fmt.Sprintf("%s: the kernel has no huge pages of %d KiB: see /sys/kernel/mm/hugepages", s, page>>10))
	}
	switch err {
	case unix.EPERM:
		return transports.Unsupported(fmt.Sprintf("%s: reserve huge pages: %v: %s, or put your group into vm.hugetlb_shm_group", s, err, remedy.Privilege(unix.CAP_IPC_LOCK, "IPC_LOCK")))
	case unix.ENOMEM, unix.ENOSPC:
		need := size / page
		return transports.Unsupported(fmt.Sprintf("%s: huge pages of %s: %d needed, %d free: %s", s, s.Option("huge"), need, free, remedy.OnMachine(fmt.Sprintf("echo %d > %s", all+need-free, PoolFile(page, "nr")))))
	}
	return transports.Unsupported(fmt.Sprintf("%s: reserve %d bytes of huge pages: %v: leave them out", s, size, err))
}

// THPBytes returns the size of a transparent huge page where the spec asks for
// some, and otherwise 0.
func THPBytes(s transports.Spec) int {
	if s.Option("thp") != "advise" {
		return 0
	}
	size, err := kernel.ReadNumber("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size")
	if err != nil {
		return 2 << 20 // Probe will say that there are none
	}
	return int(size)
}

// extendHuge makes a new file size bytes long, in transparent huge pages. They
// have to be faulted in by a mapping that asks for them: fallocate would fill a
// tmpfs with small pages, and those stay.
func extendHuge(f *os.File, size, page int) error {
	if err := unix.Ftruncate(int(f.Fd()), int64(size)); err != nil {
		return err
	}
	mem, err := mapShared(f, size, page)
	if err != nil {
		return err
	}
	defer unmapShared(mem)
	if err := AdviseHuge(mem); err != nil {
		return err
	}
	return backing.Extend(f, size) // of what has been written, on storage too
}

// AdviseHuge fills mem, which is new, with transparent huge pages.
func AdviseHuge(mem []byte) error {
	if err := unix.Madvise(mem, unix.MADV_HUGEPAGE); err != nil {
		return err
	}
	if err := unix.Madvise(mem, unix.MADV_POPULATE_WRITE); err != nil {
		return err
	}
	return expectHuge(mem)
}

// A notHuge is that memory lies in small pages after all.
type notHuge struct{ huge, size int }

func (e notHuge) Error() string {
	return fmt.Sprintf("%d of %d bytes lie in transparent huge pages: memory is too fragmented: %s", e.huge, e.size, compact())
}

// expectHuge finds out whether all of mem is mapped in huge pages.
func expectHuge(mem []byte) error {
	huge, err := SmapsBytes(mem, "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped")
	if err != nil {
		return err
	}
	if huge < len(mem) {
		return notHuge{huge, len(mem)}
	}
	return nil
}

// SmapsBytes returns what smaps says of the mapping that is mem: the sum of the
// given fields, in bytes. See proc_pid_smaps(5).
func SmapsBytes(mem []byte, fields ...string) (int, error) {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	start := uintptr(unsafe.Pointer(unsafe.SliceData(mem)))
	sum, ours := 0, false
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, rest, _ := strings.Cut(lines.Text(), ":")
		var from, to uintptr
		if n, _ := fmt.Sscanf(name, "%x-%x ", &from, &to); n == 2 {
			ours = from >= start && to <= start+uintptr(len(mem))
			continue
		}
		for _, field := range fields {
			var kib int
			if n, _ := fmt.Sscan(rest, &kib); ours && name == field && n == 1 {
				sum += kib << 10
			}
		}
	}
	return sum, lines.Err()
}

// tryHuge finds out whether new memory of a transport's kind comes in
// transparent huge pages, by making one.
func tryHuge(s transports.Spec, scratch func(size, align int) ([]byte, func(), error), small func() string) error {
	page := THPBytes(s)
	mem, release, err := scratch(page, page)
	if err != nil {
		return transports.Unsupported(fmt.Sprintf("%s: try a huge page: %v", s, err))
	}
	defer release()
	err = AdviseHuge(mem)
	if _, is := err.(notHuge); is {
		return transports.Unsupported(fmt.Sprintf("%s: %s", s, small()))
	}
	if err == unix.EINVAL {
		return transports.Unsupported(fmt.Sprintf("%s: the kernel has no transparent huge pages, or is older than Linux 5.14: leave out thp=advise", s))
	}
	if err != nil {
		return transports.Unsupported(fmt.Sprintf("%s: try a huge page: %v", s, err))
	}
	return nil
}

// SmallShmem says why memory of the kernel's own tmpfs (memfds, System V) came
// in small pages.
func SmallShmem() string {
	const file = "/sys/kernel/mm/transparent_hugepage/shmem_enabled"
	text, _ := os.ReadFile(file)
	_, rest, _ := strings.Cut(string(text), "[")
	set, _, _ := strings.Cut(rest, "]")
	switch set {
	case "never", "deny":
		return fmt.Sprintf("it would change nothing while %s is %s: %s", file, set, remedy.OnMachine("echo advise > "+file))
	}
	return "the kernel gave small pages all the same, so memory is fragmented: " + compact()
}

// SmallFile says why a new file in dir came in small pages.
func SmallFile(dir string) string {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err == nil && fs.Type == unix.TMPFS_MAGIC {
		return fmt.Sprintf("the tmpfs of %s gave small pages: %s, and see that /sys/kernel/mm/transparent_hugepage/shmem_enabled is not deny", dir, remedy.OnMachine("mount -o remount,huge=advise "+dir))
	}
	return fmt.Sprintf("the filesystem of %s gave small pages: choose another --dir, as on ext4 or a tmpfs mounted with huge=advise", dir)
}

func compact() string { return remedy.OnMachine("echo 1 > /proc/sys/vm/compact_memory") }

// ScratchFile makes scratch memory of files for Probe.
func ScratchFile(create func() (*os.File, error)) func(size, align int) ([]byte, func(), error) {
	return func(size, align int) ([]byte, func(), error) {
		f, err := create()
		if err != nil {
			return nil, nil, err
		}
		defer f.Close()
		if err := unix.Ftruncate(int(f.Fd()), int64(size)); err != nil {
			return nil, nil, err
		}
		mem, err := mapShared(f, size, align)
		return mem, func() { unmapShared(mem) }, err
	}
}
