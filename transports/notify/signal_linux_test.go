package notify

import (
	"errors"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/pairtest"
)

// limitSignals sets how many signals may be queued, until the test ends.
func limitSignals(t *testing.T, n uint64) {
	t.Helper()
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_SIGPENDING, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_SIGPENDING, &unix.Rlimit{Cur: n, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Setrlimit(unix.RLIMIT_SIGPENDING, &old) })
}

func TestSignalNeedsRoomInTheQueue(t *testing.T) {
	limitSignals(t, 100)
	s := pairtest.Parse(t, "signal", 8)
	err := signal{}.Probe(s)
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "ulimit -i") {
		t.Errorf("probe with a queue of 100 signals: %v", err)
	}
	if _, err := (signal{}).Create(s); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Create does not agree with Probe: %v", err)
	}
}

// TestSignalEndsWithoutRoom: Close neither waits nor fails where not one signal
// more can be queued, and the peer receives all that was sent before it sees
// the end.
func TestSignalEndsWithoutRoom(t *testing.T) {
	for _, text := range []string{"signal", "signal:wait=epoll", "signal:wait=sigwait"} {
		t.Run(text, func(t *testing.T) {
			pairtest.Quiet(t)
			s := pairtest.Parse(t, text, 8)
			link := pairtest.Create(t, s)
			consumer := pairtest.Open(t, s, transports.Consumer, link)
			pairtest.OnThread(func() {
				producer, err := pairtest.Transport(t, s.Transport).Open(s, transports.Producer, link.For(transports.Producer))
				if err != nil {
					t.Error(err)
					return
				}
				for n := 1; n <= 8; n++ {
					if err := producer.Send(pairtest.Message(n)); err != nil {
						t.Error(err)
					}
				}
				limitSignals(t, 0)
				if err := producer.Close(); err != nil {
					t.Error(err)
				}
			})
			buf := make([]byte, 8)
			for n := 1; n <= 8; n++ {
				pairtest.Receive(t, consumer, buf, pairtest.Message(n))
			}
			pairtest.ExpectEnd(t, consumer, buf)
		})
	}
}

// TestSignalOfAStranger: a signal of the same number that another process has
// queued, or kill(2) has sent, is no message and no end.
func TestSignalOfAStranger(t *testing.T) {
	e := pairtest.OpenWithEcho(t, pairtest.Parse(t, "signal", 8)).(*signalEndpoint)
	stranger := queuedSignal{signo: ownSignal, length: 8, code: siQueue, pid: 1}
	if errno := kernel.Syscall(unix.SYS_RT_TGSIGQUEUEINFO, uintptr(unix.Getpid()), uintptr(e.TID), ownSignal, uintptr(unsafe.Pointer(&stranger)), 0, 0); errno != 0 {
		t.Fatal(unix.Errno(-errno))
	}
	if err := unix.Tgkill(unix.Getpid(), int(e.TID), ownSignal); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 8)
	for n := 1; n <= 8; n++ {
		pairtest.Send(t, e, pairtest.Message(n))
		pairtest.Receive(t, e, buf, pairtest.Message(n))
	}
}
