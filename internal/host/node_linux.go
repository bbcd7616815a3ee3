package host

import (
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Of get_mempolicy(2): the node that the page at an address lies on.
const (
	mpolNode    = 1 << 0 // MPOL_F_NODE
	mpolAddress = 1 << 1 // MPOL_F_ADDR
)

// NodesOf lists the NUMA nodes on which the pages of memory lie, ascending. It is
// empty where the kernel does not say: without CONFIG_NUMA, or in a sandbox that
// forbids to ask, as containers usually do. A page that is not there yet is
// allocated by being asked about.
func NodesOf(memory []byte) []int {
	var nodes []int
	for at := 0; at < len(memory); at += os.Getpagesize() {
		var node int32
		_, _, errno := unix.Syscall6(unix.SYS_GET_MEMPOLICY, uintptr(unsafe.Pointer(&node)), 0, 0,
			uintptr(unsafe.Pointer(&memory[at])), mpolNode|mpolAddress, 0)
		if errno != 0 {
			return nil
		}
		if !slices.Contains(nodes, int(node)) {
			nodes = append(nodes, int(node))
		}
	}
	slices.Sort(nodes)
	return nodes
}
