package host

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestPagesLieOnNodesThatThereAre(t *testing.T) {
	memory, err := unix.Mmap(-1, 0, 1<<16, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(memory)
	clear(memory)
	known := nodesOf("/")
	nodes := NodesOf(memory)
	if len(nodes) == 0 {
		t.Skip("the kernel does not say where pages lie")
	}
	for _, node := range nodes {
		there := node == 0 // where sysfs says nothing of nodes there is one
		for _, n := range known {
			there = there || n == node
		}
		if !there {
			t.Errorf("a page lies on node %d, and there are the nodes of CPUs %v", node, known)
		}
	}
}
