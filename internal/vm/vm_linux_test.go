package vm

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A kernel to boot is named by these variables, an image or a Debian package.
const (
	kernelEnv = "VM_TEST_KERNEL"
	arm64Env  = "VM_TEST_KERNEL_ARM64"
)

// machine is one that boots the kernel of that architecture, with this program built
// for it.
func machine(t *testing.T, arch string) Machine {
	t.Helper()
	variable := kernelEnv
	if arch == "arm64" {
		variable = arm64Env
	}
	kernel := os.Getenv(variable)
	if kernel == "" && arch == runtime.GOARCH {
		images, _ := filepath.Glob("/boot/vmlinuz-*")
		if len(images) > 0 {
			kernel = images[len(images)-1]
		}
	}
	if kernel == "" {
		t.Skipf("no kernel: %s names an image or a Debian package of one (apt-get download linux-image-…)", variable)
	}
	if _, err := installed(architectures[arch].program, architectures[arch].pkg); err != nil {
		t.Skip(err)
	}
	m := Machine{Kernel: kernel, Arch: arch, Binary: filepath.Join(t.TempDir(), "ipcbench"), Limit: 5 * time.Minute}
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", m.Binary, "ipcbench/cmd/ipcbench")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+arch)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := m.Missing(); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestARunInAMachine(t *testing.T) {
	m := machine(t, "amd64")
	m.Cmdline = "mitigations=off"
	out := t.TempDir()
	if err := Boot(t.Context(), m, strings.Fields("pipe -w latency -s 8 -n 1 --time 5ms --name one"), out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "one", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"emulated":"QEMU TCG"`, "mitigations=off"} {
		if !strings.Contains(strings.ReplaceAll(string(text), `": "`, `":"`), want) {
			t.Errorf("its facts have no %s: %s", want, text)
		}
	}
	_ = context.Canceled
	_ = errors.Is
}
