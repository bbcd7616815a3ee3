package socket

import (
	"errors"
	"net"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"ipcbench/transports/internal/pairtest"
)

// TestNothingPassesTheLoopback: where a firewall drops all, that is the reason, in
// seconds, and no launch waits for it.
func TestNothingPassesTheLoopback(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if !alone(t, cmd) {
		return
	}
	if err := errors.Join(loopbackUp(), dropAll(t)); err != nil {
		t.Skip(err)
	}
	var all sync.WaitGroup
	for _, name := range []string{"tcp", "udp", "sockmap"} {
		s := pairtest.Parse(t, name, 64)
		all.Go(func() {
			err := pairtest.Transport(t, name).Probe(s)
			if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "firewall") {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	all.Wait()
}

// dropAll has the kernel drop all that comes to the loopback of this network
// namespace, until the test ends.
func dropAll(t *testing.T) error {
	const drop = 1 // XDP_DROP
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.XDP, License: "MIT",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, drop), asm.Return()},
	})
	if err != nil {
		return err
	}
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return err
	}
	attached, err := link.AttachXDP(link.XDPOptions{Program: program, Interface: lo.Index, Flags: link.XDPGenericMode})
	if err == nil {
		t.Cleanup(func() { attached.Close() })
	}
	return err
}
