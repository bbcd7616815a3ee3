package table

import (
	"slices"
	"strings"

	"ipcbench/results"
)

// Identify returns the columns of a table that tell cells from each other by the
// dimensions of these roles, or of all, and each cell's values in them. Where no
// cell has anything to say in a lesser dimension, it has no column. What the columns
// of groups say of a cell is also returned in words: "64 B, same-cpu".
func Identify(cells []results.Cell, roles ...results.Role) (columns []Column, values [][]string, groups []string) {
	identity := identityOf(cells, roles)
	values, groups = make([][]string, len(cells)), make([]string, len(cells))
	for _, d := range identity {
		c := Column{Name: d.Heading, Numeric: d.Numeric, Tells: true, Once: true, Group: d.groups}
		if !d.Lesser { // it is told by its value
			c.Each = func(value string) string { return value }
		}
		columns = append(columns, c)
		for i, cell := range cells {
			values[i] = append(values[i], d.says(cell))
		}
	}
	grouping := func(d results.Dimension) bool {
		return slices.ContainsFunc(identity, func(shown shownDimension) bool { return shown.groups && shown.Name == d.Name })
	}
	for i, cell := range cells {
		groups[i] = cell.Only(grouping).Describe(", ")
	}
	return columns, values, groups
}

// A shownDimension is one that has a column among these cells.
type shownDimension struct {
	results.Dimension
	says   func(results.Cell) string
	groups bool // cells must share it to be compared
}

func identityOf(cells []results.Cell, roles []results.Role) []shownDimension {
	var identity []shownDimension
	for _, d := range results.Dimensions() {
		shown := shownDimension{d, underHeading(d), parts(d, cells)}
		if d.Name == "dir" {
			shown.says = placeOf(cells)
		}
		anythingToSay := func(c results.Cell) bool { return d.Says(c) != "" }
		wanted := len(roles) == 0 || slices.Contains(roles, d.Role)
		if d.Heading != "" && wanted && (!d.Lesser || slices.ContainsFunc(cells, anythingToSay)) {
			identity = append(identity, shown)
		}
	}
	return identity
}

// underHeading is what the dimension says of a cell in a sentence, but for the word
// that its column has for a heading.
func underHeading(d results.Dimension) func(results.Cell) string {
	return func(c results.Cell) string {
		return strings.TrimPrefix(strings.TrimSuffix(d.Says(c), " "+d.Heading), d.Heading+" ")
	}
}

// placeOf names a cell's filesystem, and its directory too where several are
// of that type.
func placeOf(cells []results.Cell) func(results.Cell) string {
	dirs := map[string]map[string]bool{} // by type
	for _, c := range cells {
		if dirs[c.FSType] == nil {
			dirs[c.FSType] = map[string]bool{}
		}
		if c.Dir != "" {
			dirs[c.FSType][c.Dir] = true
		}
	}
	return func(c results.Cell) string {
		switch {
		case c.Dir == "" || c.FSType == "":
			return c.Dir
		case len(dirs[c.FSType]) > 1:
			return c.FSType + " " + c.Dir
		}
		return c.FSType
	}
}

// parts says whether a dimension parts cells that are not to be compared: what was
// asked of them and in which setting, but for what a course of points goes over.
func parts(d results.Dimension, cells []results.Cell) bool {
	isOver := func(c results.Cell) bool { return results.LookupWorkload(c.Workload).Over == d.Name }
	return (d.Role == results.Question || d.Role == results.Setting) && !slices.ContainsFunc(cells, isOver)
}
