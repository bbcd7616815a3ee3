package facts

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// cpuMax returns the CPU bandwidth limit of this process's control group, in
// microseconds "quota period": that of the nearest group that has one, or
// "max". Version 1 of control groups is read as well.
func cpuMax(root string) string {
	text, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return ""
	}
	limit := ""
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // id, controllers, group
		if len(parts) != 3 {
			continue
		}
		controllers := strings.Split(parts[1], ",")
		if parts[1] != "" && !slices.Contains(controllers, "cpu") {
			continue
		}
		hierarchy := filepath.Join(root, "sys/fs/cgroup", parts[1])
		for group := filepath.Join("/", parts[2]); ; group = filepath.Dir(group) {
			if l := limitOf(filepath.Join(hierarchy, group)); l != "" {
				limit = l
			}
			if group == "/" || limit != "" && limit != "max" {
				break
			}
		}
	}
	return limit
}

// limitOf returns "quota period", "max", or "" where dir is not a group whose
// CPU time is controlled.
func limitOf(dir string) string {
	if text, err := os.ReadFile(filepath.Join(dir, "cpu.max")); err == nil {
		limit := strings.TrimSpace(string(text))
		if strings.HasPrefix(limit, "max") {
			return "max"
		}
		return limit
	}
	quota, err := os.ReadFile(filepath.Join(dir, "cpu.cfs_quota_us"))
	if err != nil {
		return ""
	}
	if strings.HasPrefix(string(quota), "-1") {
		return "max"
	}
	period, _ := os.ReadFile(filepath.Join(dir, "cpu.cfs_period_us"))
	return strings.TrimSpace(string(quota)) + " " + strings.TrimSpace(string(period))
}
