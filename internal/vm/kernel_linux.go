package vm

import (
	"archive/tar"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A kernel is an image with the modules that belong to it.
type kernel struct {
	path    string // of the image; "": Image
	image   []byte
	modules map[string]func() (Module, error) // by plain name
	builtin map[string]bool                   // modules that are in the image, by plain name
}

// loaded is what a machine boots with.
type loaded struct {
	kernel
	modules []Module // in the order that they are loaded in
	virtio  bool     // it can have a port of virtio
}

// load reads the kernel, and finds the modules.
func (m Machine) load(ctx context.Context) (loaded, error) {
	k, err := readKernel(ctx, m.Kernel)
	if err != nil {
		return loaded{}, err
	}
	l := loaded{kernel: k}
	for _, name := range m.Modules {
		if err := l.add(name); err != nil {
			return loaded{}, fmt.Errorf("module %s: %w", name, err)
		}
	}
	// The port is worth having wherever the kernel can: a serial line takes seconds
	// for each MiB.
	l.virtio = true
	for _, name := range []string{"virtio_" + architectures[m.arch()].bus, "virtio_console"} {
		switch {
		case k.builtin[name]:
		case k.modules[name] == nil:
			l.virtio = false
		default:
			if err := l.add(name); err != nil {
				return loaded{}, fmt.Errorf("module %s: %w", name, err)
			}
		}
	}
	return l, nil
}

// LoadModules reads modules of a kernel, an image or a package, and those that they
// depend on, in the order that they are to be loaded in.
func LoadModules(ctx context.Context, kernel string, names []string) ([]Module, error) {
	var l loaded
	if kernel != "" {
		k, err := readKernel(ctx, kernel)
		if err != nil {
			return nil, err
		}
		l.kernel = k
	}
	for _, name := range names {
		if err := l.add(name); err != nil {
			return nil, fmt.Errorf("module %s: %w", name, err)
		}
	}
	return l.modules, nil
}

// add adds a module that is a file or belongs to the kernel, after all that it
// depends on.
func (l *loaded) add(name string) error {
	if strings.Contains(name, "/") {
		data, err := os.ReadFile(name)
		if err != nil {
			return cause(err)
		}
		return l.addAfter(Module{filepath.Base(name), data}, false)
	}
	plain := plainName(name)
	if l.builtin[plain] || slices.ContainsFunc(l.modules, func(m Module) bool { return plainName(m.Name) == plain }) {
		return nil
	}
	open := l.kernel.modules[plain]
	if open == nil {
		return errors.New("it does not belong to the kernel: give its file, with a slash in its path, or the Debian package of the kernel")
	}
	m, err := open()
	if err != nil {
		return err
	}
	return l.addAfter(m, true)
}

// addAfter adds a module; a file that somebody names may depend on what is there by
// other ways.
func (l *loaded) addAfter(m Module, all bool) error {
	needed, err := m.depends()
	if err != nil {
		return err
	}
	for _, name := range needed {
		if err := l.add(name); err != nil && all {
			return fmt.Errorf("needs %s: %w", name, err)
		}
	}
	l.modules = append(l.modules, m)
	return nil
}

// plainName is what the kernel calls the module in a file.
func plainName(file string) string {
	name, _, _ := strings.Cut(path.Base(file), ".ko")
	return strings.ReplaceAll(name, "-", "_")
}

// isModule says whether a file is one.
func isModule(name string) bool {
	return strings.HasSuffix(strings.TrimSuffix(name, path.Ext(name)), ".ko") || strings.HasSuffix(name, ".ko")
}

// depends lists the modules that one needs, by what it says itself: a kernel that was
// only unpacked has no list of them (depmod(8) makes it).
func (m Module) depends() ([]string, error) {
	data, err := m.uncompressed()
	if err != nil {
		return nil, err
	}
	file, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s is no module: %w", m.Name, err)
	}
	section := file.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("%s is no module: it has no .modinfo", m.Name)
	}
	info, err := section.Data()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Name, err)
	}
	for pair := range strings.SplitSeq(string(info), "\x00") {
		if list, found := strings.CutPrefix(pair, "depends="); found && list != "" {
			return strings.Split(list, ","), nil
		}
	}
	return nil, nil
}

// decompressors are the programs for modules, by suffix, and Debian's packages.
var decompressors = map[string][2]string{".xz": {"xz", "xz-utils"}, ".zst": {"zstd", "zstd"}, ".gz": {"gzip", "gzip"}}

func (m Module) uncompressed() ([]byte, error) {
	program, is := decompressors[path.Ext(m.Name)]
	if !is {
		return m.Data, nil
	}
	found, err := installed(program[0], program[1])
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(found, "-dc")
	cmd.Stdin = bytes.NewReader(m.Data)
	data, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %s -dc: %w", m.Name, program[0], err)
	}
	return data, nil
}

// readKernel reads a kernel from its package, or finds what belongs to an image.
func readKernel(ctx context.Context, file string) (kernel, error) {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no file")
	}
	if err != nil {
		return kernel{}, fmt.Errorf("kernel %s: %w: put it there (of Debian's: apt-get download what linux-image-cloud-%s depends on)", file, cause(err), runtime.GOARCH)
	}
	if strings.HasSuffix(file, ".deb") {
		return readPackage(ctx, file)
	}
	return besideImage(file), nil
}

// besideImage finds the modules of an image that is called by its version, as in
// /boot, or where a package was unpacked.
func besideImage(file string) kernel {
	k := kernel{path: file, modules: map[string]func() (Module, error){}, builtin: map[string]bool{}}
	_, version, found := strings.Cut(filepath.Base(file), "-")
	if !found {
		return k
	}
	dir := filepath.Join(filepath.Dir(filepath.Dir(file)), "lib/modules", version)
	filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && isModule(name) && entry.Type().IsRegular() {
			k.modules[plainName(name)] = func() (Module, error) {
				data, err := os.ReadFile(name)
				return Module{path.Base(name), data}, err
			}
		}
		return nil
	})
	if text, err := os.ReadFile(filepath.Join(dir, builtinFile)); err == nil {
		k.addBuiltin(string(text))
	}
	return k
}

const builtinFile = "modules.builtin"

func (k kernel) addBuiltin(list string) {
	for line := range strings.Lines(list) {
		k.builtin[plainName(strings.TrimSpace(line))] = true
	}
}

// readPackage reads a Debian package, without unpacking it anywhere.
func readPackage(ctx context.Context, file string) (kernel, error) {
	k := kernel{modules: map[string]func() (Module, error){}, builtin: map[string]bool{}}
	dpkg, err := installed("dpkg-deb", "dpkg")
	if err != nil {
		return k, err
	}
	var said strings.Builder
	cmd := exec.CommandContext(ctx, dpkg, "--fsys-tarfile", file)
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return k, fmt.Errorf("kernel %s: dpkg-deb: %w", file, err)
	}
	err = k.readTar(out)
	io.Copy(io.Discard, out)
	if wrong := cmd.Wait(); wrong != nil {
		return k, fmt.Errorf("kernel %s: dpkg-deb: %w: %s", file, wrong, strings.TrimSpace(said.String()))
	}
	if err == nil && len(k.image) == 0 {
		err = errors.New("it has no boot/vmlinuz: name the package of the image itself (apt-cache depends linux-image-amd64)")
	}
	if err != nil {
		return k, fmt.Errorf("kernel %s: %w", file, err)
	}
	return k, nil
}

func (k *kernel) readTar(r io.Reader) error {
	for files := tar.NewReader(r); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := path.Clean(header.Name)
		isImage := strings.HasPrefix(name, "boot/vmlinuz-")
		if header.Typeflag != tar.TypeReg || !isImage && !isModule(name) && path.Base(name) != builtinFile {
			continue
		}
		data, err := io.ReadAll(files)
		switch {
		case err != nil:
			return err
		case isImage:
			k.image = data
		case isModule(name):
			k.modules[plainName(name)] = func() (Module, error) { return Module{path.Base(name), data}, nil }
		default:
			k.addBuiltin(string(data))
		}
	}
}
