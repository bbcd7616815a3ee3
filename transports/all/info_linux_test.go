package all

import (
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/results"
	"ipcbench/transports"
	"ipcbench/transports/transporttest"
)

// describeEnv asks this process for what describe returns, and nothing else.
const describeEnv = "TRANSPORTS_DESCRIBE"

func TestMain(m *testing.M) {
	transports.Register(asked{})
	if os.Getenv(describeEnv) != "" {
		fmt.Print(describe())
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// What a record keeps of a way of waiting is read where no transport is known: its
// words and what it means there are in a table of package results.
func TestResultsKnowEveryWayOfWaiting(t *testing.T) {
	for _, tr := range transports.All() {
		for _, s := range transporttest.Specs(tr) {
			declared, way := s.Waits(), results.Way(s.Waits().Name)
			switch {
			case declared.Name == "" && s.Caps().Has(transports.OneProcess):
			case !slices.Contains(results.Ways(), way):
				t.Errorf("%s waits as %q, of which results knows nothing: it needs a row in results/waiting.go", s, declared.Name)
			case way.Busy() != (declared.KeepsCPU || declared.GivesWay), way.InRuntime() != declared.Parks:
				t.Errorf("%s: %+v is busy %v and in the runtime %v in results", s, declared, way.Busy(), way.InRuntime())
			}
		}
	}
}

// describe says all that is known of every spec without asking the host.
func describe() string {
	var b strings.Builder
	for _, tr := range transports.All() {
		fmt.Fprintf(&b, "%+v\n", tr.Info())
		for _, s := range transporttest.Specs(tr) {
			fmt.Fprintf(&b, "%s %b %v\n", s, s.Caps(), s.Waits())
		}
	}
	return b.String()
}

// TestInfoAsksNothing: a process that may have nothing from its start, neither a
// descriptor nor locked memory, queues or signals, knows the same of every
// transport.
func TestInfoAsksNothing(t *testing.T) {
	for _, resource := range []int{unix.RLIMIT_MSGQUEUE, unix.RLIMIT_MEMLOCK, unix.RLIMIT_SIGPENDING} {
		var old unix.Rlimit
		if err := unix.Getrlimit(resource, &old); err != nil {
			t.Fatal(err)
		}
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: 0, Max: old.Max}); err != nil {
			t.Fatal(err)
		}
		defer unix.Setrlimit(resource, &old)
	}
	cmd := exec.Command("sh", "-c", `ulimit -n 3 && exec "$0"`, os.Args[0])
	cmd.Env = append(os.Environ(), describeEnv+"=1")
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("this binary does not start without descriptors, as one with a C library: %v", err)
	}
	if want := describe(); string(out) != want {
		t.Errorf("with no descriptor to be had:\n%s\notherwise:\n%s", out, want)
	}
}

func TestInfoIsComplete(t *testing.T) {
	for _, tr := range transports.All() {
		info := tr.Info()
		if !reflect.DeepEqual(info, tr.Info()) {
			t.Errorf("%s describes itself in two ways", info.Name)
		}
		if info.Group == "" {
			t.Errorf("%s is in no group", info.Name)
		}
	}
}

// asked is a transport whose limit depends on the host.
type asked struct{ transports.Transport }

// askedTimes is how often the host was asked for it.
var askedTimes int

func (asked) Info() transports.Info {
	return transports.Info{Name: "asked", Group: "Others", MaxSize: 1000, Options: []transports.Option{
		{Name: "much", Values: []transports.Value{{Name: "no"}, {Name: "yes", MaxSize: 10, With: transports.Allocates}}},
	}}
}

func (asked) Limit(transports.Spec) int {
	askedTimes++
	return 100
}

// TestLimitIsAskedOnce, and not before somebody wants to know.
func TestLimitIsAskedOnce(t *testing.T) {
	for text, want := range map[string]int{"asked": 100, "asked:much=yes": 10} {
		s, err := transports.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		before := askedTimes
		if s.String() != text || s.Waits() != transports.Sleeps || s.Caps().Has(transports.Allocates) != (want == 10) || askedTimes != before {
			t.Errorf("%s: %s, %v, %b, and the host was asked %d times", text, s, s.Waits(), s.Caps(), askedTimes-before)
		}
		if got := s.MaxSize(); got != want {
			t.Errorf("%s: at most %d bytes, want %d", text, got, want)
		}
		asked := askedTimes
		s.Size = 64 // on which no limit depends
		if got := s.MaxSize(); got != want || askedTimes != asked {
			t.Errorf("%s, asked again: at most %d bytes, and the host was asked %d times more", text, got, askedTimes-asked)
		}
	}
}
