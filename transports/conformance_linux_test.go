package transports_test

import (
	"os"
	"testing"

	"ipcbench/transports"
	_ "ipcbench/transports/all"
	"ipcbench/transports/transporttest"
)

func TestMain(m *testing.M) {
	transporttest.Worker()
	confined()
	os.Exit(m.Run())
}

// TestConformance runs the suite on all that is registered: a new transport
// is tested without an edit here.
func TestConformance(t *testing.T) {
	for _, tr := range transports.All() {
		t.Run(tr.Info().Name, func(t *testing.T) { transporttest.Run(t, tr) })
	}
}
