package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// haltPolling is for how long an idle CPU of a KVM guest watches for work
// before it leaves the guest, in ns; see the kernel's
// Documentation/virt/guest-halt-polling.rst.
const haltPolling = "/sys/module/haltpoll/parameters/guest_halt_poll_ns"

// TestHaltPolling changes a setting of this machine that decides what waking a
// process on another CPU costs. compare must say so in its first line and name
// the setting among the environment's differences. It writes haltpoll.txt and haltpoll.svg.
func TestHaltPolling(t *testing.T) {
	if os.Getenv("IPCBENCH_HALTPOLL") == "" {
		t.Skip("changes a setting of this machine for a few seconds: run make haltpoll as root")
	}
	before, err := os.ReadFile(haltPolling)
	if err != nil {
		t.Skipf("%v: needs a KVM guest with the cpuidle driver haltpoll", err)
	}
	t.Cleanup(func() { setHaltPolling(t, strings.TrimSpace(string(before))) })
	args := []string{"-s", "64", "-w", "latency", "pipe", "unix", "mmap:wait=futex", "mmap:wait=spin", "-d", t.TempDir()}
	setHaltPolling(t, "0")
	old := measure(t, 0, args...)
	setHaltPolling(t, "50000")
	polling := measure(t, 0, args...)
	out, err := exec.Command("ipcbench", "compare", old, polling).CombinedOutput()
	if err == nil {
		chart, _ := filepath.Abs(filepath.Join(trialsDir, "haltpoll.svg"))
		err = exec.Command("ipcbench", "compare", old, polling, "--chart="+chart).Run()
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	keep(t, "haltpoll.txt", string(out))
	headline, rest, _ := strings.Cut(string(out), "\n")
	if !strings.Contains(headline, "faster") || !strings.Contains(headline, "guest-halt-poll-ns") {
		t.Errorf("the first line does not tell: %s", headline)
	}
	if !strings.Contains(rest, "guest-halt-poll-ns") {
		t.Error("the environment's differences do not name guest-halt-poll-ns")
	}
}

func setHaltPolling(t *testing.T, ns string) {
	t.Helper()
	if err := os.WriteFile(haltPolling, []byte(ns), 0); err != nil {
		t.Fatalf("%v: run as root", err)
	}
}
