package profile

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A symbol of the kernel or of one of its modules.
type symbol struct {
	address uint64
	name    string
	module  string // "": of the kernel itself
	global  bool
}

// A kernel tells the function of an address in it.
type kernel struct{ symbols []symbol } // of functions, by address

// theKernel is the one that runs, read once: there are a hundred thousand names.
var theKernel = sync.OnceValues(func() (kernel, error) {
	file, err := os.Open("/proc/kallsyms")
	if err != nil {
		return kernel{}, err
	}
	defer file.Close()
	return readKernel(file)
})

// errNoNames is of a kernel that keeps its addresses to itself.
var errNoNames = errors.New("the kernel hides where its functions are: be root, or sysctl kernel.kptr_restrict=0 and kernel.perf_event_paranoid=1")

// readKernel reads what /proc/kallsyms holds: address, kind, name and, in brackets, the
// module. See nm(1) for the kinds.
func readKernel(r io.Reader) (kernel, error) {
	var k kernel
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 || !strings.ContainsAny(fields[1], "tTwW") {
			continue
		}
		address, err := strconv.ParseUint(fields[0], 16, 64)
		if err != nil || address == 0 {
			continue
		}
		s := symbol{address: address, name: strings.Clone(fields[2]), global: fields[1] == "T"}
		if len(fields) > 3 {
			s.module = strings.Trim(fields[3], "[]")
		}
		k.symbols = append(k.symbols, s)
	}
	if err := lines.Err(); err != nil {
		return k, err
	}
	if len(k.symbols) == 0 {
		return k, errNoNames
	}
	slices.SortFunc(k.symbols, byAddress)
	k.symbols = slices.CompactFunc(k.symbols, func(a, b symbol) bool { return a.address == b.address })
	return k, nil
}

// byAddress puts first, of several names of one address, the one that perf(1) would
// show: of a global symbol, with the fewest underscores in front, the longest.
func byAddress(a, b symbol) int {
	return cmp.Or(
		cmp.Compare(a.address, b.address),
		cmp.Compare(rank(b.global), rank(a.global)),
		cmp.Compare(underscores(a.name), underscores(b.name)),
		cmp.Compare(len(b.name), len(a.name)),
	)
}

func underscores(name string) int { return len(name) - len(strings.TrimLeft(name, "_")) }

func rank(is bool) int {
	if is {
		return 1
	}
	return 0
}

// find is the symbol that an address is in.
func (k kernel) find(address uint64) (s symbol, known bool) {
	i, exact := slices.BinarySearchFunc(k.symbols, address, func(s symbol, at uint64) int { return cmp.Compare(s.address, at) })
	if exact {
		return k.symbols[i], true
	}
	if i == 0 {
		return s, false
	}
	return k.symbols[i-1], true
}
