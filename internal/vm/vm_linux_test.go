package vm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An archive by cpio(1) has what ours has.
func TestAnImageIsReadByCpio(t *testing.T) {
	cpio, err := exec.LookPath("cpio")
	if err != nil {
		t.Skip("cpio is not installed: apt-get install cpio")
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root, to make a device")
	}
	var image bytes.Buffer
	i := Image{Binary: "/proc/self/exe", Modules: []Module{{"b.ko", []byte("first")}, {"a.ko.xz", []byte("then")}}, Plan: Plan{Run: []string{"a b"}}}
	if err := i.Write(&image); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	unpack := exec.Command(cpio, "-id", "--quiet")
	unpack.Dir, unpack.Stdin = dir, &image
	if out, err := unpack.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v: %s", err, out)
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"init": string(self), planFile: `{"run":["a b"]}`, "modules/000-b.ko": "first", "modules/001-a.ko.xz": "then",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %.80q, %v", name, got, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "dev/console")); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Errorf("the console is %v, %v", info, err)
	}
}

// A serial port ends lines otherwise, and carries what the kernel says as well.
func TestResultsComeThroughASerialPort(t *testing.T) {
	dir := t.TempDir()
	big := strings.Repeat("a line of no meaning\n", 5000)
	for name, text := range map[string]string{"one/launches.jsonl": big, "one/charts/a.svg": "<svg/>"} {
		os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var sent bytes.Buffer
	if err := pack(&sent, dir, 3); err != nil {
		t.Fatal(err)
	}
	line := "[    1.0] random: crng init done\n" + strings.ReplaceAll(sent.String(), "\n", "\r\n") + "[   9.0] reboot: Power down\r\n"
	into := filepath.Join(t.TempDir(), "new")
	names, status, err := Unpack([]byte(line), into)
	if err != nil || status != 3 || !slices.Equal(names, []string{"one"}) {
		t.Fatalf("%v, status %d, %v", names, status, err)
	}
	if got, err := os.ReadFile(filepath.Join(into, "one/launches.jsonl")); err != nil || string(got) != big {
		t.Errorf("%d bytes came, %v", len(got), err)
	}

	middle := len(line) / 2
	for name, damaged := range map[string]string{
		"cut":        line[:middle],
		"a message":  line[:middle] + "\r\n[    8.0] oom-killer\r\n" + line[middle:],
		"lost bytes": line[:middle] + line[middle+8:],
	} {
		if _, _, err := Unpack([]byte(damaged), t.TempDir()); !errors.Is(err, errDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a machine sends is not to be trusted: it stays in the directory.
func TestAnArchiveStaysInItsDirectory(t *testing.T) {
	for name, header := range map[string]tar.Header{
		"above":        {Name: "../evil", Typeflag: tar.TypeReg},
		"absolute":     {Name: "/tmp/evil", Typeflag: tar.TypeReg},
		"a link":       {Name: "evil", Typeflag: tar.TypeSymlink, Linkname: "/etc"},
		"a device":     {Name: "evil", Typeflag: tar.TypeChar},
		"there before": {Name: "kept", Typeflag: tar.TypeReg},
	} {
		var archive bytes.Buffer
		compressed := gzip.NewWriter(&archive)
		files := tar.NewWriter(compressed)
		header.Mode = 0o644
		if err := errors.Join(files.WriteHeader(&header), files.Close(), compressed.Close()); err != nil {
			t.Fatal(err)
		}
		digest := sha256.Sum256(archive.Bytes())
		block := pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: archive.Bytes(), Headers: map[string]string{
			digestKey: hex.EncodeToString(digest[:]), statusKey: "0",
		}})
		dir := t.TempDir()
		os.WriteFile(filepath.Join(dir, "kept"), []byte("mine"), 0o644)
		if _, _, err := Unpack(block, dir); err == nil {
			t.Errorf("%s: no error", name)
		}
		entries, _ := os.ReadDir(dir)
		if text, _ := os.ReadFile(filepath.Join(dir, "kept")); len(entries) != 1 || string(text) != "mine" {
			t.Errorf("%s: it left %v", name, entries)
		}
	}
}

func TestATopologyIsReadAndRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "-smp 2,sockets=1,cores=2,threads=1 -m 1024M",
		"4 cores":                                "-smp 4,sockets=1,cores=4,threads=1 -m 1024M",
		"1 socket, 2 dies, 1 core":               "-smp 2,sockets=1,cores=1,threads=1,dies=2 -m 1024M",
		"2 sockets, 2 cores, 2 threads, 2 nodes": "-smp 8,sockets=2,cores=2,threads=2 -m 1024M -object memory-backend-ram,id=node0,size=512M -numa node,nodeid=0,memdev=node0,cpus=0-3 -object memory-backend-ram,id=node1,size=512M -numa node,nodeid=1,memdev=node1,cpus=4-7",
	} {
		topology, err := parseTopology(text)
		if got := strings.Join(topology.qemu(1<<30), " "); err != nil || got != want {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"2", "two cores", "2 chairs", "0 cores", "2 cores, 2 cores", "3 cores, 2 nodes", "65 cores", "8 sockets, 8 cores, 2 threads", "2 cores,"} {
		if _, err := parseTopology(text); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWhatIsMissingIsSaidWithItsRemedy(t *testing.T) {
	text := filepath.Join(t.TempDir(), "vmlinuz")
	os.WriteFile(text, []byte("no kernel"), 0o644)
	for want, m := range map[string]Machine{
		`architecture "vax"`:            {Arch: "vax"},
		"GOARCH=arm64 go build":         {Arch: "arm64", Kernel: text},
		"give it 256 or more":           {Memory: 1 << 20, Kernel: text},
		"apt-get download":              {},
		"there are no chairs: write it": {Kernel: text, Topology: "2 chairs"},
		"apt-get install":               {Kernel: text},
	} {
		if want == "apt-get install" {
			t.Setenv("PATH", t.TempDir())
		}
		if err := m.Missing(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", m, err, want)
		}
	}
}

// What stands on the kernel's command line for the first process has the last word.
func TestTheCommandLineHasTheLastWord(t *testing.T) {
	for cmdline, want := range map[string]Plan{
		"quiet results=tty9\n": {Run: []string{"pipe"}, Results: "ttyS1"},
		"quiet --\n":           {Run: []string{"pipe"}, Results: "ttyS1"},
		"quiet -- results=ext4:/dev/vda,discard\n":       {Run: []string{"pipe"}, Results: "ext4:/dev/vda,discard"},
		"quiet -- run mmap -n 1\n":                       {Run: []string{"mmap", "-n", "1"}, Results: "ttyS1"},
		"quiet -- results=virtio --label \"a=b c\" mmap": {Run: []string{"--label", "a=b c", "mmap"}, Results: "virtio"},
	} {
		p := Plan{Run: []string{"pipe"}, Results: "ttyS1"}
		if err := p.override(cmdline); err != nil || !slices.Equal(p.Run, want.Run) || p.Results != want.Results {
			t.Errorf("%q: %+v, %v", cmdline, p, err)
		}
	}
	if err := new(Plan).override("quiet -- 'run"); err == nil {
		t.Error("an open quote is no error")
	}
}

// Modules come after what they need, and what is in the kernel is left out.
func TestModulesComeInTheirOrder(t *testing.T) {
	kernel := os.Getenv(kernelEnv["amd64"])
	if kernel == "" {
		t.Skip("no kernel: " + kernelEnv["amd64"] + " names a Debian package of one")
	}
	modules, err := LoadModules(t.Context(), kernel, []string{"btrfs", "ext4"})
	if err != nil {
		t.Fatal(err)
	}
	place := map[string]int{}
	for i, m := range modules {
		place[plainName(m.Name)] = i + 1
		needed, err := m.depends()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range needed {
			if place[name] == 0 {
				t.Errorf("%s comes before %s, which it needs", m.Name, name)
			}
		}
	}
	if place["btrfs"] < 2 {
		t.Errorf("modules are %v", place)
	}
	if _, err := LoadModules(t.Context(), kernel, []string{"no_such"}); err == nil || !strings.Contains(err.Error(), "module no_such: it does not belong") {
		t.Error(err)
	}
}
