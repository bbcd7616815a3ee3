package exec

import (
	"strings"
	"sync"
)

// lastLine keeps the end of what a program writes to its standard error: an error is
// its last line.
type lastLine struct {
	mu   sync.Mutex
	text []byte
}

const lineKept = 1024 // bytes

func (l *lastLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if over := len(l.text) - lineKept; over > 0 {
		l.text = append(l.text[:0], l.text[over:]...)
	}
	return len(p), nil
}

// String is the last line that says something.
func (l *lastLine) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(l.text)), "\n")
	return lines[len(lines)-1]
}
