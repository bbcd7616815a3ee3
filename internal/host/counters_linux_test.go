package host

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/internal/cpulist"
)

// onThread runs f on a thread of its own, which ends with it, so that what f
// does to its affinity and counters stays there.
func onThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlock: the thread dies with the goroutine
		f()
	}()
	<-done
}

func TestPinKeepsTheThreadThere(t *testing.T) {
	allowed, err := Affinity()
	if err != nil {
		t.Fatal(err)
	}
	for _, cpu := range allowed {
		onThread(func() {
			if err := Pin(cpu); err != nil {
				t.Error(err)
				return
			}
			on, err := GetCPU()
			if err != nil || on != cpu {
				t.Errorf("runs on CPU %d, %v, want %d", on, err, cpu)
			}
			if now, err := Affinity(); err != nil || !slices.Equal(now, []int{cpu}) {
				t.Errorf("affinity %v, %v, want only %d", now, err, cpu)
			}
		})
	}
}

func TestPinToACPUThatIsNotThere(t *testing.T) {
	onThread(func() {
		if err := Pin(cpulist.Max - 1); err == nil {
			t.Error("no error")
		}
	})
}

// TestUsageOfAnotherProcess is of one that runs without a pause, and of one that has ended.
func TestUsageOfAnotherProcess(t *testing.T) {
	busy := exec.Command("sh", "-c", "while :; do :; done")
	if err := busy.Start(); err != nil {
		t.Fatal(err)
	}
	pid := busy.Process.Pid
	for before, end := UsageOf(pid), time.Now().Add(20*time.Second); UsageOf(pid).Sub(before).CPUNS < 1e6; {
		if time.Now().After(end) {
			t.Error("a process that runs without a pause used less than a millisecond")
			break
		}
		time.Sleep(time.Millisecond)
	}
	busy.Process.Kill()
	busy.Wait()
	if u := UsageOf(pid); u != (Usage{}) {
		t.Errorf("a process that has ended uses %+v", u)
	}
}

func TestMigrationsAreCounted(t *testing.T) {
	allowed, err := Affinity()
	if err != nil {
		t.Fatal(err)
	}
	if len(allowed) < 2 {
		t.Skip("needs two CPUs: give this process more of them")
	}
	if _, ok := Migrations(); !ok {
		t.Skip("this kernel has no /proc/thread-self/sched: boot one built with CONFIG_SCHED_DEBUG")
	}
	onThread(func() {
		before, _ := Migrations()
		for _, cpu := range []int{allowed[0], allowed[1], allowed[0]} {
			if err := Pin(cpu); err != nil {
				t.Error(err)
			}
		}
		if after, _ := Migrations(); after-before < 2 {
			t.Errorf("%d migrations after moving to and fro", after-before)
		}
	})
}

func TestMigrationsAreUnknownRatherThanZero(t *testing.T) {
	for _, text := range []string{"", "nr_switches : 3\n", "se.nr_migrations : many\n"} {
		if n, ok := migrations([]byte(text)); ok {
			t.Errorf("from %q: %d", text, n)
		}
	}
}

// TestProcSaysWhatGetrusageDoes, within what happens between two looks.
func TestProcSaysWhatGetrusageDoes(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for began := time.Now(); time.Since(began) < 50*time.Millisecond; {
		time.Sleep(time.Microsecond) // switches and CPU time to count
	}
	for dir, read := range map[string]func() Usage{"/proc/thread-self": ThreadUsage, "/proc/self": ProcessUsage} {
		before := read()
		u, err := usageFromProc(dir)
		after := read()
		within := func(low, n, high, slack int64) bool { return low-slack <= n && n <= high+slack }
		if err != nil || !within(before.Minor, u.Minor, after.Minor, 0) || !within(before.CPUNS, u.CPUNS, after.CPUNS, 2*tick) ||
			dir == "/proc/thread-self" && !within(before.Voluntary, u.Voluntary, after.Voluntary, 0) {
			t.Errorf("%s says %+v, %v: between %+v and %+v", dir, u, err, before, after)
		}
	}
}

func TestThreadUsageCountsThisThreadOnly(t *testing.T) {
	onThread(func() {
		thread, process := ThreadUsage(), ProcessUsage()
		onThread(sleepOften)
		if n := ThreadUsage().Sub(thread).Voluntary; n >= sleeps {
			t.Errorf("%d voluntary switches of another thread counted for this one", n)
		}
		if n := ProcessUsage().Sub(process).Voluntary; n < sleeps {
			t.Errorf("%d voluntary switches of the process, want at least %d", n, sleeps)
		}
		thread = ThreadUsage()
		sleepOften()
		if n := ThreadUsage().Sub(thread).Voluntary; n < sleeps {
			t.Errorf("%d voluntary switches of this thread, want at least %d", n, sleeps)
		}
	})
}

const (
	sleeps = 50
	spare  = 10 // a nap can be over before the thread has gone to sleep, where another one has its CPU
)

func sleepOften() {
	for range sleeps + spare {
		unix.Nanosleep(&unix.Timespec{Nsec: 100_000}, nil)
	}
}

func TestFirstTouchIsAMinorFault(t *testing.T) {
	onThread(func() {
		pages := 100
		mem, err := unix.Mmap(-1, 0, pages*os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			t.Error(err)
			return
		}
		defer unix.Munmap(mem)
		if err := unix.Madvise(mem, unix.MADV_NOHUGEPAGE); err != nil && err != unix.EINVAL {
			t.Error(err)
		}
		before := ThreadUsage()
		for i := 0; i < len(mem); i += os.Getpagesize() {
			mem[i] = 1
		}
		if n := ThreadUsage().Sub(before).Minor; n < int64(pages) {
			t.Errorf("%d minor faults for %d new pages", n, pages)
		}
	})
}

// TestCPUTimeHasNoTicks reads the CPU time again and again: each reading alone
// takes some, which a count by the timer's ticks does not show.
func TestCPUTimeHasNoTicks(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for name, read := range map[string]func() Usage{"thread": ThreadUsage, "process": ProcessUsage} {
		last := read()
		for range 1000 {
			next := read()
			if next.CPUNS <= last.CPUNS {
				t.Fatalf("%s: %d ns of CPU and then %d", name, last.CPUNS, next.CPUNS)
			}
			last = next
		}
	}
}
