package file

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/filepair"
	"ipcbench/transports/internal/pairtest"
)

var files = []string{
	"file", "file:wait=inotify",
	"file:sync=sync", "file:sync=dsync", "file:direct=yes",
}

// TestFileGoesRound: messages of many lengths go through few slots more often
// than a byte counts laps.
func TestFileGoesRound(t *testing.T) {
	for _, text := range files {
		for name, size := range pairtest.PageSizes {
			t.Run(text+"/"+name, func(t *testing.T) {
				s := pairtest.Parse(t, text, size)
				s.Capacity = 1 // so the least slots
				if s.Option("sync") != "none" {
					s.Dir = tmpfs(t, "1m", 0)
				}
				producer, consumer := pairtest.OpenPair(t, s)
				buf := make([]byte, size)
				for i := range 300 {
					for n := range leastSlots - 1 {
						pairtest.Send(t, producer, pairtest.Message(1+(i*7+n)%size))
					}
					for n := range leastSlots - 1 {
						pairtest.Receive(t, consumer, buf, pairtest.Message(1+(i*7+n)%size))
					}
				}
				pairtest.Send(t, consumer, pairtest.Message(size))
				pairtest.Receive(t, producer, buf, pairtest.Message(size))
			})
		}
	}
}

// TestFileEchoes has both ends wait for each other, for messages and for room.
func TestFileEchoes(t *testing.T) {
	for _, text := range files[:2] {
		t.Run(text, func(t *testing.T) {
			s := pairtest.Parse(t, text, 256)
			s.Capacity = 64 * (filepair.RecordMessage + 256)
			e := pairtest.OpenWithEcho(t, s)
			buf := make([]byte, 256)
			for i := range 200 {
				// More than one direction holds, less than both do.
				for n := range 100 {
					pairtest.Send(t, e, pairtest.Message(1+(i+n)%256))
				}
				for n := range 100 {
					pairtest.Receive(t, e, buf, pairtest.Message(1+(i+n)%256))
				}
			}
		})
	}
}

// TestFileWaitsForAMessage: nothing may be taken from a slot before it is
// written.
func TestFileWaitsForAMessage(t *testing.T) {
	producer, consumer := pairtest.OpenPair(t, pairtest.Parse(t, "file", 16))
	buf := make([]byte, 16)
	received := make(chan int)
	go func() {
		n, _ := consumer.Recv(buf)
		received <- n
	}()
	giveWay()
	pairtest.Send(t, producer, pairtest.Message(9))
	if n := <-received; !bytes.Equal(buf[:n], pairtest.Message(9)) {
		t.Errorf("received %q", buf[:n])
	}
}

// TestFileWaitsForRoom: neither a message nor the end mark may take the slot of
// one that was not received.
func TestFileWaitsForRoom(t *testing.T) {
	s := pairtest.Parse(t, "file", 16)
	s.Capacity = 1
	producer, consumer := pairtest.OpenPair(t, s)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for n := range 2 * leastSlots {
			producer.Send(pairtest.Message(1 + n))
		}
		producer.Close()
	}()
	buf := make([]byte, 16)
	for n := range 2 * leastSlots {
		giveWay()
		pairtest.Receive(t, consumer, buf, pairtest.Message(1+n))
	}
	pairtest.ExpectEnd(t, consumer, buf)
	<-sent
}

// giveWay lets another goroutine go as far as it can, most likely.
func giveWay() {
	for range 1000 {
		runtime.Gosched()
	}
}

// TestFileEndsAfterTheLastMessage, also where there was no room left for one
// more.
func TestFileEndsAfterTheLastMessage(t *testing.T) {
	for _, sent := range []int{0, 1, leastSlots - 1} {
		s := pairtest.Parse(t, "file", 16)
		s.Capacity = 1
		producer, consumer := pairtest.OpenPair(t, s)
		for i := range sent {
			pairtest.Send(t, producer, pairtest.Message(1+i))
		}
		for range 2 {
			if err := producer.Close(); err != nil {
				t.Fatal(err)
			}
		}
		buf := make([]byte, 16)
		for i := range sent {
			pairtest.Receive(t, consumer, buf, pairtest.Message(1+i))
		}
		pairtest.ExpectEnd(t, consumer, buf)
	}
}

func TestFileLeavesNoName(t *testing.T) {
	s := pairtest.Parse(t, "file", 64)
	pairtest.Create(t, s)
	entries, err := os.ReadDir(s.Dir)
	if len(entries) != 0 || err != nil {
		t.Errorf("in the directory: %v, error %v", entries, err)
	}
}

func TestFileThatIsTruncated(t *testing.T) {
	s := pairtest.Parse(t, "file", 64)
	link := pairtest.Create(t, s)
	consumer := pairtest.Open(t, s, transports.Consumer, link)
	if err := link.For(transports.Producer).Files[0].Truncate(0); err != nil {
		t.Fatal(err)
	}
	if _, err := consumer.Recv(make([]byte, 64)); err == nil || !strings.Contains(err.Error(), "truncated the peer's file") {
		t.Errorf("got %v", err)
	}
}

// tmpfs mounts one for the test.
func tmpfs(t *testing.T, size string, flags uintptr) string {
	t.Helper()
	return mount(t, "tmpfs", flags, "size="+size)
}

func mount(t *testing.T, fs string, flags uintptr, data string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, fs, flags, data); err != nil {
		t.Skipf("mount a %s: %v: run the test as root", fs, err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	return dir
}

func TestFileOnAFullFilesystem(t *testing.T) {
	dir := tmpfs(t, "1m", 0)
	free := func() uint64 {
		var fs unix.Statfs_t
		if err := unix.Statfs(dir, &fs); err != nil {
			t.Fatal(err)
		}
		return fs.Bfree
	}
	before := free()
	s := pairtest.Parse(t, "file", 64)
	s.Dir = dir
	_, err := file{}.Create(s) // the first of its two files fits
	want := fmt.Sprintf("file: extend a file in %s to ", dir)
	if !errors.Is(err, unix.ENOSPC) || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "choose another --dir") {
		t.Errorf("got %v", err)
	}
	if now := free(); now != before {
		t.Errorf("%d blocks were free, now %d", before, now)
	}
}

func TestFileInABadDirectory(t *testing.T) {
	for dir, cause := range map[string]error{
		filepath.Join(t.TempDir(), "missing"): unix.ENOENT,
		tmpfs(t, "1m", unix.MS_RDONLY):        unix.EROFS,
	} {
		s := pairtest.Parse(t, "file", 64)
		s.Dir = dir
		_, err := file{}.Create(s)
		if !errors.Is(err, cause) || !strings.HasPrefix(err.Error(), "file: create a file in "+dir) {
			t.Errorf("got %v, want %v", err, cause)
		}
	}
}

// TestDirectInMemory: a filesystem that has only the page cache says so, though
// some kernels take the flag.
func TestDirectInMemory(t *testing.T) {
	for _, text := range []string{"file:direct=yes", "log:direct=yes"} {
		s := pairtest.Parse(t, text, 64)
		s.Dir = tmpfs(t, "1m", 0)
		tr := pairtest.Transport(t, s.Transport)
		if err := tr.Probe(s); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "choose another --dir") {
			t.Errorf("%s: Probe: %v", text, err)
		}
		if _, err := tr.Create(s); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: Create: %v", text, err)
		}
	}
}

// TestDirectLeavesNothingInTheCache: what both ends have written and read is not
// to be found there. See cachestat(2).
func TestDirectLeavesNothingInTheCache(t *testing.T) {
	for _, text := range []string{"file:direct=yes", "log:direct=yes"} {
		t.Run(text, func(t *testing.T) {
			s := pairtest.Parse(t, text, 64)
			if err := pairtest.Transport(t, s.Transport).Probe(s); err != nil {
				t.Skip(err)
			}
			link := pairtest.Create(t, s)
			cached := func() uint64 {
				var stat unix.Cachestat_t
				fd := link.For(transports.Producer).Files[0].Fd()
				if err := unix.Cachestat(uint(fd), &unix.CachestatRange{}, &stat, 0); err != nil {
					t.Skipf("cachestat: %v: needs Linux 6.5", err)
				}
				return stat.Cache
			}
			producer := openShared(t, s, transports.Producer, link)
			consumer := openShared(t, s, transports.Consumer, link)
			if n := cached(); n > 0 {
				t.Errorf("%d pages are in the cache before the first message", n)
			}
			buf := make([]byte, 64)
			for range 100 {
				pairtest.Send(t, producer, pairtest.Message(64))
				pairtest.Receive(t, consumer, buf, pairtest.Message(64))
			}
			if n := cached(); n > 0 {
				t.Errorf("%d pages are in the cache", n)
			}
		})
	}
}

// openShared is open for a link whose files the test needs as well.
func openShared(t *testing.T, s transports.Spec, side transports.Side, link transports.Link) transports.Endpoint {
	t.Helper()
	var files []*os.File
	for _, f := range link.For(side).Files {
		fd, err := unix.Dup(int(f.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, os.NewFile(uintptr(fd), f.Name()))
	}
	e, err := pairtest.Transport(t, s.Transport).Open(s, side, transports.Handover{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func TestFileOnHugetlbfs(t *testing.T) {
	s := pairtest.Parse(t, "file", 64)
	s.Dir = mount(t, "hugetlbfs", 0, "")
	if err := (file{}).Probe(s); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Probe: %v", err)
	}
	if _, err := (file{}).Create(s); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Create: %v", err)
	}
}
