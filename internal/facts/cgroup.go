package facts

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// groups returns the directories of this process's control group and of those
// around it, for one controller and from the innermost; of version 1 and 2.
func groups(root, controller string) []string {
	text, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return nil
	}
	var dirs []string
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // id, controllers, group
		if len(parts) != 3 {
			continue
		}
		if parts[1] != "" && !slices.Contains(strings.Split(parts[1], ","), controller) {
			continue
		}
		// The folders of several controllers together are named after all of them,
		// or after each.
		for _, hierarchy := range slices.Compact([]string{parts[1], controllerIn(parts[1], controller)}) {
			hierarchy = filepath.Join(root, "sys/fs/cgroup", hierarchy)
			for group := filepath.Join("/", parts[2]); ; group = filepath.Dir(group) {
				dirs = append(dirs, filepath.Join(hierarchy, group))
				if group == "/" {
					break
				}
			}
		}
	}
	return dirs
}

// controllerIn is the controller where it is one of these, "" in version 2, whose
// hierarchy has all of them.
func controllerIn(controllers, controller string) string {
	if controllers == "" {
		return ""
	}
	return controller
}

// limit reads what the nearest control group sets that sets any: "max" where
// none does, "" where the controller is not in use. The two names are those of
// version 2 and of version 1.
func limit(controller string, names ...string) func(root string) string {
	return func(root string) string {
		return nearest(root, controller, func(dir string) string { return readFirst(dir, names...) })
	}
}

// nearest returns what the innermost control group says that says anything but
// "max"; "max" where they say only that.
func nearest(root, controller string, read func(dir string) string) string {
	found := ""
	for _, dir := range groups(root, controller) {
		switch said := read(dir); {
		case said == "":
		case said == "max" || isBoundless(said):
			found = "max"
		default:
			return said
		}
	}
	return found
}

// isBoundless says whether a number is what version 1 has for none: the largest
// that is a multiple of a page.
func isBoundless(number string) bool {
	return len(number) == 19 && strings.HasPrefix(number, "92233720368547")
}

// readFirst returns the text of the first of these files that is there.
func readFirst(dir string, names ...string) string {
	for _, name := range names {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			return strings.TrimSpace(string(text))
		}
	}
	return ""
}

// cpuMax returns the CPU bandwidth limit of this process's control group, in
// microseconds "quota period": that of the nearest group that has one, or "max".
func cpuMax(root string) string {
	return nearest(root, "cpu", func(dir string) string {
		limit := readFirst(dir, "cpu.max")
		if limit == "" {
			limit = strings.TrimSpace(readFirst(dir, "cpu.cfs_quota_us") + " " + readFirst(dir, "cpu.cfs_period_us"))
		}
		if strings.HasPrefix(limit, "max") || strings.HasPrefix(limit, "-1") {
			return "max"
		}
		return limit
	})
}

// ThrottledNS returns for how long the CPU quotas of this process's control groups have
// held processes of theirs back by now, on all CPUs together, in ns (cpu.stat). It is 0
// where there is no quota.
func ThrottledNS() int64 { return throttledNS("/") }

func throttledNS(root string) int64 {
	var all int64
	for _, dir := range groups(root, "cpu") {
		for line := range strings.Lines(readFirst(dir, "cpu.stat")) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			ns, err := strconv.ParseInt(value, 10, 64)
			switch {
			case err != nil:
			case name == "throttled_usec": // of version 2
				all += 1000 * ns
			case name == "throttled_time": // of version 1
				all += ns
			}
		}
	}
	return all
}

// cpuWeight returns the weights of this process's control group and of those
// around it, from the outermost, each that is not the one before it: "100", or
// "100/20". A group competes with its neighbours, and inside it those in it.
func cpuWeight(root string) string {
	var weights []string
	for _, dir := range groups(root, "cpu") {
		weight := readFirst(dir, "cpu.weight", "cpu.shares")
		if readFirst(dir, "cpu.idle") == "1" {
			weight = "idle"
		}
		if weight != "" {
			weights = append(weights, weight)
		}
	}
	slices.Reverse(weights)
	return strings.Join(slices.Compact(weights), "/")
}
