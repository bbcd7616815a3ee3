package results_test

import (
	"fmt"
	"slices"
	"testing"

	"ipcbench/results"
)

// older reads a launch of schema 1, which says neither what its data goes
// through nor how its ends wait.
func older(t *testing.T, family, kind, wait string) results.Launch {
	t.Helper()
	line := fmt.Sprintf(`{"size_bytes": 8, "launch": 1, "status": "ok", "family": %q, "kind": %q, "wait": %q}`, family, kind, wait)
	launch, err := results.ReadLaunch([]byte(line), 1)
	if err != nil {
		t.Fatal(err)
	}
	return launch
}

func TestWaysOfWaitingOfOlderRecords(t *testing.T) {
	for _, c := range []struct {
		kind, wait string
		want       results.Way
	}{
		{"memory", "spin", results.Spins},
		{"memory", "eventfd", results.Sleeps},
		{"memory", "hybrid", results.SpinSleeps},
		{"memory", "", results.UnknownWay}, // of an older version still
		{"stream", "block", results.Sleeps},
		{"stream", "poll", results.Polls},
		{"stream", "go", results.Parks},
		{"file", "poll", results.Spins},
		{"file", "inotify", results.Sleeps},
		{"queue", "", results.Sleeps},
		{"notification", "sigwait", results.Sleeps},
		{"queue", "new", "wait=new"},
		{"floor", "", results.UnknownWay},
	} {
		if got := older(t, "", c.kind, c.wait).Way(); got != c.want {
			t.Errorf("%s wait=%s: %q, want %q", c.kind, c.wait, got, c.want)
		}
	}
}

func TestGroupsOfOlderRecords(t *testing.T) {
	for _, c := range []struct{ family, kind, want string }{
		{"mmap", "memory", "Shared memory"},
		{"fifo", "stream", "Pipes"},
		{"udp", "datagram", "Sockets"},
		{"uring", "stream", "io_uring"},
		{"mine", "stream", "Other streams"}, // of another module
		{"mine", "queue", "Message queues"},
		{"mine", "", "Others"},
	} {
		if got := older(t, c.family, c.kind, "").Group; got != c.want {
			t.Errorf("%s of kind %s: %q, want %q", c.family, c.kind, got, c.want)
		}
	}
}

// What a transport declares is taken as it is, also where the names would have
// been read otherwise.
func TestWhatARecordDeclaresIsNotGuessed(t *testing.T) {
	const line = `{"size_bytes": 8, "launch": 1, "status": "ok", "family": "pipe", "kind": "stream", "wait": "block", "group": "Carrier pigeons", "waits": "hatch"}`
	launch, err := results.ReadLaunch([]byte(line), results.Schema)
	if err != nil || launch.Group != "Carrier pigeons" || launch.Way() != "hatch" || launch.Way().String() != "hatch" || launch.Way().Busy() {
		t.Errorf("%q, %q, %v", launch.Group, launch.Way(), err)
	}
}

func TestWaysAreOrderedByWhatTheyCostAndThenByName(t *testing.T) {
	mixed := []results.Way{"new", results.Spins, "a", results.Parks, results.Sleeps}
	slices.SortFunc(mixed, results.CompareWays)
	if want := []results.Way{results.Sleeps, results.Parks, results.Spins, "a", "new"}; !slices.Equal(mixed, want) {
		t.Errorf("%q, want %q", mixed, want)
	}
	var dashes []int
	for _, way := range results.Ways() {
		dashes = append(dashes, way.Dash())
		if want := way == results.Spins || way == results.Yields; way.Busy() != want {
			t.Errorf("%s keeps its CPU: %v", way, !want)
		}
		if !way.Looks() && !way.Woken() {
			t.Errorf("what tells an end that %s?", way)
		}
		if way.String() == string(way) {
			t.Errorf("%s has no words", way)
		}
	}
	slices.Sort(dashes)
	for place, dash := range dashes {
		if dash != place {
			t.Errorf("patterns of ways are %v", dashes)
		}
	}
}
