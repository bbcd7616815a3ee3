package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ipcbench/results"
)

// A Joined is directories of several hosts that count as one.
type Joined struct {
	Name string // what a cell in them has in place of its directory
	On   string // their filesystem: "ext4"
	Was  string // and that on the old side
	Dirs []string
	in   map[string][]string // hosts, by the directory
}

// joinDirectories makes one cell of those that differ in nothing but the directory, where
// that differs from host to host and never within one: as host a has its scratch disk at
// /mnt/a, and host b at /mnt/b. No host has two of these directories, or one of them beside
// another, on either side; and their filesystems are known, and of one type on each side. So
// nothing is joined that a host itself tells apart, and hosts with the same directory stay
// together. Pairs of hosts have to be known.
func (c *Class) joinDirectories(cells identities) {
	type alike struct {
		cell     results.Cell // without its directory
		old, new string       // filesystems
	}
	groups := map[alike][]results.Cell{}
	for cell, l := range c.lying(cells) {
		old, new := sortedKeys(l.types[oldSide]), sortedKeys(l.types[newSide])
		if !l.beside && len(old) == 1 && len(new) == 1 {
			key := alike{l.elsewhere, old[0], new[0]}
			groups[key] = append(groups[key], cell)
		}
	}
	c.joined = map[results.Cell]*Joined{}
	byName := map[string]*Joined{}
	for key, cells := range groups {
		if len(cells) < 2 {
			continue
		}
		j := Joined{Name: "each host's " + key.new, On: key.new, Was: key.old, in: map[string][]string{}}
		if j.Was != j.On {
			j.Name += ", before " + j.Was
		}
		if byName[j.Name] == nil {
			byName[j.Name] = &j
		}
		for _, cell := range cells {
			c.joined[cell] = byName[j.Name]
		}
	}
	for place := range c.Hosts {
		c.Hosts[place].sayJoined(c.joined, cells)
	}
	for _, name := range sortedKeys(byName) {
		j := byName[name]
		j.Dirs = slices.SortedFunc(maps.Keys(j.in), naturally)
		c.Joined = append(c.Joined, *j)
	}
}

// A lying is what is known of cells of a class that are the same, and lie in one directory.
type lying struct {
	elsewhere results.Cell // they, without the directory
	types     [2]said      // of its filesystem as far as it is known, by side, and on whom
	beside    bool         // a host has such a cell in another directory, too
}

// lying are the cells of all hosts that lie in directories, as on the new side.
func (c *Class) lying(cells identities) map[results.Cell]*lying {
	all := map[results.Cell]*lying{}
	for place := range c.Hosts {
		host := &c.Hosts[place]
		there := map[results.Cell]results.Cell{} // of this host, by what they are elsewhere
		for side, cell := range host.inDirectories() {
			is := host.asNew(side, cells.of(cell))
			l := all[is]
			if l == nil {
				l = &lying{elsewhere: is.Identity("dir"), types: [2]said{{}, {}}}
				all[is] = l
			}
			if cell.FSType != "" {
				l.types[side].add(cell.FSType, host.Name)
			}
			if other, has := there[l.elsewhere]; has && other != is {
				l.beside, all[other].beside = true, true
			}
			there[l.elsewhere] = is
		}
	}
	return all
}

// inDirectories are the host's cells that lie in one, by side, each as often as a run has it.
func (h *Host) inDirectories() func(yield func(side int, cell *results.Cell) bool) {
	return func(yield func(int, *results.Cell) bool) {
		for side, runs := range [][]*Run{h.Old, h.New} {
			for _, run := range runs {
				for _, v := range run.Values {
					if v.Cell.Dir != "" && !yield(side, v.Cell) {
						return
					}
				}
				for _, cell := range run.Failed {
					if cell.Dir != "" && !yield(side, cell) {
						return
					}
				}
			}
		}
	}
}

// sayJoined notes that the host has a directory among those that were joined.
func (h *Host) sayJoined(joined map[results.Cell]*Joined, cells identities) {
	for side, cell := range h.inDirectories() {
		is := h.asNew(side, cells.of(cell))
		if j := joined[is]; j != nil && !slices.Contains(j.in[is.Dir], h.Name) {
			j.in[is.Dir] = append(j.in[is.Dir], h.Name)
		}
	}
}

// joint is the cell of the class that one of a host, as on its new side, is a part of.
func (c *Class) joint(cell results.Cell) results.Cell {
	cell.Dir = c.dirOf(cell)
	return cell
}

// dirOf is what the directory of such a cell is called, where it was joined with others.
func (c *Class) dirOf(cell results.Cell) string {
	if cell.Dir == "" {
		return ""
	}
	if j := c.joined[cell]; j != nil {
		return j.Name
	}
	return cell.Dir
}

// Sentence says which directories they are, and whose.
func (j Joined) Sentence() string {
	var each []string
	for _, dir := range j.Dirs {
		each = append(each, dir+" on "+few(j.in[dir]))
	}
	on := "on " + j.On + " each"
	if j.Was != j.On {
		on = fmt.Sprintf("on %s, on the old side on %s", j.On, j.Was)
	}
	const most = 3
	if more := len(each) - most; more > 0 {
		each = append(each[:most], fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("hosts have their files in directories of their own, %s, which count as one, %q: %s", on, j.Name, strings.Join(each, "; "))
}
