package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/internal/vm"
)

// TestControlGroupsOfVersion2 runs the tests of control groups in a machine that has
// version 2 alone, whatever this one has: this binary is its first process.
func TestControlGroupsOfVersion2(t *testing.T) {
	if os.Getenv("VM_TEST_LONG") == "" {
		t.Skip("takes a minute: make machines")
	}
	m := vm.Machine{Kernel: os.Getenv("VM_TEST_KERNEL"), Binary: "/proc/self/exe", Limit: 20 * time.Minute}
	if err := m.Missing(); err != nil {
		t.Skip(err)
	}
	out := t.TempDir()
	if err := vm.Boot(t.Context(), m, []string{"-test.v", "-test.run=^TestAGroup"}, out); err != nil {
		t.Fatal(err)
	}
	said, err := os.ReadFile(filepath.Join(out, "groups", "said"))
	if err != nil {
		t.Fatal(err)
	}
	if passed := strings.Count(string(said), "--- PASS: TestAGroup"); passed < 2 || strings.Contains(string(said), "SKIP") {
		t.Errorf("%d tests passed there:\n%s", passed, said)
	}
	t.Logf("%s", said)
}

// inMachine is what this binary does there, as "run".
func inMachine(m *testing.M) int {
	os.Args = append(os.Args[:1], os.Args[2:]...)
	dir := filepath.Join(os.Getenv("IPCBENCH_OUT"), "groups")
	if err := os.Mkdir(dir, 0o755); err != nil {
		panic(err)
	}
	said, err := os.Create(filepath.Join(dir, "said"))
	if err == nil {
		err = unix.Mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, "")
	}
	if err == nil { // as systemd does
		err = os.WriteFile("/sys/fs/cgroup/cgroup.subtree_control", []byte("+cpu +memory"), 0o644)
	}
	if err != nil {
		panic(err)
	}
	os.Stdout = said
	return m.Run()
}
