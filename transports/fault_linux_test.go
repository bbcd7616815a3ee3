package transports_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/internal/seccomp"
	"ipcbench/transports"
	"ipcbench/transports/internal/pairtest"
)

// sharesPage are the transports that need a page of memory beside their mechanism.
var sharesPage = []string{"futex", "cma", "signal", "mq", "sysvmsg"}

// TestAPageThatIsLost: an end whose shared page something has cut short says that,
// where Go would say that a pointer is nil. A memfd cannot be cut short, so this is
// in a sandbox that allows none, where another file does as well.
func TestAPageThatIsLost(t *testing.T) {
	for _, name := range sharesPage {
		t.Run(name, func(t *testing.T) {
			if !withoutMemfd(t) {
				return
			}
			s := pairtest.Parse(t, name, 8)
			if err := pairtest.Transport(t, name).Probe(s); err != nil {
				t.Skip(err)
			}
			link := pairtest.Create(t, s)
			kept, err := os.OpenFile(procName(link.For(transports.Producer).Files[0]), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			producer := pairtest.Open(t, s, transports.Producer, link)
			if err := kept.Truncate(0); err != nil {
				t.Fatal(err)
			}
			err = sendInPain(producer)
			if err == nil || !strings.Contains(err.Error(), name+": touching offset") || !strings.Contains(err.Error(), "truncated") {
				t.Errorf("send by a page that is lost: %v", err)
			}
			if err := producer.(transports.Faulter).Fault(1); err != nil {
				t.Errorf("it explains an address that is none of its own: %v", err)
			}
			os.Exit(0) // what else touches the page ends the process
		})
	}
}

// TestAPageCannotBeCutShort where it is a memfd.
func TestAPageCannotBeCutShort(t *testing.T) {
	for _, name := range sharesPage {
		s := pairtest.Parse(t, name, 8)
		if err := pairtest.Transport(t, name).Probe(s); err != nil {
			continue
		}
		if err := pairtest.Create(t, s).For(transports.Producer).Files[0].Truncate(0); err == nil {
			t.Errorf("%s: the shared page was cut short", name)
		}
	}
}

// sendInPain sends, and returns what the endpoint says of a memory fault.
func sendInPain(e transports.Endpoint) (err error) {
	debug.SetPanicOnFault(true)
	defer func() {
		if fault, is := recover().(interface{ Addr() uintptr }); is {
			err = e.(transports.Faulter).Fault(fault.Addr())
		}
	}()
	return e.Send(make([]byte, 8))
}

func procName(f *os.File) string {
	return fmt.Sprintf("/proc/self/fd/%d", f.Fd())
}

// withoutMemfd runs the test that calls it once more, as a process that may make no
// memfd, and says whether this is that process.
func withoutMemfd(t *testing.T) bool {
	t.Helper()
	const env = "TRANSPORTS_WITHOUT_MEMFD"
	if os.Getenv(env) != "" {
		filter := seccomp.Filter{Calls: []uintptr{unix.SYS_MEMFD_CREATE}, Errno: unix.EPERM}
		if err := filter.Install(); err != nil {
			t.Fatal(err)
		}
		runtime.LockOSThread()
		return true
	}
	again := exec.Command("/proc/self/exe", "-test.v", "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$")
	again.Env = append(os.Environ(), env+"=1", "TMPDIR="+t.TempDir()) // of which it removes nothing: it just ends
	if out, err := again.CombinedOutput(); err != nil || strings.Contains(string(out), "FAIL") || strings.Contains(string(out), "_test.go") {
		t.Errorf("without memfd_create: %v\n%s", err, out)
	}
	return false
}
