package direct

import (
	"testing"

	"ipcbench/transports/internal/pairtest"
)

func TestMain(m *testing.M) { pairtest.Main(m) }
