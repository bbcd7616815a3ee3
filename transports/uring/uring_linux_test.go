package uring

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/internal/uring"
	"ipcbench/transports"
	"ipcbench/transports/internal/iouring"
	"ipcbench/transports/internal/pairtest"
)

// needsRing keeps the test on its thread, to which its rings belong, and skips
// it where s cannot be run.
func needsRing(t *testing.T, s transports.Spec) {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	if err := pairtest.Transport(t, s.Transport).Probe(s); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
}

// TestUringOptionsTogether: the conformance suite sets one at a time.
func TestUringOptionsTogether(t *testing.T) {
	for _, over := range []string{"pipe", "unix"} {
		for _, sqpoll := range []string{"no", "yes"} {
			for _, wait := range []string{"block", "spin"} {
				for _, uniform := range []bool{false, true} {
					s := pairtest.Parse(t, "uring:over="+over+",sqpoll="+sqpoll+",wait="+wait, 5000)
					s.Uniform = uniform
					t.Run(s.String(), func(t *testing.T) {
						needsRing(t, s)
						producer, consumer := pairtest.OpenPair(t, s)
						buf := make([]byte, s.Size)
						for range 3 {
							pairtest.Send(t, producer, pairtest.Message(s.Size))
							pairtest.Receive(t, consumer, buf, pairtest.Message(s.Size))
							pairtest.Send(t, consumer, pairtest.Message(s.Size))
							pairtest.Receive(t, producer, buf, pairtest.Message(s.Size))
						}
						pairtest.Send(t, producer, pairtest.Message(s.Size))
						if err := producer.Close(); err != nil {
							t.Fatal(err)
						}
						pairtest.Receive(t, consumer, buf, pairtest.Message(s.Size))
						pairtest.ExpectEnd(t, consumer, buf)
						if err := consumer.Send(pairtest.Message(s.Size)); err == nil || !strings.Contains(err.Error(), "the peer closed its end") {
							t.Errorf("send to a closed peer: %v", err)
						}
					})
				}
			}
		}
	}
}

func TestUringEndsInsideAMessage(t *testing.T) {
	s := pairtest.Parse(t, "uring", 100)
	needsRing(t, s)
	for _, uniform := range []bool{false, true} {
		s.Uniform = uniform
		link := pairtest.Create(t, s)
		consumer := pairtest.Open(t, s, transports.Consumer, link)
		w := link.For(transports.Producer).Files[1]
		if _, err := w.Write(pairtest.Frame(90, "abc")); err != nil {
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
			s := pairtest.Parse(t, text, 8)
			s.Uniform = uniform
			needsRing(t, s)
			producer, consumer := pairtest.OpenPair(t, s)
			msg, buf := pairtest.Message(8), make([]byte, 8)
			if n := testing.AllocsPerRun(100, func() {
				pairtest.Send(t, producer, msg)
				pairtest.Receive(t, consumer, buf, msg)
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
		unix.EPERM:  "not permitted",
		unix.ENOMEM: "ulimit -l",
		unix.EINVAL: "take a newer one",
	} {
		err := iouring.Refused(uring.Config{}, errno)
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%v: %v is a failure", errno, err)
		}
		if !strings.Contains(err.Error(), remedy) {
			t.Errorf("%v: %v", errno, err)
		}
	}
	if err := iouring.Refused(uring.Config{}, unix.EMFILE); errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "ulimit -n") {
		t.Errorf("EMFILE: %v", err)
	}
}

// TestUringProbeFromAnyGoroutine: goroutines change threads, and a ring does
// not.
func TestUringProbeFromAnyGoroutine(t *testing.T) {
	s := pairtest.Parse(t, "uring", 8)
	if err := pairtest.Transport(t, s.Transport).Probe(s); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if err := pairtest.Transport(t, s.Transport).Probe(s); err != nil {
					t.Error(err)
					return
				}
				runtime.Gosched()
			}
		})
	}
	all.Wait()
}
