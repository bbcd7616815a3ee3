package host

import (
	"testing"
)

func TestRunQueueWaitIsTheSecondNumber(t *testing.T) {
	if ns, ok := runQueueWait([]byte("636282 75101 3\n")); !ok || ns != 75101 {
		t.Errorf("%d ns, %v", ns, ok)
	}
	for _, text := range []string{"", "636282", "636282 75101", "a b c\n"} {
		if ns, ok := runQueueWait([]byte(text)); ok {
			t.Errorf("from %q: %d ns", text, ns)
		}
	}
}

// TestSharingACPUIsWaitingForIt keeps two threads busy on one CPU until the
// kernel has let each of them wait for the other.
func TestSharingACPUIsWaitingForIt(t *testing.T) {
	cpus, err := Affinity()
	if err != nil {
		t.Fatal(err)
	}
	waited := make(chan bool, 2)
	for range cap(waited) {
		go onThread(func() {
			if err := Pin(cpus[0]); err != nil {
				t.Error(err)
			}
			q := OpenRunQueue()
			defer q.Close()
			before, ok := q.WaitNS()
			for ok && ThreadUsage().CPUNS < 2e9 {
				if now, _ := q.WaitNS(); now > before {
					break
				}
			}
			after, _ := q.WaitNS()
			waited <- !ok || after > before
		})
	}
	for range cap(waited) {
		if !<-waited {
			t.Error("no time was waited for a CPU that was shared")
		}
	}
}
