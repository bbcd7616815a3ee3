package filepair

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/backing"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
)

// WaitOption is the option wait of the transports over files.
func WaitOption() transports.Option {
	return transports.Option{Name: "wait", Doc: "what an end does while there is nothing new or no room", Values: []transports.Value{
		{Name: "poll", Doc: "read again", Waits: transports.Spins},
		{Name: "inotify", Doc: "sleep until the peer has written (IN_MODIFY)", Waits: transports.Sleeps},
	}}
}

// SyncOption is the option sync of the transports over files.
func SyncOption(dsync string) transports.Option {
	return transports.Option{Name: "sync", Doc: "what is pushed to storage, and when", Values: []transports.Value{
		{Name: "none", Doc: "nothing: the kernel writes back when it likes"},
		{Name: "sync", Doc: "fdatasync after each message: Send returns when it is stored", With: transports.Stores | transports.StoresBatch},
		{Name: "dsync", Doc: dsync, With: transports.Stores},
	}}
}

// Probe says whether a file in s.Dir can be used as s says; the function
// tries what else there is to try on one. Where none can be made, Create says
// why.
func Probe(s transports.Spec, try func(*os.File) error) error {
	if err := transports.ProbeSize(s); err != nil || s.Dir == "" {
		return err
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(s.Dir, &fs); err == nil && fs.Type == unix.HUGETLBFS_MAGIC {
		return transports.Unsupported(fmt.Sprintf("%s is a hugetlbfs, whose files can be mapped but not written: choose another --dir", s.Dir))
	}
	if s.Option("sync") == "dsync" {
		// Of no file: that is looked at last.
		if _, _, errno := unix.Syscall6(unix.SYS_PWRITEV2, ^uintptr(0), 0, 0, 0, 0, unix.RWF_DSYNC); errno != unix.EBADF {
			return remedy.Refused(s.Transport+": pwritev2", errno, "use a kernel that has it, or take sync=sync")
		}
	}
	direct := s.Option("direct") == "yes"
	if try == nil && !direct {
		return nil
	}
	f, err := backing.Unnamed(s.Dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	if direct {
		err = setDirect(s, f)
	}
	if err == nil && try != nil {
		err = try(f)
	}
	return err
}

// Create makes a file for each side, as prepare makes them ready.
func Create(s transports.Spec, prepare func(f *os.File, block int) error) (transports.Link, error) {
	there, err := createFile(s, prepare)
	if err != nil {
		return nil, err
	}
	back, err := createFile(s, prepare)
	if err != nil {
		links.Close(there...)
		return nil, err
	}
	return &links.PerSide{
		transports.Producer: {there[0], back[1]},
		transports.Consumer: {back[0], there[1]},
	}, nil
}

// createFile makes the file that one side writes and opens it again for its
// peer, so that the two processes share the file and not the descriptor's state.
func createFile(s transports.Spec, prepare func(f *os.File, block int) error) (_ []*os.File, err error) {
	own, err := backing.Unnamed(s.Dir)
	if err != nil {
		return nil, fmt.Errorf("%s: create a file in %s: %w: %s", s.Transport, s.Dir, kernel.Errno(err), remedy.File(err, s.Dir))
	}
	files := []*os.File{own}
	defer func() {
		if err != nil {
			links.Close(files...)
		}
	}()
	block, err := blockOf(s, own)
	if err != nil {
		return nil, err
	}
	s.Begin(transports.Extending)
	err = prepare(own, block)
	s.Begin(transports.Creating)
	if err != nil {
		return nil, err
	}
	shown, err := os.Open(backing.ProcName(own))
	if err != nil {
		return nil, fmt.Errorf("%s: open a file in %s for its reader: %w: %s", s.Transport, s.Dir, kernel.Errno(err), remedy.Reader(err, s.Dir))
	}
	files = append(files, shown)
	if block > 1 {
		err = errors.Join(setDirect(s, own), setDirect(s, shown))
	}
	return files, err
}

// FirstSlot is where in a file the messages begin: in front of them is the
// receipt.
const FirstSlot = 4096
