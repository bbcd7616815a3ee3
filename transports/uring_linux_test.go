package transports

import (
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/internal/uring"
)

// needsRing keeps the test on its thread, to which its rings belong, and skips
// it where s cannot be run.
func needsRing(t *testing.T, s Spec) {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	if err := transport(t, s.Transport).Probe(s); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
}

// TestUringOptionsTogether: the conformance suite sets one at a time.
func TestUringOptionsTogether(t *testing.T) {
	for _, over := range []string{"pipe", "unix"} {
		for _, sqpoll := range []string{"no", "yes"} {
			for _, wait := range []string{"block", "spin"} {
				for _, uniform := range []bool{false, true} {
					s := parse(t, "uring:over="+over+",sqpoll="+sqpoll+",wait="+wait, 5000)
					s.Uniform = uniform
					t.Run(s.String(), func(t *testing.T) {
						needsRing(t, s)
						producer, consumer := openPair(t, s)
						buf := make([]byte, s.Size)
						for range 3 {
							send(t, producer, message(s.Size))
							receive(t, consumer, buf, message(s.Size))
							send(t, consumer, message(s.Size))
							receive(t, producer, buf, message(s.Size))
						}
						send(t, producer, message(s.Size))
						if err := producer.Close(); err != nil {
							t.Fatal(err)
						}
						receive(t, consumer, buf, message(s.Size))
						expectEnd(t, consumer, buf)
						if err := consumer.Send(message(s.Size)); err == nil || !strings.Contains(err.Error(), "the peer closed its end") {
							t.Errorf("send to a closed peer: %v", err)
						}
					})
				}
			}
		}
	}
}

func TestUringEndsInsideAMessage(t *testing.T) {
	s := parse(t, "uring", 100)
	needsRing(t, s)
	for _, uniform := range []bool{false, true} {
		s.Uniform = uniform
		link := create(t, s)
		consumer := open(t, s, Consumer, link)
		w := link.Files(Producer)[1]
		if _, err := w.Write(frame(90, "abc")); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if _, err := consumer.Recv(make([]byte, s.Size)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("uniform %v: %v", uniform, err)
		}
	}
}

func TestUringAllocatesNothing(t *testing.T) {
	for _, text := range []string{"uring", "uring:over=unix,wait=spin", "msgring"} {
		for _, uniform := range []bool{false, true} {
			s := parse(t, text, 8)
			s.Uniform = uniform
			needsRing(t, s)
			producer, consumer := openPair(t, s)
			msg, buf := message(8), make([]byte, 8)
			if n := testing.AllocsPerRun(100, func() {
				send(t, producer, msg)
				receive(t, consumer, buf, msg)
			}); n != 0 {
				t.Errorf("%s, uniform %v: %v allocations for a message", text, uniform, n)
			}
		}
	}
}

// TestNoRingSaysWhatToDo: the reasons why a kernel or a sandbox makes none are
// no failures, and each has a remedy.
func TestNoRingSaysWhatToDo(t *testing.T) {
	for errno, remedy := range map[unix.Errno]string{
		unix.ENOSYS: "take Linux 5.7 or newer",
		unix.EPERM:  "lift the sandbox",
		unix.ENOMEM: "ulimit -l",
		unix.EINVAL: "take a newer one",
	} {
		err := ringFailed(uring.Config{}, errno)
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%v: %v is a failure", errno, err)
		}
		disabled, _ := os.ReadFile("/proc/sys/kernel/io_uring_disabled")
		if errno == unix.EPERM && strings.TrimSpace(string(disabled)) != "0" {
			remedy = "io_uring_disabled"
		}
		if !strings.Contains(err.Error(), remedy) {
			t.Errorf("%v: %v", errno, err)
		}
	}
	if err := ringFailed(uring.Config{}, unix.EMFILE); errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "ulimit -n") {
		t.Errorf("EMFILE: %v", err)
	}
}

// TestUringProbeFromAnyGoroutine: goroutines change threads, and a ring does
// not.
func TestUringProbeFromAnyGoroutine(t *testing.T) {
	s := parse(t, "uring", 8)
	if err := transport(t, s.Transport).Probe(s); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if err := transport(t, s.Transport).Probe(s); err != nil {
					t.Error(err)
					return
				}
				runtime.Gosched()
			}
		})
	}
	all.Wait()
}
