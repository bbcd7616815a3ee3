package fleet

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"ipcbench/results/compare"
	"ipcbench/results/fleet/synthetic"
	"ipcbench/results/resultstest"
)

// TestFilesInAnotherDirectory are compared as of two runs: it is a difference of the sides.
func TestFilesInAnotherDirectory(t *testing.T) {
	f := synthetic.Fleet{Seed: 3, Hosts: 6, Runs: 3, Cells: 10, Within: 0.01, Change: func(_, cell int) float64 {
		return map[int]float64{9: 0.5}[cell]
	}, Fails: func(_, side, cell int) bool { return side == 1 && cell == 9 }, Files: func(_, side int) []synthetic.Place {
		return []synthetic.Place{{Dir: [2]string{"/dev/shm", "/srv/night"}[side], FSType: [2]string{"tmpfs", "ext4"}[side]}}
	}}
	broken := compared(t, f, Options{}).Classes[0]
	if len(broken.Rows) != 9 || len(broken.Broken) != 1 || len(broken.Broken[0].Hosts) != f.Hosts {
		t.Errorf("files that fail there: %d rows, and broken are %+v", len(broken.Rows), broken.Broken)
	}
	f.Fails = nil
	c := compared(t, f, Options{})
	rows := c.Classes[0].with(compare.Slower)
	if len(rows) != 1 || rows[0].Cell.Transport != "file" || rows[0].Cell.Dir != "/srv/night" || len(rows[0].On) != f.Hosts || len(c.Classes[0].Rows) != f.Cells {
		t.Errorf("slower are %+v", rows)
	}
	for _, want := range []compare.Difference{{Key: "dir", Old: "/dev/shm", New: "/srv/night"}, {Key: "fstype of /srv/night", Old: "tmpfs", New: "ext4"}} {
		if !slices.Contains(c.Environment, want) {
			t.Errorf("%+v is not among %+v", want, c.Environment)
		}
	}
	if len(c.Notes()) > 0 {
		t.Errorf("notes: %q", c.Notes())
	}
}

// inFiles are the rows of cells with files, by the directory that they are said to lie in, and
// on how many hosts.
func inFiles(c Class) map[string]int {
	all := map[string]int{}
	for _, row := range c.Rows {
		if row.Cell.Family == "file" {
			all[row.Cell.Dir] = len(row.On)
		}
	}
	return all
}

// TestDirectoriesOfEachHost are one cell of the fleet where no host tells two apart.
func TestDirectoriesOfEachHost(t *testing.T) {
	own := func(host, _ int) []synthetic.Place {
		return []synthetic.Place{{Dir: fmt.Sprintf("/mnt/h%02d", host+1), FSType: "ext4"}}
	}
	for what, test := range map[string]struct {
		files func(host, side int) []synthetic.Place
		want  map[string]int
	}{
		"each its own":  {own, map[string]int{"each host's ext4": 6}},
		"some the same": {func(host, side int) []synthetic.Place { return own(host/2, side) }, map[string]int{"each host's ext4": 6}},
		"all the same":  {func(_, side int) []synthetic.Place { return own(0, side) }, map[string]int{"/mnt/h01": 6}},
		"two types": {func(host, side int) []synthetic.Place {
			at := own(host, side)
			at[0].FSType = []string{"ext4", "xfs"}[host/3]
			return at
		}, map[string]int{"each host's ext4": 3, "each host's xfs": 3}},
		"one type that nobody knows": {func(host, side int) []synthetic.Place {
			at := own(host, side)
			at[0].FSType = ""
			return at
		}, map[string]int{}},
		"another on the new side": {func(host, side int) []synthetic.Place {
			at := own(host, side)
			if side == 0 {
				at[0] = synthetic.Place{Dir: "/tmp" + at[0].Dir, FSType: "tmpfs"}
			}
			return at
		}, map[string]int{"each host's ext4, before tmpfs": 6}},
		"two of one host": {func(host, side int) []synthetic.Place {
			if host == 5 {
				return append(own(host, side), own(6, side)...)
			}
			return own(host, side)
		}, map[string]int{"each host's ext4": 5}},
		"two of one host, of which others have one": {func(host, side int) []synthetic.Place {
			switch host {
			case 5:
				return append(own(4, side), own(5, side)...)
			case 4, 3:
				return own(4, side)
			}
			return own(host, side)
		}, map[string]int{"each host's ext4": 3, "/mnt/h05": 3}},
		"two of each": {func(host, side int) []synthetic.Place {
			return append(own(host, side), synthetic.Place{Dir: "/srv", FSType: "ext4"})
		}, map[string]int{"/srv": 6}},
	} {
		t.Run(what, func(t *testing.T) {
			c := compared(t, synthetic.Fleet{Seed: 4, Hosts: 6, Runs: 2, Cells: 10, Within: 0.01, Files: test.files}, Options{})
			if got := inFiles(c.Classes[0]); !maps.Equal(got, test.want) {
				t.Errorf("rows are %v, and not %v", got, test.want)
			}
		})
	}
}

// TestWhatWasJoinedIsSaid in notes, and each host has its own directory where it has a line.
func TestWhatWasJoinedIsSaid(t *testing.T) {
	f := synthetic.Fleet{Seed: 4, Hosts: 6, Runs: 2, Cells: 20, Within: 0.01, Files: func(host, side int) []synthetic.Place {
		if side == 0 {
			return []synthetic.Place{{Dir: fmt.Sprintf("/tmp/h%d", host/2+1), FSType: "tmpfs"}}
		}
		return []synthetic.Place{{Dir: fmt.Sprintf("/mnt/h%d", host/2+1), FSType: "ext4"}}
	}}
	c := compared(t, f, Options{})
	want := `hosts have their files in directories of their own, on ext4, on the old side on tmpfs, which count as one, "each host's ext4, before tmpfs": /mnt/h1 on h01, h02; /mnt/h2 on h03, h04; /mnt/h3 on h05, h06`
	if got := c.Notes(); !slices.Equal(got, []string{want}) {
		t.Errorf("notes: %q", got)
	}
	if want := (compare.Difference{Key: "fstype", Old: "tmpfs", New: "ext4"}); !slices.Contains(c.Environment, want) {
		t.Errorf("%+v is not among %+v", want, c.Environment)
	}
	var text bytes.Buffer
	if err := WriteCSV(&text, c); err != nil {
		t.Fatal(err)
	}
	_, rows := resultstest.ReadCSV(t, text.String())
	for _, row := range rows {
		if at := "/mnt/h" + string('1'+(row["host"][2]-'1')/2); row["transport"] == "file" && row["dir"] != at {
			t.Errorf("%s has its files in %s, and not in %s", row["host"], row["dir"], at)
		}
	}
	f.Fails = func(host, side, cell int) bool { return side == 1 && cell == 9 && host != 2 }
	if broken := compared(t, f, Options{}).Classes[0].Broken; len(broken) != 1 || len(broken[0].Hosts) != 5 {
		t.Errorf("broken are %+v", broken)
	}
}
