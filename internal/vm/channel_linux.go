package vm

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A channel is where results leave the machine: through a device, or as files of a
// filesystem that is mounted where they are made.
type channel struct {
	device  *os.File // nil: mounted
	console bool     // the kernel's messages go there as well
}

const (
	consoleChannel = "console"
	virtioChannel  = "virtio"
	portName       = "ipcbench" // of the port of virtio
	// settling is how long a device may take to be there: disks are found while
	// the first process runs already.
	settling = 30 * time.Second
)

// openChannel opens the one of that name; see [Results].
func openChannel(where string) (channel, error) {
	kind, source, isMount := strings.Cut(where, ":")
	switch {
	case where == "" || where == consoleChannel:
		return channel{device: os.Stdout, console: true}, nil
	case where == virtioChannel:
		return openDevice(findPort)
	case isMount:
		source, options, _ := strings.Cut(source, ",")
		return channel{}, settled(func() error { return unix.Mount(source, "/"+resultsDir, kind, 0, options) })
	}
	return openDevice(func() (string, error) { return filepath.Join("/dev", strings.TrimPrefix(where, "/dev/")), nil })
}

func openDevice(find func() (string, error)) (c channel, err error) {
	err = settled(func() error {
		path, err := find()
		if err == nil {
			c.device, err = os.OpenFile(path, os.O_WRONLY|unix.O_NOCTTY, 0)
		}
		return err
	})
	return c, err
}

// settled does what needs a device, until it is there.
func settled(do func() error) error {
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		err := do()
		isAbsent := errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENXIO)
		if err == nil || !isAbsent || time.Since(began) > settling {
			return err
		}
	}
}

// findPort finds the device of the port of that name, as udev does for
// /dev/virtio-ports.
func findPort() (string, error) {
	names, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
	for _, path := range names {
		if name, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(name)) == portName {
			return filepath.Join("/dev", filepath.Base(filepath.Dir(path))), nil
		}
	}
	return "", fmt.Errorf("no port of virtio is called %s: %w", portName, unix.ENOENT)
}

// send sends all results and how the command that made them exited, and waits until
// they have left the machine.
func (c channel) send(status int) error {
	if c.device == nil {
		unix.Sync()
		return unix.Unmount("/"+resultsDir, 0)
	}
	if c.console { // or a message comes between
		os.WriteFile("/proc/sys/kernel/printk", []byte("1"), 0)
	}
	if err := pack(c.device, "/"+resultsDir, status); err != nil {
		return err
	}
	drain(c.device)
	return nil
}

// drain waits until a terminal has sent all that was written; see TCSBRK(2const).
func drain(device *os.File) { unix.IoctlSetInt(int(device.Fd()), unix.TCSBRK, 1) }
