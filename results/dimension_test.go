package results_test

import (
	"slices"
	"testing"

	"ipcbench/results"
)

// full is a cell with something to say in every dimension.
var full = results.Cell{
	Transport: "mmap:wait=futex", Family: "mmap", Kind: "memory", Group: "Shared memory", Wait: "futex", Waits: "sleep", Needs: "threads", Pushed: results.BySync,
	Workload: "latency", SizeBytes: 64, Placement: "same-llc", ProducerCPU: 0, ConsumerCPU: 2,
	Dir: "/tmp", FSType: "ext4", Mount: "rw,relatime", Pairs: 4, RatePerS: 1000, Variant: "B",
	Arrivals: results.Poisson, Pacing: results.Sleeping, Batch: 8, WorkNS: 1000, ThinkNS: 2000, FanIn: 3, FanOut: 5, Sharing: results.OneQueue, SizeMix: "64=90%,4096=10%",
}

func TestDimensionsBeginWithTheColumnsOfTheContract(t *testing.T) {
	want := []string{
		"transport", "workload", "size_bytes", "placement", "producer_cpu", "consumer_cpu", "dir", "fstype", "pairs", "rate_per_s",
	}
	var names []string
	for _, d := range results.Dimensions() {
		names = append(names, d.Name)
		if found, known := results.LookupDimension(d.Name); !known || found.Name != d.Name {
			t.Errorf("%s is not found by its name", d.Name)
		}
	}
	if len(want) != results.ContractDimensions || !slices.Equal(names[:len(want)], want) {
		t.Errorf("the dimensions are %q, want first %q", names, want)
	}
	if _, known := results.LookupDimension("colour"); known {
		t.Error("there is a dimension that there is not")
	}
}

// Each dimension alone tells two cells apart, and is taken over by its Copy.
func TestEachDimensionIsOfItsOwn(t *testing.T) {
	for _, d := range results.Dimensions() {
		only := full.Only(func(other results.Dimension) bool { return other.Name == d.Name })
		for _, other := range results.Dimensions() {
			if same := other.Plain(only) == other.Plain(full); other.Name == d.Name && !same {
				t.Errorf("%s: %q became %q", d.Name, other.Plain(full), other.Plain(only))
			} else if empty := other.Plain(only) == other.Plain(results.Cell{}); other.Name != d.Name && !empty {
				t.Errorf("%s also takes over %s: %q", d.Name, other.Name, other.Plain(only))
			}
		}
	}
}

func TestIdentityAndSettingLeaveTheEnvironmentOut(t *testing.T) {
	identity := results.Cell{Transport: "mmap:wait=futex", Workload: "latency", SizeBytes: 64, Placement: "same-llc", Dir: "/tmp", Pairs: 4, RatePerS: 1000, Variant: "B",
		Arrivals: results.Poisson, Pacing: results.Sleeping, Batch: 8, WorkNS: 1000, ThinkNS: 2000, FanIn: 3, FanOut: 5, SizeMix: "64=90%,4096=10%"}
	elsewhere := full
	elsewhere.ProducerCPU, elsewhere.ConsumerCPU, elsewhere.FSType, elsewhere.Mount = 6, 7, "xfs", "ro"
	for name, got := range map[string]results.Cell{"the cell": full.Identity(), "it on another machine": elsewhere.Identity()} {
		if got != identity {
			t.Errorf("%s is identified by %+v, want %+v", name, got, identity)
		}
	}
	identity.Dir, identity.SizeBytes = "", 0
	if got := full.Identity("dir", "size_bytes"); got != identity {
		t.Errorf("without two it is %+v, want %+v", got, identity)
	}
	if got, want := full.Setting(), (results.Cell{Placement: "same-llc", Pairs: 4, RatePerS: 1000,
		Arrivals: results.Poisson, Pacing: results.Sleeping, Batch: 8, WorkNS: 1000, ThinkNS: 2000, FanIn: 3, FanOut: 5}); got != want {
		t.Errorf("the setting is %+v, want %+v", got, want)
	}
}

func TestDescribe(t *testing.T) {
	plain := results.Cell{Transport: "pipe", Workload: "latency", SizeBytes: 64, Placement: "same-llc", Pairs: 1}
	for _, c := range []struct {
		got, want string
	}{
		{full.Describe(", "), "mmap:wait=futex, latency, same-llc, /tmp, 4 pairs, 1.00 k/s offered, variant B, poisson arrivals, sleeping sender, 8 to a sync, 1µs work, 2µs thinking, 3 producers, 5 consumers, 64=90%,4096=10%"},
		{plain.Describe(" "), "pipe latency 64 B same-llc"},
		{plain.Describe(" ", "workload"), "pipe 64 B same-llc"},
		{results.Cell{}.Describe(" "), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestCellsAreOrderedAsAReaderLooksThemUp(t *testing.T) {
	cell := func(workload, placement string, size int, transport string) results.Cell {
		return results.Cell{Workload: workload, Placement: placement, SizeBytes: size, Transport: transport}
	}
	want := []results.Cell{
		cell("latency", "same-cpu", 64, "a"), cell("latency", "same-cpu", 64, "b"), cell("latency", "same-cpu", 4096, "a"),
		cell("latency", "same-llc", 64, "a"), cell("latency", "0-1", 64, "a"), cell("latency", "free", 64, "a"),
		cell("throughput", "same-cpu", 64, "a"), cell("unknown here", "same-cpu", 64, "a"),
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, results.CompareCells)
	if !slices.Equal(got, want) {
		t.Errorf("the order is\n%+v\nwant\n%+v", got, want)
	}
	if results.CompareGroups(want[0], want[1]) != 0 || results.CompareGroups(want[0], want[2]) == 0 {
		t.Error("what is asked of two cells tells their groups apart, and their transport does not")
	}
}
