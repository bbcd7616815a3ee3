package bench_test

import (
	"testing"

	"ipcbench/results"
)

// TestACellKeepsWhatItsTransportDeclares, because a record is read where no
// transport is known.
func TestACellKeepsWhatItsTransportDeclares(t *testing.T) {
	for text, want := range map[string]struct {
		kind, group, wait string
		way               results.Way
		needs             string
	}{
		"null":              {"floor", "Floors", "", results.UnknownWay, ""},
		"pipe":              {"stream", "Pipes", "block", results.Sleeps, ""},
		"pipe:wait=poll":    {"stream", "Pipes", "poll", results.Polls, ""},
		"unix:wait=epoll":   {"stream", "Sockets", "epoll", results.Epolls, ""},
		"unix:wait=go":      {"stream", "Sockets", "go", results.Parks, "threads"},
		"mmap:wait=spin":    {"memory", "Shared memory", "spin", results.Spins, ""},
		"mmap:wait=yield":   {"memory", "Shared memory", "yield", results.Yields, ""},
		"mmap:wait=hybrid":  {"memory", "Shared memory", "hybrid", results.SpinSleeps, ""},
		"mmap:wait=eventfd": {"memory", "Shared memory", "eventfd", results.Sleeps, ""},
		"file:wait=poll":    {"file", "Files", "poll", results.Spins, ""}, // it reads and reads
		"log:wait=poll":     {"file", "Files", "poll", results.Spins, ""},
		"file:wait=inotify": {"file", "Files", "inotify", results.Sleeps, ""},
		"mq":                {"queue", "Message queues", "block", results.Sleeps, ""},
		"cma":               {"direct", "Copied by the kernel", "futex", results.Sleeps, ""},
	} {
		cells, err := smallPlan(t, text).Cells(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c := cells[0]
		if c.Kind != want.kind || c.Group != want.group || c.Wait != want.wait || c.Way() != want.way || c.Needs != want.needs || c.Pairs != 1 {
			t.Errorf("%s: %q in %q, wait=%s, which is to %q, needs %q, %d pairs", text, c.Kind, c.Group, c.Wait, c.Way(), c.Needs, c.Pairs)
		}
	}
}

// A value that an axis names twice would be measured under one number twice, and
// no reader would take such records.
func TestAnAxisThatNamesAValueTwiceHasItOnce(t *testing.T) {
	p := smallPlan(t, "pipe")
	p.Sizes = []int{64, 4096, 64}
	cells, err := p.Cells(t.Context())
	if err != nil || len(cells) != 2 {
		t.Errorf("%d cells of two sizes: %v", len(cells), err)
	}
}
