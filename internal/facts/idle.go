package facts

import (
	"fmt"
	"path/filepath"
	"strings"
)

// idleStates lists the idle states of the first CPU in the kernel's order,
// from awake to fast asleep, each with the µs that it takes to leave it, and
// "off" where it is disabled on every CPU: "POLL 0, C1 2, C6 133 off".
func idleStates(root string) string {
	var list []string
	for i := 0; ; i++ {
		dir := filepath.Join(cpuDir, "cpu[0-9]*/cpuidle", fmt.Sprintf("state%d", i))
		names, latencies := readAll(root, filepath.Join(dir, "name")), readAll(root, filepath.Join(dir, "latency"))
		if len(names) == 0 || len(latencies) == 0 {
			return strings.Join(list, ", ")
		}
		state := strings.TrimSpace(names[0]) + " " + strings.TrimSpace(latencies[0])
		if distinct(filepath.Join(dir, "disable"))(root) == "1" {
			state += " off"
		}
		list = append(list, state)
	}
}
