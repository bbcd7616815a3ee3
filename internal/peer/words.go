package peer

import (
	"strings"
	"sync"
)

// lastWords keeps the start and the end of what a process wrote to its
// standard error: a crash begins with its reason, an error ends with it.
type lastWords struct {
	mu         sync.Mutex
	head, tail []byte
	cut        bool
}

const wordsKept = 2048 // bytes, of each

func (l *lastWords) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(p), wordsKept-len(l.head))
	l.head = append(l.head, p[:n]...)
	l.tail = append(l.tail, p[n:]...)
	if over := len(l.tail) - wordsKept; over > 0 {
		l.tail = append(l.tail[:0], l.tail[over:]...)
		l.cut = true
	}
	return len(p), nil
}

func (l *lastWords) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	between := ""
	if l.cut {
		between = "\n[...]\n"
	}
	return strings.TrimSpace(string(l.head) + between + string(l.tail))
}
