package all_test

import (
	"os"
	"reflect"
	"slices"
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
	for _, tr := range ours() {
		t.Run(tr.Info().Name, func(t *testing.T) { transporttest.Run(t, tr) })
	}
}

// ours are the transports of this module.
func ours() []transports.Transport {
	return slices.DeleteFunc(transports.All(), func(tr transports.Transport) bool {
		return !strings.Contains(reflect.TypeOf(tr).PkgPath(), "/contrib/")
	})
}
