package transports_test

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/internal/seccomp"
	"ipcbench/transports"
)

// TestAnExhaustedKernelIsNotAskedForEver: where the kernel has no memory for what a
// ring is to do, an end gives up after so many times and says so, instead of running
// into the deadline without a word.
func TestAnExhaustedKernelIsNotAskedForEver(t *testing.T) {
	for _, text := range []string{"uring", "uring:sqpoll=yes", "uring:wait=spin", "uring:over=unix", "msgring"} {
		spec, err := transports.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		spec.Dir, spec.Size = t.TempDir(), 8
		tr, err := transports.Lookup(spec.Transport)
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Probe(spec); err != nil {
			t.Logf("%s: %v", spec, err)
			continue
		}
		for _, errno := range []unix.Errno{unix.EAGAIN, unix.EBUSY, unix.ENOMEM, unix.ENOBUFS} {
			r, err := confinement{seccomp.Filter{Calls: []uintptr{unix.SYS_IO_URING_ENTER}, Errno: errno}, spec, false}.run()
			switch {
			case err != nil:
				t.Errorf("%s (%s): %v", spec, unix.ErrnoName(errno), err)
			case r.Stage == "done" && text == "uring:sqpoll=yes": // the kernel's thread does without the call
			case r.Hung, r.Stage == "done", !strings.Contains(r.Error, errno.Error()):
				t.Errorf("%s (%s): %+v", spec, unix.ErrnoName(errno), r)
			}
		}
	}
}
