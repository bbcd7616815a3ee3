package transports_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports/internal/pairtest"
)

// TestNoDescriptorToBeHad: a limit of the moment is no lack of the host's, and
// the remedy is to raise it.
func TestNoDescriptorToBeHad(t *testing.T) {
	for _, name := range []string{"pipe", "vmsplice", "unix", "unix:type=dgram", "tcp", "sockmap", "memfd", "memfdpass"} {
		s := pairtest.Parse(t, name, 64)
		var old unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
			t.Fatal(err)
		}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: old.Max}); err != nil {
			t.Fatal(err)
		}
		_, err := pairtest.Transport(t, s.Transport).Create(s)
		unix.Setrlimit(unix.RLIMIT_NOFILE, &old)
		if !errors.Is(err, unix.EMFILE) || errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "ulimit -n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
