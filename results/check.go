package results

import (
	"fmt"
	"maps"
	"slices"
)

// check returns what a launch cannot have been recorded with. What a reader
// lets pass would be summarized, compared and believed.
func (l Launch) check() error {
	switch l.Status {
	case OK, Skipped, Failed:
	default:
		return fmt.Errorf("its status is %q", l.Status)
	}
	if l.SizeBytes < 1 {
		return fmt.Errorf("its messages have %d bytes", l.SizeBytes)
	}
	for _, count := range []struct {
		name string
		n    int64
	}{{"messages", l.Messages}, {"bytes", l.Bytes}, {"elapsed_ns", l.ElapsedNS}, {"waiting_messages", l.Waiting}, {"verified_messages", l.Verified}} {
		if count.n < 0 {
			return fmt.Errorf("its %s is %d", count.name, count.n)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.Metrics)) {
		if value := l.Metrics[name]; value < 0 {
			return fmt.Errorf("its %s is %v", name, value)
		}
	}
	return nil
}
