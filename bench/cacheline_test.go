package bench

import (
	"strings"
	"testing"

	"ipcbench/internal/host"
)

// TestACacheLineThatIsNotReturnedIsAnError has no other side: it must not wait
// for ever.
func TestACacheLineThatIsNotReturnedIsAnError(t *testing.T) {
	cpus, err := host.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	if ns, err := cacheLine(cpus[0], 4095); err == nil || !strings.Contains(err.Error(), "CPU 4095") {
		t.Errorf("%v ns, %v", ns, err)
	}
}
