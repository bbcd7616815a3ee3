package pipe

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/pairtest"
	"ipcbench/transports/internal/pipes"
)

// TestVmspliceLends: what the reader gets is the page itself, as it is when it
// is read. This is why the pages must not come round too early.
func TestVmspliceLends(t *testing.T) {
	producer, consumer := pairtest.OpenPair(t, pairtest.Parse(t, "vmsplice", 64))
	pairtest.Send(t, producer, pairtest.Message(64))
	lent := producer.(*lentFrames).mem[kernel.HeaderBytes:][:64]
	if !bytes.Equal(lent, pairtest.Message(64)) {
		t.Fatal("the message is not in the pages that were lent")
	}
	copy(lent, pairtest.Message(65))
	pairtest.Receive(t, consumer, make([]byte, 64), pairtest.Message(65)[:64])
}

// lendAtRandom lends messages of up to size bytes from l to a pipe and reads
// them in pieces, and returns how often room was offered that had not been read
// yet, which it knows from what the kernel says is in the pipe.
func lendAtRandom(t *testing.T, l *lender, ends []*os.File, slots, size int) (reused int) {
	t.Helper()
	type piece struct{ from, to int } // of l.mem, in the pipe
	var inPipe []piece
	slotsOf := func(p piece) int { return (l.pages(p.to) - p.from/l.page*l.page) / l.page }
	unread, used := 0, 0 // bytes, slots
	r := rand.New(rand.NewPCG(1, 2))
	buf := make([]byte, 2*size)
	w := &descriptor.Descriptor{FD: ends[1].Fd()}
	for range 5000 {
		n := 1 + r.IntN(size)
		for used+slotsOf(piece{0, n}) > slots {
			got, err := ends[0].Read(buf[:1+r.IntN(len(buf))])
			if err != nil {
				t.Fatal(err)
			}
			unread -= got
			if said, err := unix.IoctlGetInt(int(w.FD), unix.TIOCINQ); err != nil || said != unread {
				t.Fatalf("%d bytes in the pipe, error %v, instead of %d", said, err, unread)
			}
			for got > 0 {
				first := &inPipe[0]
				used -= slotsOf(*first)
				if first.to-first.from > got {
					first.from += got
					used += slotsOf(*first)
					break
				}
				got -= first.to - first.from
				inPipe = inPipe[1:]
			}
		}
		room := l.room(n)
		lent := piece{l.at, l.at + n}
		for _, p := range inPipe {
			if lent.from < p.to && p.from < lent.to {
				reused++
			}
		}
		if err := l.lend(w, room); err != nil {
			t.Fatal(err)
		}
		inPipe = append(inPipe, lent)
		unread += n
		used += slotsOf(lent)
	}
	return reused
}

func TestVmspliceKeepsWhatIsNotRead(t *testing.T) {
	page := os.Getpagesize()
	for _, size := range []int{1, page, page + 1, 3 * page, 8 * page} {
		ends, err := pipes.New(transports.Spec{Capacity: 8 * page})
		if err != nil {
			t.Fatal(err)
		}
		defer links.Close(ends...)
		slots, err := pipeSlots(ends[1])
		if err != nil || slots != 8 {
			t.Fatalf("a pipe of 8 pages has %d slots, error %v", slots, err)
		}
		l, err := newLender(slots, size)
		if err != nil {
			t.Fatal(err)
		}
		defer l.release()
		if reused := lendAtRandom(t, &l, ends, slots, size); reused != 0 {
			t.Errorf("messages of up to %d bytes: pages that were not read yet were offered %d times", size, reused)
		}
	}
}

// TestVmspliceNeedsItsPages: with fewer pages than the pipe has slots, the test
// above would have found it.
func TestVmspliceNeedsItsPages(t *testing.T) {
	ends, err := pipes.New(transports.Spec{Capacity: 8 * os.Getpagesize()})
	if err != nil {
		t.Fatal(err)
	}
	defer links.Close(ends...)
	l, err := newLender(5, 64)
	if err != nil {
		t.Fatal(err)
	}
	defer l.release()
	if lendAtRandom(t, &l, ends, 8, 64) == 0 {
		t.Error("7 pages for 8 slots were enough")
	}
}

func TestVmspliceStream(t *testing.T) {
	for _, text := range []string{"vmsplice", "vmsplice:wait=go", "vmsplice:wait=epoll", "vmsplice:api=inplace"} {
		for _, uniform := range []bool{false, true} {
			s := pairtest.Parse(t, text, 5000)
			s.Uniform = uniform
			producer, consumer := pairtest.OpenPair(t, s)
			buf, msg := make([]byte, 5000), pairtest.Message(5000)
			if allocated := testing.AllocsPerRun(100, func() {
				pairtest.Send(t, producer, msg)
				pairtest.Receive(t, consumer, buf, msg)
			}); allocated != 0 {
				t.Errorf("%s, uniform %v: %v allocations for a message", text, uniform, allocated)
			}
		}
	}
}
