package vm

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestResultsGoToANetworkShare of an NFS server of this machine, to which the network of
// QEMU leads.
func TestResultsGoToANetworkShare(t *testing.T) {
	if os.Getenv(longEnv) == "" {
		t.Skip("takes a minute: make machines")
	}
	share, port := serve(t)
	m := machine(t, "amd64")
	l, err := m.prepare(t.Context())
	if err == nil {
		l.modules, err = LoadModules(t.Context(), m.Kernel, []string{"virtio_pci", "virtio_net", "nfsv4"})
	}
	if err != nil {
		t.Fatal(err)
	}
	l.virtio = false
	m.Cmdline = "ip=10.0.2.15:::255.255.255.0::eth0:off -- " +
		fmt.Sprintf("results=nfs:10.0.2.2:/srv,vers=4.2,addr=10.0.2.2,clientaddr=10.0.2.15,port=%d,proto=tcp,sec=sys", port)
	files, err := m.files(l, Plan{Run: strings.Fields("pipe -w latency -s 8 -n 1 --time 5ms -p same-cpu --name one")})
	defer closeAll(files)
	if err != nil {
		t.Fatal(err)
	}
	q := exec.CommandContext(t.Context(), architectures["amd64"].program, append(m.arguments(l, tcg), "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net")...)
	q.ExtraFiles = files
	said, err := q.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	launches, err := os.ReadFile(filepath.Join(share, "one", "launches.jsonl"))
	if err != nil || !strings.Contains(string(launches), `"status":"ok"`) {
		t.Errorf("in the share: %v, %s\nand on the console:\n%s", err, launches, said)
	}
}

// serve starts an NFS server for a directory, on a port of this machine alone.
func serve(t *testing.T) (dir string, port int) {
	t.Helper()
	program, err := exec.LookPath("ganesha.nfsd")
	if err != nil {
		t.Skip("no NFS server: apt-get install --no-install-recommends nfs-ganesha nfs-ganesha-vfs")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port = free.Addr().(*net.TCPAddr).Port
	free.Close()
	dir = t.TempDir()
	own := t.TempDir()
	config := fmt.Sprintf(`NFS_CORE_PARAM { Protocols = 4; NFS_Port = %d; Bind_addr = 127.0.0.1; Enable_NLM = false; Enable_RQUOTA = false; }
NFSv4 { RecoveryRoot = "%s"; Graceless = true; }
EXPORT { Export_Id = 1; Path = "%s"; Pseudo = "/srv"; Access_Type = RW; Squash = No_Root_Squash; SecType = sys; Protocols = 4; Transports = TCP; FSAL { Name = VFS; } }
`, port, own, dir)
	if err := os.WriteFile(filepath.Join(own, "conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(own, "log")
	server := exec.Command(program, "-F", "-f", filepath.Join(own, "conf"), "-p", filepath.Join(own, "pid"), "-L", log)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return dir, port
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log)
			t.Skipf("the NFS server does not answer: %s", text)
		}
	}
}

func TestTheAddressOfTheCommandLine(t *testing.T) {
	a, err := addressIn("quiet ip=10.0.2.15:::255.255.255.0::eth0:off -- results=x")
	if err != nil || a == nil || a.client.String() != "10.0.2.15" || a.netmask.String() != "255.255.255.0" || a.device != "eth0" {
		t.Errorf("%+v, %v", a, err)
	}
	for _, cmdline := range []string{"quiet", "ip=dhcp", "ip=:::::eth0:dhcp", "ip=on"} { // for others to do
		if a, err := addressIn(cmdline); a != nil || err != nil {
			t.Errorf("%s: %+v, %v", cmdline, a, err)
		}
	}
	for _, cmdline := range []string{"ip=10.0.2.15:::::eth0", "ip=10.0.2:::255.0.0.0::eth0", "ip=10.0.2.15:::255.0.0.0::"} {
		if a, err := addressIn(cmdline); err == nil || !strings.Contains(err.Error(), "write it as ip=") {
			t.Errorf("%s: %+v, %v", cmdline, a, err)
		}
	}
}
