package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Mount makes the filesystem afresh and mounts it on the directory at, which is to be
// empty. Close of what it returns unmounts it, and frees what it lay on. On an error
// nothing is left. It refuses to work outside of a private namespace.
func (f Filesystem) Mount(ctx context.Context, at string) (io.Closer, error) {
	if !IsPrivate() {
		return nil, fmt.Errorf("mount a %s on %s: this process has no mount namespace of its own", f.Type, at)
	}
	if err := f.Missing(); err != nil {
		return nil, err
	}
	if err := isEmpty(at); err != nil {
		return nil, err
	}
	k, _ := f.kind()
	m := &mounted{at: at}
	if err := f.mount(ctx, k, m); err != nil {
		return nil, both(err, m.Close())
	}
	return m, nil
}

func (f Filesystem) mount(ctx context.Context, k kind, m *mounted) error {
	options := f.mountOptions(k)
	switch {
	case k.layers:
		layers, err := m.layers()
		if err != nil {
			return err
		}
		options = append(options, layers...)
	case k.maker != nil:
		device, err := f.make(ctx, k)
		if err != nil {
			return err
		}
		defer device.Close() // once it is mounted, the mount holds it
		options = append(options, "source="+device.Name())
	default:
		options = append(options, "source="+f.Type)
	}
	s, err := configure(f.Type, options)
	if err != nil {
		return err
	}
	defer s.Close()
	return m.mount(s)
}

// make returns a block device with a new filesystem on it.
func (f Filesystem) make(ctx context.Context, k kind) (*os.File, error) {
	device, err := f.device(ctx)
	if err != nil {
		return nil, err
	}
	if err := k.maker.run(ctx, append(f.mkfsWords(k), device.Name())); err != nil {
		device.Close()
		return nil, err
	}
	return device, nil
}

// device opens what the filesystem is to lie on.
func (f Filesystem) device(ctx context.Context) (*os.File, error) {
	if f.Device != "" {
		return os.OpenFile(f.Device, os.O_RDWR, 0)
	}
	file, err := image(f.Image, f.size())
	if err != nil {
		return nil, err
	}
	defer file.Close() // the device holds it
	return attach(ctx, file)
}

// run makes a filesystem. Its error has the last line of what the program said.
func (m *maker) run(ctx context.Context, args []string) error {
	path, err := m.find()
	if err != nil {
		return err
	}
	var out strings.Builder
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := Run(cmd); err != nil {
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		return fmt.Errorf("%s %s: %w: %s", m.program, strings.Join(args, " "), err, lines[len(lines)-1])
	}
	return nil
}

// mounted is what lies on a directory.
type mounted struct {
	at    string
	count int // of mounts, one over the other
}

func (m *mounted) mount(s *superblock) error {
	if err := s.mount(m.at); err != nil {
		return err
	}
	m.count++
	return nil
}

// layers mounts a tmpfs with the directories that an overlay is made of, and returns
// its options. The overlay is then mounted over them.
func (m *mounted) layers() ([]string, error) {
	below, err := configure("tmpfs", []string{"source=tmpfs", fmt.Sprintf("size=%d", DefaultSize)})
	if err != nil {
		return nil, err
	}
	defer below.Close()
	if err := m.mount(below); err != nil {
		return nil, err
	}
	options := []string{"source=overlay"}
	for _, layer := range []string{"lower", "upper", "work"} {
		dir := filepath.Join(m.at, layer)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, err
		}
		options = append(options, layer+"dir="+dir)
	}
	return options, nil
}

// Close unmounts. What is still in use is taken out of the directory all the same,
// and frees itself when it no longer is; that is an error. It can be called again.
func (m *mounted) Close() error {
	var busy error
	for ; m.count > 0; m.count-- {
		err := unix.Unmount(m.at, unix.UMOUNT_NOFOLLOW)
		if errors.Is(err, unix.EBUSY) {
			busy = fmt.Errorf("unmount %s: %w: a process still uses it, and keeps it until it ends", m.at, err)
			err = unix.Unmount(m.at, unix.UMOUNT_NOFOLLOW|unix.MNT_DETACH)
		}
		if err != nil {
			return fmt.Errorf("unmount %s: %w", m.at, err)
		}
	}
	return busy
}

// isEmpty says whether something can be mounted on a directory without hiding
// anything.
func isEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("mount on %s: %w: make the directory", dir, cause(err))
	}
	if len(entries) > 0 {
		return fmt.Errorf("mount on %s: %w: name an empty one", dir, unix.ENOTEMPTY)
	}
	return nil
}
