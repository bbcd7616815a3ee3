package memory

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/pairtest"
	"ipcbench/transports/internal/ring"
)

// ring returns what is special about an end over shared memory.
func ringOf(e transports.Endpoint) *ring.Endpoint {
	if synced, is := e.(*syncedEndpoint); is {
		return &synced.Endpoint
	}
	return e.(*ring.Endpoint)
}

// expectSmaps expects that so many bytes of the mapping are of the given kinds.
func expectSmaps(t *testing.T, e transports.Endpoint, want int, fields ...string) {
	t.Helper()
	got, err := ring.SmapsBytes(ringOf(e).Mem, fields...)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%d bytes are %s, of %d mapped; want %d", got, strings.Join(fields, " or "), len(ringOf(e).Mem), want)
	}
}

// openBoth makes both ends in this process, like openPair. They inherit the same
// files, so each gets copies, as another process would.
func openBoth(t *testing.T, s transports.Spec) (producer, consumer transports.Endpoint) {
	t.Helper()
	link := pairtest.Create(t, s)
	return pairtest.Open(t, s, transports.Producer, duplicated{link, t}), pairtest.Open(t, s, transports.Consumer, duplicated{link, t})
}

// A duplicated is a link whose files are copies.
type duplicated struct {
	transports.Link
	t *testing.T
}

func (d duplicated) For(side transports.Side) (copies transports.Handover) {
	h := d.Link.For(side)
	copies.Bytes = h.Bytes
	for _, f := range h.Files {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			d.t.Fatal(err)
		}
		copies.Files = append(copies.Files, os.NewFile(uintptr(fd), f.Name()))
	}
	return copies
}

// exchange sends a few messages in both directions.
func exchange(t *testing.T, producer, consumer transports.Endpoint, size int) {
	t.Helper()
	buf := make([]byte, size)
	for _, n := range []int{1, size / 2, size} {
		pairtest.Send(t, producer, pairtest.Message(n))
		pairtest.Receive(t, consumer, buf, pairtest.Message(n))
		pairtest.Send(t, consumer, pairtest.Message(n))
		pairtest.Receive(t, producer, buf, pairtest.Message(n))
	}
}

// refused expects a Probe, and a Create, that say no and name the remedy.
func refused(t *testing.T, s transports.Spec, remedy string) {
	t.Helper()
	err := pairtest.Transport(t, s.Transport).Probe(s)
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), remedy) || strings.Contains(err.Error(), "\n") {
		t.Errorf("Probe(%s) is %v; want one line with %q", s, err, remedy)
	}
	link, made := pairtest.Transport(t, s.Transport).Create(s)
	if made == nil {
		link.Close()
	}
	if made == nil || err == nil || made.Error() != err.Error() {
		t.Errorf("Create(%s) is %v, and Probe %v", s, made, err)
	}
}

// set writes a setting of the system's until the test ends, which skips where
// that has no effect.
func set(t *testing.T, path, value string, is func(text string) bool) {
	t.Helper()
	old, err := os.ReadFile(path)
	if err != nil {
		t.Skip(err)
	}
	was := strings.TrimSpace(string(old))
	if _, rest, found := strings.Cut(was, "["); found {
		was, _, _ = strings.Cut(rest, "]")
	}
	if err := os.WriteFile(path, []byte(value), 0); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(path, []byte(was), 0); err != nil {
			t.Error(err)
		}
	})
	if now, err := os.ReadFile(path); err != nil || !is(string(now)) {
		t.Skipf("%s is %q after %q was written: %v", path, now, value, err)
	}
}

func setShmemEnabled(t *testing.T, value string) {
	t.Helper()
	set(t, "/sys/kernel/mm/transparent_hugepage/shmem_enabled", value, func(now string) bool {
		return strings.Contains(now, "["+value+"]")
	})
}

// needHugePages fills the pool of pages of 2 MiB until so many are free.
func needHugePages(t *testing.T, n int) {
	t.Helper()
	all, free, err := ring.PoolOf(2 << 20)
	if err != nil {
		t.Skip(err)
	}
	if free < n {
		set(t, ring.PoolFile(2<<20, "nr"), fmt.Sprint(all+n-free), func(string) bool {
			_, free, err := ring.PoolOf(2 << 20)
			return err == nil && free >= n
		})
	}
}

// TestHugePages uses rings in huge pages from the pool.
func TestHugePages(t *testing.T) {
	for _, text := range []string{"memfd:huge=2MiB", "sysv:huge=2MiB", "memfd:huge=2MiB,populate=no"} {
		t.Run(text, func(t *testing.T) {
			needHugePages(t, 4)
			s := pairtest.Parse(t, text, 1000)
			producer, consumer := openBoth(t, s)
			exchange(t, producer, consumer, s.Size)
			if size := len(ringOf(producer).Mem); size%(2<<20) != 0 {
				t.Errorf("the ring has %d bytes, which are no whole huge pages", size)
			}
			expectSmaps(t, producer, len(ringOf(producer).Mem), "Shared_Hugetlb", "Private_Hugetlb")
		})
	}
}

// TestHugePagesThatAreMissing asks for more than the pool has, and for what
// huge pages cannot have.
func TestHugePagesThatAreMissing(t *testing.T) {
	for _, name := range []string{"memfd", "sysv"} {
		all, free, err := ring.PoolOf(2 << 20)
		if err != nil {
			t.Skip(err)
		}
		s := pairtest.Parse(t, name+":huge=2MiB", 64)
		s.Capacity = (free + 10) * 2 << 20
		pages := ring.Bytes(s, 2<<20) / (2 << 20)
		refused(t, s, fmt.Sprintf("echo %d > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", all+pages-free))
		refused(t, pairtest.Parse(t, name+":huge=2MiB,lock=yes", 64), "leave out lock=yes")
		refused(t, pairtest.Parse(t, name+":huge=2MiB,thp=advise", 64), "leave out thp=advise")
	}
}

// TestHugetlbfs maps a file of a filesystem of huge pages.
func TestHugetlbfs(t *testing.T) {
	if !inNamespace(t, 0) {
		return
	}
	needHugePages(t, 4)
	for _, text := range []string{"mmap", "mmap:sync=sync"} {
		s := pairtest.Parse(t, text, 1000)
		mountAt(t, s.Dir, "hugetlbfs", "pagesize=2M")
		producer, consumer := openBoth(t, s)
		exchange(t, producer, consumer, s.Size)
		expectSmaps(t, producer, len(ringOf(producer).Mem), "Shared_Hugetlb", "Private_Hugetlb")
		_, free, _ := ring.PoolOf(2 << 20)
		s.Capacity = (free + 10) * 2 << 20
		refused(t, s, "nr_hugepages")
	}
}

// TestTransparentHugePages finds all of a ring in huge pages where they are
// asked for, and a refusal where they would not come.
func TestTransparentHugePages(t *testing.T) {
	if !inNamespace(t, 0) {
		return
	}
	huge := func(s transports.Spec) {
		t.Helper()
		link := pairtest.Create(t, s)
		e := pairtest.Open(t, s, transports.Producer, link)
		if s.Option("populate") == "no" {
			expectSmaps(t, e, 0, "Rss")
			clear(ringOf(e).Mem)
		}
		expectSmaps(t, e, len(ringOf(e).Mem), "ShmemPmdMapped")
	}
	inTmpfs := pairtest.Parse(t, "mmap:thp=advise", 64)
	mountAt(t, inTmpfs.Dir, "tmpfs", "huge=advise")
	huge(inTmpfs)
	huge(parseIn(t, "mmap:thp=advise,populate=no", 64, inTmpfs.Dir))

	mountAt(t, shmDir, "tmpfs", "huge=never")
	refused(t, pairtest.Parse(t, "shm:thp=advise", 64), "mount -o remount,huge=advise")
	mountAt(t, shmDir, "tmpfs", "huge=advise")
	huge(pairtest.Parse(t, "shm:thp=advise", 64))

	setShmemEnabled(t, "never")
	refused(t, pairtest.Parse(t, "memfd:thp=advise", 64), "echo advise > /sys/kernel/mm/transparent_hugepage/shmem_enabled")
	refused(t, pairtest.Parse(t, "sysv:thp=advise", 64), "echo advise > /sys/kernel/mm/transparent_hugepage/shmem_enabled")
	setShmemEnabled(t, "advise")
	huge(pairtest.Parse(t, "memfd:thp=advise", 64))
	huge(pairtest.Parse(t, "memfd:thp=advise,populate=no", 64))
	huge(pairtest.Parse(t, "sysv:thp=advise", 1<<20)) // several huge pages
}

// parseIn is parse with a given directory.
func parseIn(t *testing.T, text string, size int, dir string) transports.Spec {
	s := pairtest.Parse(t, text, size)
	s.Dir = dir
	return s
}

// TestPagesOfARing finds the pages mapped when they should be, and locked.
func TestPagesOfARing(t *testing.T) {
	for _, name := range []string{"mmap", "memfd", "shm", "sysv"} {
		t.Run(name, func(t *testing.T) {
			one := func(options string) (transports.Endpoint, int) {
				s := pairtest.Parse(t, name+options, 64)
				e := pairtest.Open(t, s, transports.Producer, pairtest.Create(t, s))
				return e, len(ringOf(e).Mem)
			}
			e, size := one("")
			expectSmaps(t, e, size, "Rss")
			expectSmaps(t, e, 0, "Locked")
			e, _ = one(":populate=no")
			expectSmaps(t, e, 0, "Rss")
			ringOf(e).Mem[0] = 0
			if got, err := ring.SmapsBytes(ringOf(e).Mem, "Rss"); err != nil || got == 0 {
				t.Errorf("after the first touch %d bytes are there, error %v", got, err)
			}
			if err := ring.TryLock(size); err != nil {
				t.Skipf("lock %d bytes: %v", size, err)
			}
			e, size = one(":lock=yes")
			expectSmaps(t, e, size, "Locked")
			e, _ = one(":lock=yes,populate=no")
			expectSmaps(t, e, 0, "Rss")
		})
	}
}

// TestLockIsRefused asks for more locked memory than an ordinary user may have.
func TestLockIsRefused(t *testing.T) {
	const env = "TRANSPORTS_NOBODY"
	if os.Getenv(env) == "" {
		cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), env+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if os.Getuid() == 0 {
			cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("as nobody: %v\n%s", err, out)
		}
		return
	}
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: 64 << 10, Max: 64 << 10}); err != nil {
		t.Fatal(err)
	}
	refused(t, transports.Spec{Transport: "memfd", Size: 64, Options: map[string]string{"lock": "yes"}}, "ulimit -l")
}

// TestSegmentIsMarkedRemoved finds the segment of an open link, which will
// vanish with its users however these end, and none after that.
func TestSegmentIsMarkedRemoved(t *testing.T) {
	if !inNamespace(t, unix.CLONE_NEWIPC) {
		return
	}
	s := pairtest.Parse(t, "sysv", 64)
	link, err := pairtest.Transport(t, "sysv").Create(s)
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	const removed = 0o1000 // SHM_DEST
	ours := segments(t)
	if len(ours) != 1 || ours[0]&removed == 0 {
		t.Errorf("a link has segments of the permissions %o; want one with %o", ours, removed)
	}
	producer := pairtest.Open(t, s, transports.Producer, duplicated{link, t})
	consumer := pairtest.Open(t, s, transports.Consumer, duplicated{link, t})
	if err := link.Close(); err != nil {
		t.Fatal(err)
	}
	exchange(t, producer, consumer, s.Size)
	producer.Close()
	if len(segments(t)) != 1 {
		t.Error("the segment vanished before its last user")
	}
	pairtest.ExpectEnd(t, consumer, make([]byte, s.Size))
	consumer.Close()
	if left := segments(t); len(left) != 0 {
		t.Errorf("segments of the permissions %o are left", left)
	}
}

// segments returns the permissions of all segments of this IPC namespace.
func segments(t *testing.T) (perms []int) {
	t.Helper()
	table, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(string(table)) {
		var key, id, perm int
		if n, _ := fmt.Sscanf(line, "%d %d %o", &key, &id, &perm); n == 3 {
			perms = append(perms, perm)
		}
	}
	return perms
}

// TestSegmentLimit finds the largest message of a host with small segments.
func TestSegmentLimit(t *testing.T) {
	if !inNamespace(t, unix.CLONE_NEWIPC) {
		return
	}
	if err := os.WriteFile("/proc/sys/kernel/shmmax", []byte("1000000"), 0); err != nil {
		t.Skip(err)
	}
	s := pairtest.Parse(t, "sysv", 64)
	refused(t, s, fmt.Sprintf("sysctl kernel.shmmax=%d", ring.Bytes(s, 0)))
	s.Capacity = 1
	s.Size = s.MaxSize()
	producer, consumer := openBoth(t, s)
	exchange(t, producer, consumer, s.Size)
	if size := len(ringOf(producer).Mem); size > 1000000 || size < 1000000-2*os.Getpagesize() {
		t.Errorf("messages of at most %d bytes take a segment of %d bytes, of 1000000 allowed", s.Size, size)
	}
	s.Size++
	refused(t, s, "at most")
}

// TestSharedMemoryIsFull wants a ring that /dev/shm has no room for, or that
// there is no /dev/shm for.
func TestSharedMemoryIsFull(t *testing.T) {
	if !inNamespace(t, 0) {
		return
	}
	mountAt(t, shmDir, "tmpfs", "size=64k,huge=advise")
	for _, text := range []string{"shm", "shm:populate=no"} {
		link, err := pairtest.Transport(t, "shm").Create(pairtest.Parse(t, text, 64))
		if err == nil {
			link.Close()
		}
		if !errors.Is(err, unix.ENOSPC) || !strings.Contains(err.Error(), "remount,size=") {
			t.Errorf("%s in a /dev/shm of 64 KiB: %v", text, err)
		}
	}
	mountAt(t, shmDir, "ramfs", "")
	refused(t, pairtest.Parse(t, "shm", 64), "mount -t tmpfs tmpfs "+shmDir)
}

// TestMemfdCannotBeCutShort tries what makes a SIGBUS of a mapped file.
func TestMemfdCannotBeCutShort(t *testing.T) {
	link := pairtest.Create(t, pairtest.Parse(t, "memfd", 64))
	if err := link.For(transports.Producer).Files[0].Truncate(0); !errors.Is(err, unix.EPERM) {
		t.Errorf("cutting the memfd short: %v; want EPERM", err)
	}
}

// TestFaultSaysWhichMemory cuts a file short under its mapping.
func TestFaultSaysWhichMemory(t *testing.T) {
	for name, want := range map[string]string{
		"mmap": "mmap: touching offset 8192 of the mapped file raised SIGBUS",
		"shm":  "shm: touching offset 8192 of the shared memory object raised SIGBUS",
	} {
		t.Run(name, func(t *testing.T) {
			s := pairtest.Parse(t, name, 64)
			link := pairtest.Create(t, s)
			fd, err := unix.Dup(int(link.For(transports.Producer).Files[0].Fd()))
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			e := pairtest.Open(t, s, transports.Producer, link)
			mem := ringOf(e).Mem
			defer func() { ringOf(e).Mem = nil }() // its Close would touch it
			if err := unix.Ftruncate(fd, 4096); err != nil {
				t.Fatal(err)
			}
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
			defer func() {
				fault, is := recover().(interface{ Addr() uintptr })
				if !is {
					t.Fatal("nothing happened")
				}
				if got := fmt.Sprint(e.(transports.Faulter).Fault(fault.Addr())); !strings.HasPrefix(got, want) {
					t.Errorf("the fault is explained as %q", got)
				}
				if err := e.(transports.Faulter).Fault(1); err != nil {
					t.Errorf("a fault elsewhere is explained as %v", err)
				}
			}()
			mem[8192] = 1
		})
	}
}

// TestEventfdsAreClosed counts what an end has open after it is closed.
func TestEventfdsAreClosed(t *testing.T) {
	before := openDescriptorCount(t)
	s := pairtest.Parse(t, "memfd:wait=eventfd", 64)
	link := pairtest.Create(t, s)
	producer, consumer := pairtest.Open(t, s, transports.Producer, duplicated{link, t}), pairtest.Open(t, s, transports.Consumer, duplicated{link, t})
	link.Close()
	exchange(t, producer, consumer, s.Size)
	producer.Close()
	if _, err := consumer.Recv(make([]byte, s.Size)); err != io.EOF {
		t.Errorf("after the peer's Close: %v", err)
	}
	consumer.Close()
	if after := openDescriptorCount(t); after != before {
		t.Errorf("%d descriptors were open before and %d after", before, after)
	}
}

func openDescriptorCount(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// TestIndexIsNotPushed: a message is pushed with what says that it is there.
func TestIndexIsNotPushed(t *testing.T) {
	refused(t, pairtest.Parse(t, "mmap:ring=index,sync=sync", 64), "leave out ring=index or sync")
	refused(t, pairtest.Parse(t, "mmap:ring=index,sync=async", 64), "leave out ring=index or sync")
}
