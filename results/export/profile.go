package export

import (
	"io"
	"slices"
	"strconv"

	"ipcbench/results"
	"ipcbench/results/profile"
)

// WriteProfileCSV writes one row for each subsystem and for each function that has a
// notable share of the time on CPUs, of each launch that was sampled.
func WriteProfileCSV(w io.Writer, all []profile.Profile) error {
	var rows []profileRow
	for _, p := range all {
		rows = append(rows, profileRows(p, "subsystem", p.BySubsystem(""))...)
		rows = append(rows, profileRows(p, "function", slices.DeleteFunc(p.ByFunction(""), func(s profile.Share) bool { return s.Mean() < leastShare }))...)
	}
	return writeCSV(w, slices.Concat(profileColumns, furtherDimensions(rows, func(r profileRow) results.Cell { return r.Cell })), rows)
}

// leastShare is that of a function that has a row.
const leastShare = 0.001

// A profileRow is one share in one launch.
type profileRow struct {
	results.Cell
	kind  string
	n     int // which launch
	of    results.Launch
	share profile.Share
}

func profileRows(p profile.Profile, kind string, shares []profile.Share) (rows []profileRow) {
	launches := p.OnCPU()
	for _, s := range shares {
		for n, l := range launches {
			rows = append(rows, profileRow{p.Cell, kind, n, l, s})
		}
	}
	return rows
}

var profileColumns = slices.Concat(
	[]column[profileRow]{{"run", func(r profileRow) string { return r.of.Run }}},
	about(columnsNamed(cellColumns(results.Dimensions()), firstDimensions...), func(r profileRow) results.Cell { return r.Cell }),
	[]column[profileRow]{
		{"launch", func(r profileRow) string { return strconv.Itoa(r.of.Launch) }},
		{"event", func(r profileRow) string { return r.of.Profile.Event }},
		{"kind", func(r profileRow) string { return r.kind }},
		{"name", func(r profileRow) string { return r.share.Name }},
		{"subsystem", func(r profileRow) string { return string(r.share.Subsystem) }},
		{"share", func(r profileRow) string { return results.Plain(r.share.Of[r.n]) }},
		{"ns_per_msg", func(r profileRow) string { return results.Plain(r.share.NS[r.n]) }},
	},
)
