package compare

import "strings"

// setting says with what and on what both sides were measured: "ipcbench
// v0.3.0 · AMD EPYC · Linux 6.12.9 → 6.18.44". Of parts of runs it also names
// the runs.
func setting(contests []contest, by string) string {
	old, new := newSurroundings(), newSurroundings()
	for _, c := range contests {
		old.addRuns(c.old.runs)
		new.addRuns(c.new.runs)
		if by != "" {
			old.add("runs", names(c.old.runs))
			new.add("runs", names(c.new.runs))
		}
	}
	var parts []string
	for _, part := range []struct{ what, fact string }{{"ipcbench ", "ipcbench"}, {"", "cpu"}, {"Linux ", "kernel"}, {"", "runs"}} {
		switch from, to := old.values[part.fact], new.values[part.fact]; {
		case old.isSilent(part.fact) && new.isSilent(part.fact):
		case haveSame(part.fact, from, to):
			parts = append(parts, part.what+joined(to))
		default:
			parts = append(parts, part.what+joined(from)+" → "+joined(to))
		}
	}
	return strings.Join(parts, " · ")
}
