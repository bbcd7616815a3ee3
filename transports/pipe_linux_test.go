package transports

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPipeHoldsTheCapacity(t *testing.T) {
	s := parse(t, "pipe", 64)
	s.Capacity = 256 << 10
	for _, side := range []Side{Producer, Consumer} {
		w := create(t, s).Files(side)[1]
		if n, err := unix.FcntlInt(w.Fd(), unix.F_GETPIPE_SZ, 0); n != s.Capacity || err != nil {
			t.Errorf("the %s's pipe holds %d bytes, error %v", side, n, err)
		}
	}
	s.Capacity = 1 << 31
	if _, err := (pipe{}).Create(s); err == nil || !strings.Contains(err.Error(), "fs.pipe-max-size") {
		t.Errorf("a capacity beyond all limits: %v", err)
	}
}
