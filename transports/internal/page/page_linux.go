package page

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports/internal/backing"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
)

// New returns a link for transport what, of which each side inherits a page
// of memory, zeros at first, and more files if the caller adds them.
func New(what string) (*links.PerSide, error) {
	f, err := create("ipcbench-" + what)
	if err != nil {
		return nil, fmt.Errorf("%s: share a page of memory: %w", what, err)
	}
	link := &links.PerSide{}
	if err := link.Add(f); err != nil {
		link.Close()
		return nil, fmt.Errorf("%s: share a page of memory: %w", what, err)
	}
	return link, nil
}

// create makes a file of one page: a memfd, sealed so that nobody cuts it short,
// or, where there is none, a file without a name in the tmpfs at /dev/shm, or in
// the temporary directory. What it is makes no difference to who maps it.
func create(name string) (*os.File, error) {
	f, err := memfd(name)
	if err == nil || remedy.Limit(err, "") != "" {
		return f, err
	}
	for _, dir := range []string{"/dev/shm", os.TempDir()} {
		f, failed := backing.Unnamed(dir)
		if failed == nil {
			if failed = backing.Extend(f, os.Getpagesize()); failed == nil {
				return f, nil
			}
			f.Close()
		}
		err = fmt.Errorf("%w; a file in %s: %w", err, dir, kernel.Errno(failed))
	}
	return nil, fmt.Errorf("%w: allow memfd_create in the sandbox (seccomp), or mount a tmpfs at /dev/shm", err)
}

func memfd(name string) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w: %s", err, remedy.Kernel(err))
	}
	f := os.NewFile(uintptr(fd), "a memfd")
	if err := unix.Ftruncate(fd, int64(os.Getpagesize())); err != nil {
		f.Close()
		return nil, fmt.Errorf("make a memfd a page long: %w: %s", err, remedy.Kernel(err))
	}
	// Without seals it does as well: then Fault says what has happened.
	unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	return f, nil
}

// Map maps the page in f, which it closes: the mapping keeps the file.
func Map(what string, f *os.File) (unsafe.Pointer, error) {
	defer f.Close()
	page, err := unix.MmapPtr(int(f.Fd()), 0, nil, uintptr(os.Getpagesize()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("%s: map the page that both sides share: %w: %s", what, err, remedy.Mapping(err))
	}
	return page, nil
}

// Fault explains a SIGBUS or SIGSEGV at addr, as transports.Faulter does.
func Fault(what string, page unsafe.Pointer, addr uintptr) error {
	offset := addr - uintptr(page)
	if page == nil || offset >= uintptr(os.Getpagesize()) {
		return nil
	}
	return fmt.Errorf("%s: touching offset %d of the page that both sides share raised a memory fault: something truncated or unmapped it", what, offset)
}

func Unmap(page unsafe.Pointer) error {
	return unix.MunmapPtr(page, uintptr(os.Getpagesize()))
}
