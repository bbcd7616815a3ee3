package profile

import (
	"cmp"
	"slices"

	"ipcbench/results"
)

// A Node is a function in a tree of calls, with what was spent in it and in all that it
// called, per message.
type Node struct {
	Name      string
	Subsystem Subsystem // its own; "": it is an end
	NS        float64   // per message
	OldNS     float64   // of the profile that it is compared with
	Calls     []*Node   // by name
	byName    map[string]*Node
}

// Tree is the calls of both ends, on CPUs or off them.
func (p Profile) Tree(of results.ProfileOf) *Node {
	root := newNode("")
	p.grow(root, of, func(n *Node, ns float64) { n.NS += ns })
	root.finish()
	return root
}

// DifferenceTree is that of the time on CPUs of two profiles together.
func DifferenceTree(old, new Profile) *Node {
	root := newNode("")
	old.grow(root, results.OnCPU, func(n *Node, ns float64) { n.OldNS += ns })
	new.grow(root, results.OnCPU, func(n *Node, ns float64) { n.NS += ns })
	root.finish()
	return root
}

func newNode(name string) *Node {
	return &Node{Name: name, byName: map[string]*Node{}}
}

// grow adds the samples of a kind to a tree, each end below a node of its own.
func (p Profile) grow(root *Node, of results.ProfileOf, add func(*Node, float64)) {
	launches := p.of(of)
	each := map[int]float64{}
	for _, l := range launches {
		each[l.Launch] = 1 / l.Counted() / float64(len(launches))
	}
	for _, s := range p.samples {
		value := s.on
		if of == results.OffCPU {
			value = s.off
		}
		value *= each[s.launch]
		if value == 0 {
			continue
		}
		node := root.call(s.side)
		add(root, value)
		add(node, value)
		for i, f := range slices.Backward(s.stack) {
			node = node.call(f.Name)
			add(node, value)
			if node.Subsystem == "" {
				node.Subsystem = Of(s.stack[i:])
			}
		}
	}
}

func (n *Node) call(name string) *Node {
	if n.byName[name] == nil {
		n.byName[name] = newNode(name)
		n.Calls = append(n.Calls, n.byName[name])
	}
	return n.byName[name]
}

// finish sorts all nodes, and leaves out below each end the functions that lead up to
// its loop: all of its time is in them.
func (n *Node) finish() {
	for _, end := range n.Calls {
		for len(end.Calls) > 0 {
			to := largest(end.Calls)
			if to.total() < leadsUp*end.total() || len(to.Calls) == 0 {
				break
			}
			end.Calls = to.Calls
		}
	}
	n.sort()
}

// leadsUp is the share of all time from which on a function only leads up to others.
const leadsUp = 0.99

func largest(nodes []*Node) *Node {
	return slices.MaxFunc(nodes, func(a, b *Node) int { return cmp.Compare(a.total(), b.total()) })
}

func (n *Node) total() float64 { return n.NS + n.OldNS }

func (n *Node) sort() {
	slices.SortFunc(n.Calls, func(a, b *Node) int { return cmp.Compare(a.Name, b.Name) })
	for _, c := range n.Calls {
		c.sort()
	}
}
