package queue

import (
	"os"
	"testing"

	"ipcbench/transports"
	"ipcbench/transports/internal/pairtest"
)

// TestSysVLeavesTheHostAlone: neither the limits of this process's IPC
// namespace nor what namespace its threads are in change.
func TestSysVLeavesTheHostAlone(t *testing.T) {
	s := pairtest.Parse(t, "sysvmsg", usualMessageMax+1)
	s.Capacity = 1 << 20
	if err := (sysvmsg{}).Probe(s); err != nil {
		t.Skip(err)
	}
	state := func() (all [3]string) {
		all[0], _ = os.Readlink("/proc/thread-self/ns/ipc")
		for i, name := range []string{"msgmax", "msgmnb"} {
			text, err := os.ReadFile("/proc/sys/kernel/" + name)
			if err != nil {
				t.Fatal(err)
			}
			all[1+i] = string(text)
		}
		return all
	}
	before := state()
	link := pairtest.Create(t, s)
	if now := state(); now != before {
		t.Errorf("Create made %q of %q", now, before)
	}
	e := pairtest.Open(t, s, transports.Producer, link)
	// A megabyte without a reader, which the raised limits let through.
	for range s.Capacity / s.Size {
		pairtest.Send(t, e, pairtest.Message(s.Size))
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if now := state(); now != before {
		t.Errorf("a link made %q of %q", now, before)
	}
}
