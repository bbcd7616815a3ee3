package facts

import (
	"strings"
)

// statField picks a field of /proc/self/stat by its number in proc_pid_stat(5).
// The second, a name in parentheses, may hold anything.
func statField(number int) func(string) string {
	return func(stat string) string {
		fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
		if i := number - 3; i < len(fields) {
			return fields[i]
		}
		return ""
	}
}

// policies are the scheduling policies, by their numbers in sched(7).
var policies = map[string]string{"0": "other", "1": "fifo", "2": "rr", "3": "batch", "5": "idle", "6": "deadline", "7": "ext"}

func policy(stat string) string {
	number := statField(41)(stat)
	if name, known := policies[number]; known {
		return name
	}
	return number
}

// autogroup says by which nice value the group competes into which the kernel
// puts all processes of a session, see sched(7): nice(1) weighs only inside it.
func autogroup(root string) string {
	if file("proc/sys/kernel/sched_autogroup_enabled", all)(root) == "0\n" {
		return "off"
	}
	_, nice, _ := strings.Cut(file("proc/self/autogroup", all)(root), " ") // its name is a number that nobody chose
	return nice
}

// seccomp says what filters this process's system calls: "none", "strict", "1
// filter". Each filter is run on each of them.
func seccomp(status string) string {
	switch mode := strings.TrimSpace(field("Seccomp")(status)); mode {
	case "0":
		return "none"
	case "1":
		return "strict"
	case "2":
		switch n := strings.TrimSpace(field("Seccomp_filters")(status)); n {
		case "": // before Linux 5.9
			return "filtered"
		case "1":
			return "1 filter"
		default:
			return n + " filters"
		}
	default:
		return mode
	}
}

// parenthesized picks "full" from "none voluntary (full)".
func parenthesized(text string) string {
	_, after, _ := strings.Cut(text, "(")
	value, _, _ := strings.Cut(after, ")")
	return value
}
