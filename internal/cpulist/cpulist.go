// Package cpulist reads and writes sets of CPUs as the kernel does: "0-3,8".
//
// It knows a format. It must not know which CPUs there are.
package cpulist

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Max bounds a number in a list: well above the 8192 that kernels are built for
// at most, and low enough that a damaged range does not fill the memory.
const Max = 1 << 16

// Parse reads the kernel's format for a set of CPUs, such as "0-3,8", and
// returns it in ascending order without duplicates. An empty text is an empty
// set.
func Parse(text string) ([]int, error) {
	var list []int
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	for _, part := range strings.Split(text, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil || first < 0 || last < first || last >= Max {
			return nil, fmt.Errorf("cpu list %q: %q is not a number or a range such as 0-3", text, part)
		}
		for id := first; id <= last; id++ {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// Format writes an ascending list as the kernel does: "0-3,8".
func Format(list []int) string {
	var parts []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		part := strconv.Itoa(list[i])
		if j > i {
			part += "-" + strconv.Itoa(list[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ",")
}
