package pairtest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"

	"ipcbench/transports"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
)

// Parse returns the spec of text for messages of up to size bytes, in a
// directory of the test's own.
func Parse(t *testing.T, text string, size int) transports.Spec {
	t.Helper()
	s, err := transports.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	s.Size, s.Dir = size, t.TempDir()
	return s
}

// Transport is the one that is called name.
func Transport(t *testing.T, name string) transports.Transport {
	t.Helper()
	found, err := transports.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Create makes a link that the test closes.
func Create(t *testing.T, s transports.Spec) transports.Link {
	t.Helper()
	link, err := Transport(t, s.Transport).Create(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := link.Close(); err != nil {
			t.Errorf("close the link: %v", err)
		}
	})
	return link
}

// Open makes one end, which the test closes.
func Open(t *testing.T, s transports.Spec, side transports.Side, link transports.Link) transports.Endpoint {
	t.Helper()
	e, err := Transport(t, s.Transport).Open(s, side, link.For(side))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// OpenPair makes both ends in this process. One goroutine uses them, so it must
// not send more than the link buffers, nor wait for what it did not send: a
// thread that waits in a raw system call stops every other goroutine that wants
// to collect garbage.
func OpenPair(t *testing.T, s transports.Spec) (producer, consumer transports.Endpoint) {
	t.Helper()
	link := Create(t, s)
	return Open(t, s, transports.Producer, link), Open(t, s, transports.Consumer, link)
}

// Message returns n bytes that differ with n.
func Message(n int) []byte {
	m := make([]byte, n)
	for i := range m {
		m[i] = byte(i*7 + n)
	}
	return m
}

// Receive expects want from e.
func Receive(t *testing.T, e transports.Endpoint, buf, want []byte) {
	t.Helper()
	n, err := e.Recv(buf)
	if err != nil {
		t.Fatalf("receive %d bytes: %v", len(want), err)
	}
	if !bytes.Equal(buf[:n], want) {
		t.Fatalf("sent %d bytes, received %d other ones", len(want), n)
	}
}

func Send(t *testing.T, e transports.Endpoint, m []byte) {
	t.Helper()
	if err := e.Send(m); err != nil {
		t.Fatal(err)
	}
}

// ExpectEnd expects the end from e, and the end again.
func ExpectEnd(t *testing.T, e transports.Endpoint, buf []byte) {
	t.Helper()
	for range 2 {
		if n, err := e.Recv(buf); n != 0 || err != io.EOF {
			t.Fatalf("after the end: %d bytes, error %v; want 0 bytes, io.EOF", n, err)
		}
	}
}

// echoEnv holds the job of a process that is to echo.
const echoEnv = "TRANSPORTS_ECHO"

type echoJob struct {
	Spec  transports.Spec
	Files int
	Bytes []byte
}

// OpenWithEcho returns the producer of s, whose consumer is another process,
// which sends back each message. This process collects no garbage until the
// test ends.
func OpenWithEcho(t *testing.T, s transports.Spec) transports.Endpoint {
	t.Helper()
	link := Create(t, s)
	h := link.For(transports.Consumer)
	job, err := json.Marshal(echoJob{Spec: s, Files: len(h.Files), Bytes: h.Bytes})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), echoEnv+"="+string(job))
	cmd.ExtraFiles = h.Files
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread() // which the other process must not outlive
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	links.Close(h.Files...)
	gc := debug.SetGCPercent(-1)
	e := Open(t, s, transports.Producer, link)
	t.Cleanup(func() {
		e.Close()
		runtime.UnlockOSThread()
		debug.SetGCPercent(gc)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the process that echoes: %v", err)
		}
	})
	return e
}

// Main is a TestMain: it runs the tests, or is that other process.
func Main(m *testing.M) {
	job, asked := os.LookupEnv(echoEnv)
	if !asked {
		os.Exit(m.Run())
	}
	if err := echo(job); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func echo(text string) error {
	var job echoJob
	if err := json.Unmarshal([]byte(text), &job); err != nil {
		return err
	}
	files := make([]*os.File, job.Files)
	for i := range files {
		files[i] = os.NewFile(uintptr(3+i), "inherited")
	}
	found, err := transports.Lookup(job.Spec.Transport)
	if err != nil {
		return err
	}
	e, err := found.Open(job.Spec, transports.Consumer, transports.Handover{Files: files, Bytes: job.Bytes})
	if err != nil {
		return err
	}
	defer e.Close()
	debug.SetGCPercent(-1)
	runtime.LockOSThread()
	for buf := make([]byte, job.Spec.Size); ; {
		n, err := e.Recv(buf)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = e.Send(buf[:n])
		}
		if err != nil {
			return err
		}
	}
}

// Frame returns the header of a message of n bytes, and m.
func Frame(n uint32, m string) []byte {
	f := make([]byte, kernel.HeaderBytes)
	binary.LittleEndian.PutUint32(f, n)
	return append(f, m...)
}

// PageSizes are sizes about a page, on either side of what the file transport
// copies.
var PageSizes = map[string]int{"a page": kernel.CopyLimit, "more than a page": kernel.CopyLimit + 1}
