package page

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
)

// New returns a link for transport what, of which each side inherits a page
// of memory, zeros at first, and more files if the caller adds them.
func New(what string) (*links.PerSide, error) {
	fd, err := unix.MemfdCreate("ipcbench-"+what, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("%s: create a memfd: %w: %s", what, err, remedy.Kernel(err))
	}
	link := &links.PerSide{}
	if err = link.Share(fd, "a memfd"); err == nil {
		err = unix.Ftruncate(fd, int64(os.Getpagesize()))
	}
	if err != nil {
		link.Close()
		return nil, fmt.Errorf("%s: share a page of memory: %w", what, err)
	}
	return link, nil
}

// Map maps the page in f, which it closes: the mapping keeps the file.
func Map(what string, f *os.File) (unsafe.Pointer, error) {
	defer f.Close()
	page, err := unix.MmapPtr(int(f.Fd()), 0, nil, uintptr(os.Getpagesize()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("%s: map the page that both sides share: %w", what, err)
	}
	return page, nil
}

func Unmap(page unsafe.Pointer) error {
	return unix.MunmapPtr(page, uintptr(os.Getpagesize()))
}
