package transporttest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Within polls until is says yes, and returns whether it did in time.
func Within(most time.Duration, is func() bool) bool {
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if is() {
			return true
		}
	}
	return false
}

// Marked returns the processes, of whatever parent, that have mark, as NAME=VALUE, in their
// environment. One that has ended has none.
func Marked(mark string) []int {
	var found []int
	tables, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, table := range tables {
		text, _ := os.ReadFile(table)
		if slices.Contains(strings.Split(string(text), "\x00"), mark) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(table)))
			found = append(found, pid)
		}
	}
	return found
}

// Busy returns those of pids that have used so much CPU time, as they do not by only being
// started.
func Busy(pids []int, least time.Duration) []int {
	return slices.DeleteFunc(pids, func(pid int) bool {
		var ran time.Duration // nanoseconds, by the first number of a schedstat
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, thread := range threads {
			text, _ := os.ReadFile(thread)
			var ns time.Duration
			fmt.Sscan(string(text), &ns)
			ran += ns
		}
		return ran < least
	})
}
