package transports_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/internal/seccomp"
	"ipcbench/transports"
	"ipcbench/transports/internal/pairtest"
)

// TestABatchHasOnePush counts the calls that push to the storage, as the kernel sees
// them: one to so many messages, one for what is left when the sender closes, and for
// the mark at the end of a file one more. The peer has each message at once.
func TestABatchHasOnePush(t *testing.T) {
	const messages = 45 // several times what the least of rings and files hold
	for _, c := range []struct {
		text   string
		ending int64 // calls for the end of the stream
	}{{"mmap:sync=sync", 0}, {"mmap:sync=sync,wait=futex", 0}, {"file:sync=sync", 1}, {"log:sync=sync", 1}, {"file:sync=sync,wait=inotify", 1}} {
		for _, batch := range []int{0, 1, 8, 100} {
			t.Run(fmt.Sprintf("%s/%d", c.text, batch), func(t *testing.T) {
				pairtest.Quiet(t) // the thread that pushes waits in a raw system call for the one that counts
				s := pairtest.Parse(t, c.text, 64)
				s.Capacity, s.Batch = 1, batch
				producer, consumer := openBoth(t, s)
				var calls atomic.Int64
				var unwatched error
				pairtest.OnThread(func() {
					runtime.LockOSThread()
					counted := seccomp.Filter{Calls: []uintptr{unix.SYS_FDATASYNC, unix.SYS_FSYNC, unix.SYS_MSYNC}}
					if err := counted.Before(func([6]uint64) { calls.Add(1) }); err != nil {
						unwatched = err
						return
					}
					each := int64(max(1, batch))
					for n := range int64(messages) {
						if err := exchangeOne(producer, consumer, pairtest.Message(1+int(n))); err != nil {
							t.Errorf("message %d: %v", n, err)
							return
						}
						if got, want := calls.Load(), (n+1)/each; got != want {
							t.Errorf("%d messages of which %d share a push had %d, want %d", n+1, each, got, want)
							return
						}
					}
					if err := producer.Close(); err != nil {
						t.Error(err)
					}
					if got, want := calls.Load(), (messages+each-1)/each+c.ending; got != want {
						t.Errorf("with the end of the stream there were %d pushes, want %d", got, want)
					}
				})
				if unwatched != nil {
					t.Skipf("watch the calls of a thread: %v: run the test where seccomp is allowed", unwatched)
				}
			})
		}
	}
}

// openBoth opens both ends in this process, each with descriptors of its own.
func openBoth(t *testing.T, s transports.Spec) (producer, consumer transports.Endpoint) {
	t.Helper()
	link, tr := pairtest.Create(t, s), pairtest.Transport(t, s.Transport)
	var ends [2]transports.Endpoint
	for side := range ends {
		inherited := link.For(transports.Side(side))
		h := transports.Handover{Bytes: inherited.Bytes}
		for _, f := range inherited.Files {
			fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			h.Files = append(h.Files, os.NewFile(uintptr(fd), f.Name()))
		}
		e, err := tr.Open(s, transports.Side(side), h)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		ends[side] = e
	}
	return ends[0], ends[1]
}

func exchangeOne(producer, consumer transports.Endpoint, message []byte) error {
	buf := make([]byte, 64)
	if err := producer.Send(message); err != nil {
		return err
	}
	n, err := consumer.Recv(buf)
	if err == nil && !bytes.Equal(buf[:n], message) {
		err = fmt.Errorf("received %q", buf[:n])
	}
	return err
}

// TestWhoCanShareAPush: what is said of an option is what it does, and a write that is
// stored by itself leaves nothing to share.
func TestWhoCanShareAPush(t *testing.T) {
	for text, want := range map[string]transports.Caps{
		"mmap": 0, "mmap:sync=async": 0, "mmap:sync=sync": transports.Stores | transports.StoresBatch,
		"file:sync=sync": transports.Stores | transports.StoresBatch, "log:sync=dsync": transports.Stores, "log:direct=yes": 0, "pipe": 0,
	} {
		if got := pairtest.Parse(t, text, 64).Caps() & (transports.Stores | transports.StoresBatch); got != want {
			t.Errorf("%s has %b, want %b", text, got, want)
		}
	}
}
