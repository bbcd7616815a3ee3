package all_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	_ "ipcbench/contrib/all"
	"ipcbench/transports"
	"ipcbench/transports/transporttest"
)

func TestMain(m *testing.M) {
	transporttest.Worker()
	os.Exit(m.Run())
}

// TestConformance runs the suite of the core on every transport of this module.
func TestConformance(t *testing.T) {
	for _, tr := range transports.All() {
		if !strings.Contains(reflect.TypeOf(tr).PkgPath(), "/contrib/") {
			continue
		}
		t.Run(tr.Info().Name, func(t *testing.T) { transporttest.Run(t, tr) })
	}
}
