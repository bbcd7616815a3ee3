package memory

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/pairtest"
)

// fill sends files until the socket takes no more, and returns how many it took.
func fill(t *testing.T, e *passedFiles) (n int) {
	t.Helper()
	fd, err := createMemfd(e.flags)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	e.out.length, e.out.control.fd = 1, int32(fd)
	for {
		got := int(kernel.Syscall(unix.SYS_SENDMSG, e.d.FD, uintptr(unsafe.Pointer(&e.out.header)), unix.MSG_DONTWAIT, 0, 0, 0))
		if got == -int(unix.EAGAIN) {
			return n
		}
		if got < 0 {
			t.Fatal(unix.Errno(-got))
		}
		n++
	}
}

// TestMemfdpassBoundsWhatIsOnItsWay: neither small messages can use up the
// descriptors of a user, nor large ones the memory.
func TestMemfdpassBoundsWhatIsOnItsWay(t *testing.T) {
	for _, c := range []struct{ size, capacity, least, most int }{
		{1, 0, mostInFlight / 2, 2 * mostInFlight},
		{64, 1 << 30, mostInFlight / 2, 2 * mostInFlight},
		{64 << 10, 2 << 20, 16, 64},
		{transports.LargestMessage, 0, 1, 8},
	} {
		s := pairtest.Parse(t, "memfdpass", c.size)
		s.Capacity = c.capacity
		producer, _ := pairtest.OpenPair(t, s)
		got := fill(t, producer.(*passedFiles))
		t.Logf("%d messages of %d bytes on their way, capacity %d", got, c.size, c.capacity)
		if got < c.least || got > c.most {
			t.Errorf("%d messages of %d bytes on their way, capacity %d: want %d to %d", got, c.size, c.capacity, c.least, c.most)
		}
	}
}

// TestMemfdpassTakesOnlySealedFiles: a sender that keeps the right to write, or
// to cut the file short, is found out.
func TestMemfdpassTakesOnlySealedFiles(t *testing.T) {
	for name, seals := range map[string]int{
		"none":           0,
		"all but write":  sealsOfMessage &^ unix.F_SEAL_WRITE,
		"all but shrink": sealsOfMessage &^ unix.F_SEAL_SHRINK,
	} {
		producer, consumer := pairtest.OpenPair(t, pairtest.Parse(t, "memfdpass", 64))
		e := producer.(*passedFiles)
		fd, err := createMemfd(e.flags)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
		e.out.length, e.out.control.fd = 1, int32(fd)
		if _, err := e.d.Send(unix.SYS_SENDMSG, unsafe.Pointer(&e.out.header), 0, 0, 0, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := consumer.Recv(make([]byte, 64)); err == nil || !strings.Contains(err.Error(), "not sealed") {
			t.Errorf("seals: %s: %v", name, err)
		}
	}
}

// TestMemfdpassShortFile: a file with fewer bytes than were announced is an
// error and no SIGBUS.
func TestMemfdpassShortFile(t *testing.T) {
	for _, text := range []string{"memfdpass", "memfdpass:api=inplace"} {
		producer, consumer := pairtest.OpenPair(t, pairtest.Parse(t, text, 20000))
		e := producer.(*passedFiles)
		fd, err := createMemfd(e.flags)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.pass(fd, 20000); err != nil {
			t.Fatal(err)
		}
		if text == "memfdpass" {
			_, err = consumer.Recv(make([]byte, 20000))
		} else {
			_, err = consumer.(transports.InPlace).Peek()
		}
		if err == nil {
			t.Errorf("%s: an empty file was taken for 20000 bytes", text)
		}
	}
}

func TestMemfdpassWithoutRoomForADescriptor(t *testing.T) {
	producer, consumer := pairtest.OpenPair(t, pairtest.Parse(t, "memfdpass", 64))
	pairtest.Send(t, producer, pairtest.Message(5))
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	_, err := consumer.Recv(make([]byte, 64))
	unix.Setrlimit(unix.RLIMIT_NOFILE, &old)
	if err == nil || !strings.Contains(err.Error(), "ulimit -n") {
		t.Errorf("received with no descriptor to be had: %v", err)
	}
}

func TestMemfdpassAPIsMeet(t *testing.T) {
	for _, size := range []int{1, 4096, 4097, 1 << 20} {
		producer, consumer := pairtest.OpenPair(t, pairtest.Parse(t, "memfdpass:api=inplace", size))
		buf := make([]byte, size)
		for _, n := range []int{size, 1, (size + 1) / 2} {
			room, err := producer.(transports.InPlace).Loan(n)
			if err != nil {
				t.Fatal(err)
			}
			copy(room, pairtest.Message(n))
			if err := producer.(transports.InPlace).Commit(); err != nil {
				t.Fatal(err)
			}
			pairtest.Receive(t, consumer, buf, pairtest.Message(n))
			pairtest.Send(t, producer, pairtest.Message(n))
			m, err := consumer.(transports.InPlace).Peek()
			if err != nil || !bytes.Equal(m, pairtest.Message(n)) {
				t.Fatalf("%d bytes of %d, in place: %v", len(m), n, err)
			}
			if err := consumer.(transports.InPlace).Release(); err != nil {
				t.Fatal(err)
			}
		}
		if err := producer.Close(); err != nil {
			t.Fatal(err)
		}
		pairtest.ExpectEnd(t, consumer, buf)
		if err := consumer.Send([]byte{1}); !errors.Is(err, unix.EPIPE) {
			t.Errorf("send to a closed peer: %v", err)
		}
	}
}

func TestMemfdpassDoesNotAllocate(t *testing.T) {
	for _, text := range []string{"memfdpass", "memfdpass:wait=go", "memfdpass:wait=epoll"} {
		producer, consumer := pairtest.OpenPair(t, pairtest.Parse(t, text, 5000))
		buf, msg := make([]byte, 5000), pairtest.Message(5000)
		if allocated := testing.AllocsPerRun(100, func() {
			pairtest.Send(t, producer, msg)
			pairtest.Receive(t, consumer, buf, msg)
		}); allocated != 0 {
			t.Errorf("%s: %v allocations for a message", text, allocated)
		}
	}
}
