package fleet

import (
	"context"
	"slices"
	"testing"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/fleet/synthetic"
)

// moved is a fleet whose files lie on another filesystem on the new side.
type moved struct{ synthetic.Source }

func (m moved) Read(path string) (results.Run, []results.Launch, error) {
	run, launches, err := m.Source.Read(path)
	isNew := run.Host["kernel"] == synthetic.NewKernel
	for i := range launches {
		switch l := &launches[i]; {
		case l.Transport != "file":
		case isNew:
			l.Dir, l.FSType = "/srv/night", "ext4"
		default:
			l.Dir, l.FSType = "/dev/shm", "tmpfs"
		}
	}
	return run, launches, err
}

// TestFilesInAnotherDirectory are compared as of two runs: it is a difference of the sides.
func TestFilesInAnotherDirectory(t *testing.T) {
	f := synthetic.Fleet{Seed: 3, Hosts: 6, Runs: 3, Cells: 10, Within: 0.01, Change: func(_, cell int) float64 {
		return map[int]float64{9: 0.5}[cell]
	}, Fails: func(_, side, cell int) bool { return side == 1 && cell == 9 }}
	old, _ := ParseSelection("kernel=" + synthetic.OldKernel)
	new, _ := ParseSelection("kernel=" + synthetic.NewKernel)
	of := func(f synthetic.Fleet) Comparison {
		x, _, err := Read(context.Background(), []Source{moved{synthetic.Source{Fleet: f}}}, Sides(old, new), nil)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Compare(x, old, new, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	broken := of(f).Classes[0]
	if len(broken.Rows) != 9 || len(broken.Broken) != 1 || len(broken.Broken[0].Hosts) != f.Hosts {
		t.Errorf("files that fail there: %d rows, and broken are %+v", len(broken.Rows), broken.Broken)
	}
	f.Fails = nil
	c := of(f)
	rows := c.Classes[0].with(compare.Slower)
	if len(rows) != 1 || rows[0].Cell.Transport != "file" || rows[0].Cell.Dir != "/srv/night" || len(rows[0].On) != f.Hosts || len(c.Classes[0].Rows) != f.Cells {
		t.Errorf("slower are %+v", rows)
	}
	for _, want := range []compare.Difference{{Key: "dir", Old: "/dev/shm", New: "/srv/night"}, {Key: "fstype of /srv/night", Old: "tmpfs", New: "ext4"}} {
		if !slices.Contains(c.Environment, want) {
			t.Errorf("%+v is not among %+v", want, c.Environment)
		}
	}
}
