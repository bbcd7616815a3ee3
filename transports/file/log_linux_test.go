package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/filepair"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/pairtest"
)

var logs = []string{"log", "log:wait=inotify", "log:sync=sync", "log:sync=dsync", "log:direct=yes"}

// TestLogFollows: messages of many lengths, to the end of the window and beyond,
// and more windows than a byte counts.
func TestLogFollows(t *testing.T) {
	for _, text := range logs {
		for name, size := range pairtest.PageSizes {
			t.Run(text+"/"+name, func(t *testing.T) {
				s := pairtest.Parse(t, text, size)
				s.Capacity = 1 // so the least window, four of the longest records
				if s.Option("sync") != "none" {
					s.Dir = tmpfs(t, "16m", 0)
				}
				producer, consumer := pairtest.OpenPair(t, s)
				buf := make([]byte, size)
				for i := range 400 {
					for n := range 3 {
						pairtest.Send(t, producer, pairtest.Message(1+(i*7+n)%size))
					}
					for n := range 3 {
						pairtest.Receive(t, consumer, buf, pairtest.Message(1+(i*7+n)%size))
					}
				}
				pairtest.Send(t, consumer, pairtest.Message(size))
				pairtest.Receive(t, producer, buf, pairtest.Message(size))
				if err := producer.Close(); err != nil {
					t.Fatal(err)
				}
				pairtest.ExpectEnd(t, consumer, buf)
			})
		}
	}
}

// TestLogOfHalfRecords: a reader may see a write while it is under way, and must
// wait for the rest.
func TestLogOfHalfRecords(t *testing.T) {
	for _, size := range []int{100, 2 * kernel.CopyLimit} {
		s := pairtest.Parse(t, "log", size)
		s.Capacity = 16 << 20 // room for all
		link := pairtest.Create(t, s)
		consumer := pairtest.Open(t, s, transports.Consumer, link)
		own := link.For(transports.Producer).Files[0]
		const count = 1000
		wrote := make(chan error, 1)
		go func() {
			record := make([]byte, filepair.RecordMessage+size)
			binary.LittleEndian.PutUint32(record[filepair.RecordLength:], uint32(size))
			for i := range count {
				for at := range size {
					record[filepair.RecordMessage+at] = byte(i)
				}
				at := int64(filepair.FirstSlot + i*filepair.RecordStride(size, 1))
				for _, end := range []int{1, 7, filepair.RecordMessage, filepair.RecordMessage + 1, len(record) - 1, len(record)} {
					if _, err := own.WriteAt(record[:end], at); err != nil {
						wrote <- err
						return
					}
				}
			}
			wrote <- nil
		}()
		buf := make([]byte, size)
		for i := range count {
			pairtest.Receive(t, consumer, buf, bytes.Repeat([]byte{byte(i)}, size))
		}
		if err := <-wrote; err != nil {
			t.Error(err)
		}
	}
}

// TestLogGivesBack: a log that is read takes no more than its window and a step
// of storage, however long it gets.
func TestLogGivesBack(t *testing.T) {
	const size = 1 << 16
	s := pairtest.Parse(t, "log", size)
	s.Dir = tmpfs(t, "40m", 0)
	producer, consumer := pairtest.OpenPair(t, s)
	buf := make([]byte, size)
	msg := pairtest.Message(size)
	for range 4 * logStep / size {
		pairtest.Send(t, producer, msg)
		pairtest.Receive(t, consumer, buf, msg)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(s.Dir, &fs); err != nil {
		t.Fatal(err)
	}
	most := int64(logStep + 2*transports.DefaultCapacity)
	if used := int64(fs.Blocks-fs.Bfree) * int64(fs.Bsize); used > most {
		t.Errorf("after %d bytes, %d are taken; want at most %d", 4*logStep, used, most)
	}
}

// TestLogOnAFullFilesystem: that is an error, and no message that was sent is
// lost.
func TestLogOnAFullFilesystem(t *testing.T) {
	s := pairtest.Parse(t, "log", 64)
	s.Dir = tmpfs(t, "64k", 0)
	producer, consumer := pairtest.OpenPair(t, s)
	sent, err := 0, error(nil)
	for err == nil {
		if err = producer.Send(pairtest.Message(64)); err == nil {
			sent++
		}
	}
	if !errors.Is(err, unix.ENOSPC) && !strings.Contains(err.Error(), "is the filesystem full?") {
		t.Errorf("got %v", err)
	}
	buf := make([]byte, 64)
	for range sent {
		pairtest.Receive(t, consumer, buf, pairtest.Message(64))
	}
}

// TestLogWithoutHoles: a filesystem that cannot give space back is refused.
func TestLogWithoutHoles(t *testing.T) {
	s := pairtest.Parse(t, "log", 64)
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

// TestLogThatIsTruncated: a reader that waits finds out that what it has read is
// gone, however it waits and whatever its records.
func TestLogThatIsTruncated(t *testing.T) {
	for _, text := range []string{"log", "log:wait=inotify", "log:sync=dsync"} {
		for _, size := range []int{64, 2 * kernel.CopyLimit} {
			s := pairtest.Parse(t, text, size)
			link := pairtest.Create(t, s)
			own, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", link.For(transports.Producer).Files[0].Fd()), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer own.Close()
			producer, consumer := pairtest.Open(t, s, transports.Producer, link), pairtest.Open(t, s, transports.Consumer, link)
			buf := make([]byte, size)
			pairtest.Send(t, producer, pairtest.Message(size-3))
			pairtest.Receive(t, consumer, buf, pairtest.Message(size-3))
			if err := own.Truncate(filepair.FirstSlot); err != nil {
				t.Fatal(err)
			}
			if _, err := consumer.Recv(buf); err == nil || !strings.Contains(err.Error(), "truncated the peer's file") {
				t.Errorf("%s, %d bytes: %v", text, size, err)
			}
		}
	}
}
