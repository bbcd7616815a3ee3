package broker_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	_ "ipcbench/contrib/broker"
	"ipcbench/transports"
)

const driverEnv = "IPCBENCH_TEST_DRIVER"

func TestMain(m *testing.M) {
	if os.Getenv(driverEnv) != "" {
		drive()
	}
	os.Exit(m.Run())
}

func made() (transports.Transport, transports.Spec) {
	spec, err := transports.Parse("redis")
	if err != nil {
		panic(err)
	}
	spec.Size = 64
	t, _ := transports.Lookup(spec.Transport)
	return t, spec
}

// drive is a driver that has made a link, says so and waits to be killed.
func drive() {
	t, spec := made()
	link, err := t.Create(spec)
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
	os.Stdout.WriteString("made\n")
	time.Sleep(time.Hour)
	link.Close()
}

// TestNoServerOutlivesTheDriver kills a driver that has made a link, and waits until the
// server's directory has gone, which its keeper removes when the server has ended.
func TestNoServerOutlivesTheDriver(t *testing.T) {
	tr, spec := made()
	if err := tr.Probe(spec); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	dir := t.TempDir()
	driver := exec.Command("/proc/self/exe")
	driver.Env = append(os.Environ(), driverEnv+"=1", "TMPDIR="+dir)
	driver.Stderr = os.Stderr
	out, err := driver.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := driver.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal("the driver made no link: ", err)
	}
	left := func() []string { names, _ := filepath.Glob(filepath.Join(dir, "*")); return names }
	if len(left()) != 1 {
		t.Errorf("while there is a link, its directory holds %q", left())
	}
	driver.Process.Kill()
	driver.Wait()
	for end := time.Now().Add(20 * time.Second); len(left()) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%q outlive the driver", left())
		}
	}
}

// TestClosedAgainLeavesNoServer: the driver closes a link while its ends hold it, and again
// when they have ended. Only then is the server gone, and then it is: what is measured next
// is alone.
func TestClosedAgainLeavesNoServer(t *testing.T) {
	tr, spec := made()
	if err := tr.Probe(spec); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	left := func() []string { names, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); return names }
	link, err := tr.Create(spec)
	if err != nil {
		t.Fatal(err)
	}
	end := link.For(transports.Producer).Files[0]
	held, err := unix.Dup(int(end.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	unix.CloseOnExec(held)
	for range 2 {
		if err := link.Close(); err != nil || len(left()) != 1 {
			t.Errorf("closed while it is held: %v, and the server's directory is %q", err, left())
		}
	}
	unix.Close(held)
	for range 2 {
		if err := link.Close(); err != nil || len(left()) != 0 {
			t.Errorf("closed when nobody holds it: %v, and it left %q", err, left())
		}
	}
}
