package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A Cgroup is what a control group of its own allows a process and its children.
type Cgroup struct {
	CPU    float64 // CPUs: 0.2 is a fifth of the time of one; 0: as many as there are
	Memory int64   // bytes, of whole pages; 0: as many as there are
}

// groupPrefix begins the name of each group that is made here, and of no other.
const groupPrefix = "ipcbench-"

// period is that of the CPU's quota, in microseconds: the kernel's own default.
const period = 100_000

// limits are what can be limited: how much is asked for, by which controller, and the
// files of version 1 and 2 that are written, in that order. See cgroups(7).
var limits = []struct {
	controller string
	amount     func(Cgroup) int64
	v1, v2     func(amount int64) []Knob
}{
	{"cpu", func(c Cgroup) int64 { return int64(c.CPU * period) },
		func(quota int64) []Knob {
			return []Knob{{"cpu.cfs_period_us", fmt.Sprint(period)}, {"cpu.cfs_quota_us", fmt.Sprint(quota)}}
		},
		func(quota int64) []Knob { return []Knob{{"cpu.max", fmt.Sprint(quota, period)}} }},
	{"memory", func(c Cgroup) int64 { return c.Memory },
		func(bytes int64) []Knob { return []Knob{{"memory.limit_in_bytes", fmt.Sprint(bytes)}} },
		func(bytes int64) []Knob { return []Knob{{"memory.max", fmt.Sprint(bytes)}} }},
}

// leastQuota is the least that the kernel takes, in microseconds of a period.
const leastQuota = 1000

// Missing is why such a group cannot be made here, with the remedy, or nil.
func (c Cgroup) Missing() error {
	_, err := c.groups()
	return err
}

// Steps is what would be done, in words.
func (c Cgroup) Steps() []string {
	groups, err := c.groups()
	if err != nil {
		return nil
	}
	var steps []string
	for _, g := range groups {
		for _, k := range g.knobs {
			steps = append(steps, fmt.Sprintf("make the control group %s, and write %s to %s in it", g.dir, k.Value, k.Path))
		}
	}
	return steps
}

// Group makes the control group, one in each hierarchy that takes part, and returns
// their directories for [Child]. Restore kills what is in them and removes them.
func (j *Journal) Group(c Cgroup) ([]string, error) {
	groups, err := c.groups()
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, g := range groups {
		if err := j.record(entry{Group: g.dir}); err != nil {
			return nil, err
		}
		if err := os.Mkdir(g.dir, 0o755); err != nil {
			return nil, fmt.Errorf("control group %s: %w%s", g.dir, cause(err), remedyOf(err))
		}
		for _, k := range g.knobs {
			if err := (Knob{filepath.Join(g.dir, k.Path), k.Value}).Set(); err != nil {
				return nil, err
			}
		}
		dirs = append(dirs, g.dir)
	}
	return dirs, nil
}

// A group is a directory to be made in a hierarchy, and what is written in it.
type group struct {
	dir   string
	knobs []Knob // with paths in it
}

// groups are what has to be made.
func (c Cgroup) groups() ([]group, error) {
	if err := c.fits(); err != nil {
		return nil, err
	}
	hierarchies, err := readHierarchies()
	if err != nil {
		return nil, err
	}
	byHierarchy := map[*hierarchy][]Knob{}
	controllers := map[*hierarchy][]string{}
	for _, limit := range limits {
		amount := limit.amount(c)
		if amount == 0 {
			continue
		}
		h, err := having(hierarchies, limit.controller)
		if err != nil {
			return nil, err
		}
		files := limit.v1
		if h.v2 {
			files = limit.v2
		}
		byHierarchy[h] = append(byHierarchy[h], files(amount)...)
		controllers[h] = append(controllers[h], limit.controller)
	}
	var groups []group
	for _, h := range hierarchies {
		if byHierarchy[h] == nil {
			continue
		}
		parent, err := h.parent(controllers[h])
		if err != nil {
			return nil, err
		}
		groups = append(groups, group{filepath.Join(parent, groupPrefix+strconv.Itoa(os.Getpid())), byHierarchy[h]})
	}
	return groups, nil
}

func (c Cgroup) fits() error {
	page := int64(os.Getpagesize())
	switch {
	case c.CPU < 0 || c.Memory < 0:
		return errors.New("a limit below 0: give one above it")
	case c.CPU > 0 && c.CPU*period < leastQuota:
		return fmt.Errorf("a limit of %g CPUs: the kernel takes no less than %g", c.CPU, float64(leastQuota)/period)
	case c.Memory%page != 0:
		return fmt.Errorf("a limit of %d bytes of memory: give a multiple of %d, a page", c.Memory, page)
	}
	return nil
}

// A hierarchy of control groups is where one is mounted, and this process's group in it.
type hierarchy struct {
	point, own  string
	v2          bool
	controllers []string
}

// readHierarchies reads the mounts of cgroup and cgroup2; see proc_pid_mountinfo(5)
// and proc_pid_cgroup(5).
func readHierarchies() ([]*hierarchy, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("control groups: %w: mount /proc", err)
	}
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, fmt.Errorf("control groups: %w: use a kernel with them", err)
	}
	var hierarchies []*hierarchy
	for line := range strings.Lines(string(mounts)) {
		left, right, _ := strings.Cut(line, " - ")
		head, tail := strings.Fields(left), strings.Fields(right)
		if len(head) < 5 || len(tail) < 3 || tail[0] != "cgroup" && tail[0] != "cgroup2" {
			continue
		}
		h := &hierarchy{point: head[4], v2: tail[0] == "cgroup2", controllers: strings.Split(tail[2], ",")}
		if h.v2 {
			h.controllers = wordsOf(filepath.Join(h.point, "cgroup.controllers"))
		}
		h.own = filepath.Join(h.point, strings.TrimPrefix(h.ownIn(string(groups)), head[3]))
		hierarchies = append(hierarchies, h)
	}
	return hierarchies, nil
}

// ownIn is the group of this process, by the lines "id:controllers:group".
func (h *hierarchy) ownIn(groups string) string {
	for line := range strings.Lines(groups) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 || h.v2 != (parts[1] == "") {
			continue
		}
		if h.v2 || slices.Contains(h.controllers, strings.Split(parts[1], ",")[0]) {
			return parts[2]
		}
	}
	return "/"
}

func having(hierarchies []*hierarchy, controller string) (*hierarchy, error) {
	for _, h := range hierarchies {
		if slices.Contains(h.controllers, controller) {
			return h, nil
		}
	}
	return nil, fmt.Errorf("control groups: no hierarchy with the controller %s is mounted: mount one, or leave the limit out", controller)
}

// parent is the group to make one in: this process's own. In version 2 a group with
// processes can have no children with controllers, and so it is the nearest around it
// that hands these down.
func (h *hierarchy) parent(controllers []string) (string, error) {
	dir := h.own
	for h.v2 && !handsDown(dir, controllers) {
		if dir == h.point || dir == "/" {
			return "", fmt.Errorf("control groups: none around this process hands down %s: echo +%s > %s/cgroup.subtree_control",
				strings.Join(controllers, " and "), strings.Join(controllers, " +"), h.point)
		}
		dir = filepath.Dir(dir)
	}
	if err := unix.Access(dir, unix.W_OK); err != nil {
		return "", fmt.Errorf("control group %s: %w%s", dir, err, remedyOf(err))
	}
	return dir, nil
}

func handsDown(dir string, controllers []string) bool {
	down := wordsOf(filepath.Join(dir, "cgroup.subtree_control"))
	return !slices.ContainsFunc(controllers, func(c string) bool { return !slices.Contains(down, c) })
}

func wordsOf(path string) []string {
	text, _ := os.ReadFile(path)
	return words(string(text))
}

// patience is how long a group that is to be removed may take to become empty.
const patience = 10 * time.Second

// removeGroup kills what is in a group and removes it. It removes none that was not
// made here, whatever a journal says.
func removeGroup(dir string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return err
	}
	isGroup := fs.Type == unix.CGROUP_SUPER_MAGIC || fs.Type == unix.CGROUP2_SUPER_MAGIC
	if !isGroup || !strings.HasPrefix(filepath.Base(dir), groupPrefix) {
		return fmt.Errorf("%s is no control group of an experiment: remove it by hand", dir)
	}
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		for _, word := range wordsOf(filepath.Join(dir, "cgroup.procs")) {
			if pid, err := strconv.Atoi(word); err == nil && pid > 0 {
				unix.Kill(pid, unix.SIGKILL)
			}
		}
		err := unix.Rmdir(dir)
		if err == nil || errors.Is(err, unix.ENOENT) {
			return nil
		}
		if !errors.Is(err, unix.EBUSY) || time.Since(began) > patience {
			return fmt.Errorf("remove the control group %s: %w: end what is in it", dir, err)
		}
	}
}
