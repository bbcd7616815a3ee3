package vm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A topology is how many there are of each level: in the machine, in the one above.
// Zero is as one.
type topology struct{ sockets, dies, cores, threads, nodes int }

// most is how many processors a machine may have: emulated ones take turns.
const most = 64

// levels are the words for each, in their order. The kernel takes a die's processors to
// share the last-level cache. Nodes are of NUMA, and divide all processors evenly.
var levels = []struct {
	word string
	of   func(*topology) *int
}{
	{"socket", func(t *topology) *int { return &t.sockets }},
	{"die", func(t *topology) *int { return &t.dies }},
	{"core", func(t *topology) *int { return &t.cores }},
	{"thread", func(t *topology) *int { return &t.threads }},
	{"node", func(t *topology) *int { return &t.nodes }},
}

// parseTopology reads "2 sockets, 2 cores, 2 threads, 2 nodes"; "" is one socket of two
// cores, the least that two ends can be apart in.
func parseTopology(text string) (topology, error) {
	t := topology{1, 1, 1, 1, 1}
	if text == "" {
		t.cores = 2
		return t, nil
	}
	const advice = `write it like "2 sockets, 2 cores, 2 threads, 2 nodes"; a socket may have dies`
	var seen []string
	for part := range strings.SplitSeq(text, ",") {
		words := strings.Fields(part)
		if len(words) != 2 {
			return t, fmt.Errorf("machine %q: %q is no number of something: %s", text, strings.TrimSpace(part), advice)
		}
		word := strings.TrimSuffix(words[1], "s")
		i := slices.IndexFunc(levels, func(l struct {
			word string
			of   func(*topology) *int
		}) bool {
			return l.word == word
		})
		n, err := strconv.Atoi(words[0])
		switch {
		case i < 0:
			return t, fmt.Errorf("machine %q: there are no %s: %s", text, words[1], advice)
		case err != nil || n < 1 || n > most:
			return t, fmt.Errorf("machine %q: %s %s: from 1 to %d: %s", text, words[0], words[1], most, advice)
		case slices.Contains(seen, word):
			return t, fmt.Errorf("machine %q: %s twice: %s", text, words[1], advice)
		}
		seen = append(seen, word)
		*levels[i].of(&t) = n
	}
	if t.cpus() > most {
		return t, fmt.Errorf("machine %q has %d processors: no more than %d", text, t.cpus(), most)
	}
	if t.nodes > t.cpus() || t.cpus()%t.nodes != 0 {
		return t, fmt.Errorf("machine %q: its %d processors are not divided evenly by %d nodes", text, t.cpus(), t.nodes)
	}
	return t, nil
}

func (t topology) cpus() int { return t.sockets * t.dies * t.cores * t.threads }

func (t topology) String() string {
	var parts []string
	for _, level := range levels {
		if n := *level.of(&t); n > 1 {
			parts = append(parts, fmt.Sprintf("%d %ss", n, level.word))
		}
	}
	if len(parts) == 0 {
		return "1 processor"
	}
	return strings.Join(parts, ", ")
}

// qemu is the arguments that make it, with so much memory, in bytes, which the nodes
// share evenly.
func (t topology) qemu(memory int64) []string {
	smp := fmt.Sprintf("%d,sockets=%d,cores=%d,threads=%d", t.cpus(), t.sockets, t.cores, t.threads)
	if t.dies > 1 {
		smp += fmt.Sprintf(",dies=%d", t.dies)
	}
	each := memory >> 20 / int64(t.nodes)
	args := []string{"-smp", smp, "-m", fmt.Sprintf("%dM", each*int64(t.nodes))}
	if t.nodes == 1 {
		return args
	}
	perNode := t.cpus() / t.nodes
	for n := range t.nodes {
		args = append(args,
			"-object", fmt.Sprintf("memory-backend-ram,id=node%d,size=%dM", n, each),
			"-numa", fmt.Sprintf("node,nodeid=%d,memdev=node%d,cpus=%d-%d", n, n, n*perNode, (n+1)*perNode-1))
	}
	return args
}
