package bench

import (
	"strings"
	"testing"
	"time"

	"ipcbench/internal/host"
)

// TestACacheLineThatIsNotReturnedIsAnError has no other side: it must not wait
// for ever.
func TestACacheLineThatIsNotReturnedIsAnError(t *testing.T) {
	cpus, err := host.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	if ns, err := cacheLine(t.Context(), cpus[0], 4095, time.Millisecond); err == nil || !strings.Contains(err.Error(), "CPU 4095") {
		t.Errorf("%v ns, %v", ns, err)
	}
}
