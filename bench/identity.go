package bench

import (
	"fmt"
	"maps"
	"os"
	"slices"

	"ipcbench/internal/cpulist"
	"ipcbench/internal/facts"
	"ipcbench/internal/host"
	"ipcbench/results"
	"ipcbench/transports"
)

// An identity is what all launches of a cell must be made under to be launches of
// that cell: where its directory lies, which CPUs there are and what limits it. It
// is read when the cells are planned, and again of the things themselves at each
// launch: a filesystem may have been unmounted meanwhile.
type identity struct {
	dir    string // "": of a transport that has none
	mount  host.Mount
	place  host.Place
	cpus   []int
	limits map[string]string
}

// identities are those of the plan's directories, and of none.
func (p Plan) identities() (map[string]*identity, error) {
	dirs := []string{""}
	if slices.ContainsFunc(p.Specs, needsDir) {
		dirs = append(dirs, p.Dirs...)
	}
	cpus, _ := host.Affinity() // nil: a sandbox does not say, and nothing is compared
	limits := facts.Limits()
	of := map[string]*identity{}
	for _, dir := range dirs {
		id := &identity{dir: dir, cpus: cpus, limits: limits}
		if err := id.locate(); err != nil {
			return nil, err
		}
		of[dir] = id
	}
	return of, nil
}

// storage is what lies below the directories of these cells.
func storage(cells []Cell) map[string][]results.Layer {
	below := map[string][]results.Layer{}
	for _, c := range cells {
		if below[c.Dir] != nil || c.Dir == "" {
			continue
		}
		for _, l := range host.StorageOf(c.Dir) {
			below[c.Dir] = append(below[c.Dir], results.Layer(l))
		}
	}
	return below
}

// locate reads where the directory lies now.
func (id *identity) locate() (err error) {
	if id.dir == "" {
		return nil
	}
	if err := host.CheckDir(id.dir); err != nil {
		return err
	}
	if id.mount, err = host.MountOf(id.dir); err != nil {
		return err
	}
	id.place, err = host.PlaceOf(id.dir)
	return err
}

// changed says what is not as it was when the cells were planned, for a launch on
// these CPUs, nil: on any of them; nil where all is.
func (id *identity) changed(cpus []int) error {
	now := identity{dir: id.dir}
	if err := now.locate(); err != nil {
		return err
	}
	if now.place != id.place || now.mount != id.mount {
		return fmt.Errorf("%s is no longer what the cell is of: it was on %s, and is on %s now", id.dir, wordsOf(id.mount), wordsOf(now.mount))
	}
	now.cpus, _ = host.Affinity()
	missing := func(cpu int) bool { return !slices.Contains(now.cpus, cpu) }
	if now.cpus != nil && id.cpus != nil && (slices.ContainsFunc(cpus, missing) || cpus == nil && !slices.Equal(now.cpus, id.cpus)) {
		return fmt.Errorf("the CPUs are no longer what the cell is of: this process had %s, and has %s now", cpulist.Format(id.cpus), cpulist.Format(now.cpus))
	}
	now.limits = facts.Limits()
	for _, name := range slices.Sorted(maps.Keys(id.limits)) {
		if was, is := id.limits[name], now.limits[name]; was != is {
			return fmt.Errorf("the limits are no longer what the cell is of: %s was %q, and is %q now", name, was, is)
		}
	}
	return nil
}

// holds says whether a link that was made in the directory has a file there: nil,
// or where the first one lies instead. The others may lie in memory.
func (id *identity) holds(link transports.Link) error {
	if id == nil || id.dir == "" {
		return nil
	}
	var all []*os.File
	for _, side := range []transports.Side{transports.Producer, transports.Consumer} {
		all = append(all, link.For(side).Files...)
	}
	for _, file := range all {
		if place, err := host.PlaceOfFile(file); err == nil && place == id.place {
			return nil
		}
	}
	if len(all) == 0 { // what a transport hands over by name, only its path tells
		return nil
	}
	return fmt.Errorf("no file of the link lies on %s, which %s is of: it was mounted or unmounted meanwhile", wordsOf(id.mount), id.dir)
}

// wordsOf names a mount as people do: "ext4 (/dev/sda1, rw,relatime)".
func wordsOf(m host.Mount) string { return fmt.Sprintf("%s (%s, %s)", m.FSType, m.Source, m.Options) }
