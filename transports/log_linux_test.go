package transports

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

var logs = []string{"log", "log:wait=inotify", "log:sync=sync", "log:sync=dsync", "log:direct=yes"}

// TestLogFollows: messages of many lengths, to the end of the window and beyond,
// and more windows than a byte counts.
func TestLogFollows(t *testing.T) {
	for _, text := range logs {
		for name, size := range pageSizes {
			t.Run(text+"/"+name, func(t *testing.T) {
				s := parse(t, text, size)
				s.Capacity = 1 // so the least window, four of the longest records
				if s.Option("sync") != "none" {
					s.Dir = tmpfs(t, "16m", 0)
				}
				producer, consumer := openPair(t, s)
				buf := make([]byte, size)
				for i := range 400 {
					for n := range 3 {
						send(t, producer, message(1+(i*7+n)%size))
					}
					for n := range 3 {
						receive(t, consumer, buf, message(1+(i*7+n)%size))
					}
				}
				send(t, consumer, message(size))
				receive(t, producer, buf, message(size))
				if err := producer.Close(); err != nil {
					t.Fatal(err)
				}
				expectEnd(t, consumer, buf)
			})
		}
	}
}

// TestLogOfHalfARecord: a reader may see a write while it is under way, and must
// wait for the rest.
func TestLogOfHalfARecord(t *testing.T) {
	for _, size := range []int{100, 2 * copyLimit} {
		s := parse(t, "log", size)
		link := create(t, s)
		consumer := open(t, s, Consumer, link)
		own := link.Files(Producer)[0]
		producer := openShared(t, s, Producer, link)
		send(t, producer, message(size))
		record := make([]byte, recordMessage+size)
		if _, err := own.ReadAt(record, firstSlot); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, size)
		receive(t, consumer, buf, message(size))

		received := make(chan []byte)
		go func() {
			n, err := consumer.Recv(buf)
			if err != nil {
				n = copy(buf, err.Error())
			}
			received <- buf[:n]
		}()
		next := int64(firstSlot + recordStride(size, 1))
		for _, cut := range []int{1, 7, 9, recordMessage, recordMessage + 1, len(record)} {
			giveWay()
			select {
			case got := <-received:
				t.Fatalf("received %q before the record was whole", got)
			default:
			}
			if _, err := own.WriteAt(record[:cut], next); err != nil {
				t.Fatal(err)
			}
		}
		if got := <-received; !bytes.Equal(got, message(size)) {
			t.Errorf("received %d other bytes", len(got))
		}
	}
}

// TestLogGivesBack: a log that is read takes no more than its window and a step
// of storage, however long it gets.
func TestLogGivesBack(t *testing.T) {
	const size = 1 << 16
	s := parse(t, "log", size)
	s.Dir = tmpfs(t, "40m", 0)
	producer, consumer := openPair(t, s)
	buf := make([]byte, size)
	msg := message(size)
	for range 4 * logStep / size {
		send(t, producer, msg)
		receive(t, consumer, buf, msg)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(s.Dir, &fs); err != nil {
		t.Fatal(err)
	}
	most := int64(logStep + 2*defaultCapacity)
	if used := int64(fs.Blocks-fs.Bfree) * fs.Bsize; used > most {
		t.Errorf("after %d bytes, %d are taken; want at most %d", 4*logStep, used, most)
	}
}

// TestLogOnAFullFilesystem: that is an error, and no message that was sent is
// lost.
func TestLogOnAFullFilesystem(t *testing.T) {
	s := parse(t, "log", 64)
	s.Dir = tmpfs(t, "64k", 0)
	producer, consumer := openPair(t, s)
	sent, err := 0, error(nil)
	for err == nil {
		if err = producer.Send(message(64)); err == nil {
			sent++
		}
	}
	if !errors.Is(err, unix.ENOSPC) && !strings.Contains(err.Error(), "is the filesystem full?") {
		t.Errorf("got %v", err)
	}
	buf := make([]byte, 64)
	for range sent {
		receive(t, consumer, buf, message(64))
	}
}

// TestLogWithoutHoles: a filesystem that cannot give space back is refused.
func TestLogWithoutHoles(t *testing.T) {
	s := parse(t, "log", 64)
	s.Dir = mount(t, "ramfs", 0, "")
	want := fmt.Sprintf("files in %s cannot give back their start", s.Dir)
	if err := (log{}).Probe(s); !errors.Is(err, errors.ErrUnsupported) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Probe: %v", err)
	}
	if _, err := (log{}).Create(s); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Create: %v", err)
	}
	if entries, err := os.ReadDir(s.Dir); len(entries) != 0 || err != nil {
		t.Errorf("in the directory: %v, error %v", entries, err)
	}
}
