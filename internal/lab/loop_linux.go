package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// image makes a file of that size, which has no name at any time, in memory or on the
// filesystem of a directory. There all of its blocks are set aside, so that a disk
// that is full is an error now and not one of I/O later.
func image(dir string, size int64) (*os.File, error) {
	if dir == "" {
		fd, err := unix.MemfdCreate("ipcbench-image", unix.MFD_CLOEXEC)
		if err != nil {
			return nil, fmt.Errorf("image in memory: memfd_create: %w", err)
		}
		file := os.NewFile(uintptr(fd), "image in memory")
		if err := file.Truncate(size); err != nil {
			file.Close()
			return nil, fmt.Errorf("image in memory: ftruncate: %w", err)
		}
		return file, nil
	}
	file, err := os.OpenFile(dir, os.O_RDWR|unix.O_TMPFILE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("image in %s: %w: choose another directory, on a filesystem with O_TMPFILE", dir, cause(err))
	}
	if err := unix.Fallocate(int(file.Fd()), 0, 0, size); err != nil {
		file.Close()
		return nil, fmt.Errorf("image of %d MiB in %s: fallocate: %w: free some space, choose another directory, a smaller size, or an image in memory", size>>20, dir, err)
	}
	return file, nil
}

// loopControl hands out loop devices; see loop(4).
const loopControl = "/dev/loop-control"

// attach makes a block device of a file. The device frees itself when nobody has it
// open or mounted any more, so that it ends with the process and its namespace.
func attach(ctx context.Context, file *os.File) (*os.File, error) {
	control, err := os.OpenFile(loopControl, os.O_RDWR, 0)
	if err != nil {
		return nil, noLoop(err)
	}
	defer control.Close()
	for ctx.Err() == nil {
		number, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
		if err != nil {
			return nil, fmt.Errorf("a free loop device: %w: free one (losetup -D), or allow more (the module's max_loop)", err)
		}
		device, err := os.OpenFile(fmt.Sprintf("/dev/loop%d", number), os.O_RDWR, 0)
		if err != nil {
			return nil, noLoop(err)
		}
		config := unix.LoopConfig{Fd: uint32(file.Fd()), Info: unix.LoopInfo64{Flags: unix.LO_FLAGS_AUTOCLEAR}}
		err = unix.IoctlLoopConfigure(int(device.Fd()), &config)
		if err == nil {
			return device, nil
		}
		device.Close()
		if !errors.Is(err, unix.EBUSY) { // somebody else was as quick
			return nil, fmt.Errorf("attach to %s: LOOP_CONFIGURE: %w: use Linux 5.8 or later", device.Name(), err)
		}
	}
	return nil, ctx.Err()
}

// noLoop says what to do where loop devices cannot be opened.
func noLoop(err error) error {
	return fmt.Errorf("loop devices: %w: be root, load the module loop (modprobe loop), or leave the container that hides them", err)
}

// checkLoop says whether loop devices can be had. It takes none.
func checkLoop() error {
	control, err := os.OpenFile(loopControl, os.O_RDWR, 0)
	if err != nil {
		return noLoop(err)
	}
	control.Close()
	return nil
}

// room says whether an image of that size fits where it is to lie.
func room(dir string, size int64) error {
	free, where := available(), "memory"
	if dir != "" {
		var fs unix.Statfs_t
		if err := unix.Statfs(dir, &fs); err != nil {
			return fmt.Errorf("image in %s: %w: choose another directory", dir, err)
		}
		free, where = int64(fs.Bavail)*int64(fs.Bsize), filepath.Clean(dir)
	}
	if free < size {
		return fmt.Errorf("image of %d MiB: %s has %d MiB free: choose a smaller size or another directory", size>>20, where, free>>20)
	}
	return nil
}

// cause is an error without the path, which the message has already.
func cause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}
