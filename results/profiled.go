package results

import (
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"ipcbench/internal/folder"
)

// profilesDir is where the profiles of a run are, in its directory.
const profilesDir = "profiles"

// profileSuffix is that of a profile, in the format of pprof.
const profileSuffix = ".pb.gz"

// ProfileFile is what the profile of a cell is called in there: as its benchmark is.
func ProfileFile(c Cell) string {
	return strings.ReplaceAll(BenchName(c, true), "/", "_") + profileSuffix
}

// ProfileFlame is what the drawing of a profile is called, beside it.
func ProfileFlame(c Cell, of ProfileOf) string {
	return strings.TrimSuffix(ProfileFile(c), profileSuffix) + "-" + string(of) + ".svg"
}

// What stands in a profile, which is in the format of pprof: its values in ns, and the
// labels of its samples beside the dimensions of the cell.
const (
	ProfileOnNS  = "cpu"
	ProfileOffNS = "off_cpu"

	ProfileSide   = "side"   // "producer", "consumer"
	ProfileLaunch = "launch" // the number of the launch, as in its record
	ProfilePair   = "pair"   // which of several pairs, or of ends that share one, from 0
	ProfileState  = "state"  // off a CPU: "asleep", "preempted"

	ProfileKernel = "[kernel.kallsyms]" // what the kernel's own functions are in; those of a module are in "[its name]"
)

// ProfileBytes is the most that is read of a profile.
const ProfileBytes = 64 << 20

// OpenProfile opens the profile of a cell in a run directory.
func OpenProfile(f *folder.Folder, c Cell) (io.ReadCloser, error) {
	name := filepath.Join(profilesDir, ProfileFile(c))
	file, err := f.Open(name, ProfileBytes)
	if err != nil {
		return nil, fmt.Errorf("run directory: read %s: %w", filepath.Join(f.Path(), name), err)
	}
	return file, nil
}

// ProfilesIn makes the place for profiles in a run directory, and opens it.
func ProfilesIn(run *folder.Folder) (*folder.Folder, error) { return run.Make(profilesDir) }

// ProfileRecords are the files of a run directory that its profiles are read from, by
// their paths in it, with slashes: what profile.csv and the drawings are made again from.
// Most runs have none.
func ProfileRecords(run *folder.Folder) (paths []string, err error) {
	if run.Has(profileFile) {
		paths = append(paths, profileFile)
	}
	if !run.Has(profilesDir) {
		return paths, nil
	}
	dir, err := ProfilesIn(run)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Names()
	slices.Sort(names)
	for _, name := range names {
		if in := path.Join(profilesDir, name); IsProfileRecord(in) {
			paths = append(paths, in)
		}
	}
	return paths, err
}

// IsProfileRecord says whether a path is one that [ProfileRecords] may have.
func IsProfileRecord(of string) bool {
	dir, name := path.Split(of)
	inDir := dir == profilesDir+"/" && strings.HasSuffix(name, profileSuffix) && !strings.HasPrefix(name, ".")
	return of == profileFile || inDir && filepath.IsLocal(name)
}

// A Profile says how the ends of a launch were sampled. What was seen of them is in a
// file of the cell's, see package profile; what each end had of its time is in
// [Worker.Sampled].
type Profile struct {
	Of       ProfileOf `json:"of"`
	Event    string    `json:"event,omitempty"`     // that was sampled, by perf's names: "cycles", "cpu-clock"; those ending in ":u" are of user space alone
	NoKernel string    `json:"no_kernel,omitempty"` // why the kernel was not looked into; "": it was
	Unnamed  string    `json:"unnamed,omitempty"`   // why the kernel's functions have no names; "": they have
	Missing  string    `json:"missing,omitempty"`   // why nothing was sampled; "": it was
	Lost     int64     `json:"lost,omitzero"`       // samples and switches for which there was no room
}

// ProfileOf is what a launch was sampled for: each makes the other dearer.
type ProfileOf string

// The kinds of profile.
const (
	OnCPU  ProfileOf = "on-cpu"  // what its ends execute
	OffCPU ProfileOf = "off-cpu" // where they leave their CPU, and for how long
)

// Sampled is what was seen of an end while it counted: from its begin to its end, and
// no warm-up.
type Sampled struct {
	WindowNS    int64 `json:"window_ns"`             // for how long that was
	Samples     int64 `json:"samples,omitzero"`      // of what it executed, and
	OnNS        int64 `json:"on_ns"`                 // the time on a CPU that they share, which is that by the CPU clock
	RawNS       int64 `json:"raw_ns,omitzero"`       // what they come to by themselves, a period each; 0: they are not of a clock, or of a record where OnNS is that
	AsleepNS    int64 `json:"asleep_ns,omitzero"`    // off a CPU, as it had nothing to do, by the times of all its switches
	PreemptedNS int64 `json:"preempted_ns,omitzero"` // off a CPU, as another had it
	Sleeps      int64 `json:"sleeps,omitzero"`       // how often it left a CPU, for either reason
}

func (c *check) profile(p Profile) {
	switch p.Of {
	case OnCPU, OffCPU:
	default:
		c.fail("it was sampled %q", clip(string(p.Of)))
	}
	c.text("event", p.Event, Bounds.Name)
	c.text("reason", p.NoKernel, Bounds.Prose)
	c.text("reason", p.Unnamed, Bounds.Prose)
	c.text("reason", p.Missing, Bounds.Prose)
	c.number("lost", float64(p.Lost))
}

func (c *check) sampled(s Sampled) {
	c.number("window_ns", float64(s.WindowNS))
	c.number("samples", float64(s.Samples))
	c.numbers("on_ns", float64(s.OnNS))
	c.number("raw_ns", float64(s.RawNS))
	c.number("asleep_ns", float64(s.AsleepNS))
	c.number("preempted_ns", float64(s.PreemptedNS))
	c.number("sleeps", float64(s.Sleeps))
}
