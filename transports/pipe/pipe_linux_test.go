package pipe

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/pairtest"
)

func TestPipeHoldsTheCapacity(t *testing.T) {
	s := pairtest.Parse(t, "pipe", 64)
	s.Capacity = 256 << 10
	for _, side := range []transports.Side{transports.Producer, transports.Consumer} {
		w := pairtest.Create(t, s).For(side).Files[1]
		if n, err := unix.FcntlInt(w.Fd(), unix.F_GETPIPE_SZ, 0); n != s.Capacity || err != nil {
			t.Errorf("the %s's pipe holds %d bytes, error %v", side, n, err)
		}
	}
	s.Capacity = 1 << 31
	if _, err := (pipe{}).Create(s); err == nil || !strings.Contains(err.Error(), "fs.pipe-max-size") {
		t.Errorf("a capacity beyond all limits: %v", err)
	}
}
