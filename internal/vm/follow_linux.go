package vm

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// A follower sends what a command writes as it goes, while it goes: of a machine that
// hangs or panics later, that is what is left. It sleeps in inotify(7) until something
// was written, which is never while the command measures.
type follower struct {
	to    io.Writer
	dir   string
	inbox *os.File
	sent  map[string]mark // by path below dir
	done  chan struct{}
}

// A mark is how far a file was sent; another inode is another file of that name.
type mark struct {
	inode uint64
	size  int64
}

// isFollowed says of which files: JSON, which is what the command keeps. All else
// it makes at the end.
func isFollowed(name string) bool {
	return !strings.HasPrefix(name, ".") && (strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".jsonl"))
}

const (
	newDirs  = unix.IN_CREATE | unix.IN_ONLYDIR
	newBytes = unix.IN_MODIFY | unix.IN_MOVED_TO | unix.IN_ONLYDIR
)

// follow begins; where it cannot, nothing is sent before the end.
func follow(dir string, to io.Writer) *follower {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil
	}
	f := &follower{to, dir, os.NewFile(uintptr(fd), "inotify"), map[string]mark{}, make(chan struct{})}
	unix.InotifyAddWatch(fd, dir, newDirs)
	go func() {
		defer close(f.done)
		for events := make([]byte, 64<<10); ; {
			if _, err := f.inbox.Read(events); err != nil {
				return
			}
			f.sendNew(fd)
		}
	}()
	return f
}

// end returns when nothing more is sent.
func (f *follower) end() {
	if f != nil {
		f.inbox.Close()
		<-f.done
	}
}

// sendNew sends what is new, whatever the events were: they may be of several files.
func (f *follower) sendNew(fd int) {
	dirs, _ := filepath.Glob(filepath.Join(f.dir, "*"))
	for _, dir := range dirs {
		unix.InotifyAddWatch(fd, dir, newBytes) // before it is read, again and again the same
		entries, _ := os.ReadDir(dir)
		for _, entry := range entries {
			if isFollowed(entry.Name()) {
				f.sendTail(filepath.Join(filepath.Base(dir), entry.Name()))
			}
		}
	}
}

// sendTail sends of a file what was not sent.
func (f *follower) sendTail(name string) {
	file, err := os.Open(filepath.Join(f.dir, name))
	if err != nil {
		return
	}
	defer file.Close()
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return
	}
	last := f.sent[name]
	if last.inode != stat.Ino || stat.Size < last.size {
		last = mark{inode: stat.Ino}
	}
	if stat.Size == last.size {
		return
	}
	data := make([]byte, stat.Size-last.size)
	if _, err := file.ReadAt(data, last.size); err != nil {
		return
	}
	if sendPart(f.to, name, last.size, data) == nil {
		f.sent[name] = mark{stat.Ino, stat.Size}
	}
}
