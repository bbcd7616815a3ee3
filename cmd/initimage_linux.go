package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"ipcbench/internal/folder"
	"ipcbench/internal/vm"
)

func newInitImage(out *console) *cobra.Command {
	i := imager{out: out}
	cmd := &cobra.Command{
		Use:        "init-image -o FILE [flags] [-- RUN...] | init-image --unpack FILE [-o DIR]",
		SuggestFor: []string{"initramfs", "initrd", "image"},
		GroupID:    "explore",
		Short:      "An initramfs in which this binary is init, to measure any kernel",
		Long: `Writes an initramfs with nothing in it but this binary, which is init there: it
mounts what programs expect, raises lo, loads the modules that were put in, does
"ipcbench run" with the words RUN, sends what that leaves, and powers off. Whatever
fails is said on the console, and it powers off as well.

The kernel's command line has the last word, after "--" and in no more than 32 words:

  linux vmlinuz console=ttyS0 panic=-1 -- results=ttyS1 run pipe -w latency
  initrd ipcbench.img

results= (or --results) is where the directory of the run goes: console; another
device, as ttyS1; virtio, a port of that name "ipcbench"; or a filesystem that is
mounted, TYPE:SOURCE[,OPTIONS], as ext4:/dev/sda1 or, with modules for it and the
network card (nfsv4, virtio_net), nfs:10.0.0.2:/srv,vers=4.2,addr=10.0.0.2,clientaddr=10.0.0.9
and ip=10.0.0.9:::255.255.255.0::eth0:off before the "--"; ip=dhcp is for the kernel to
do, which not every one does. Through a device it goes as text, among all else that is
said there, and --unpack makes the directory of that again: it is like any other, to be
compared with others.`,
		Example: `  ipcbench init-image -o ipcbench.img -- pipe mmap -s 64 -w latency
  ipcbench init-image -o ipcbench.img --kernel linux-image-6.12.deb \
    --module virtio_pci --module virtio_console
  ipcbench init-image -o arm64.img --binary ipcbench-arm64 --arch arm64
  ipcbench init-image --unpack serial.log -o results`,
		RunE: func(cmd *cobra.Command, words []string) error { return i.run(cmd.Context(), words) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&i.to, "out", "o", "", "`file` to be written; of --unpack the directory, by default "+defaultParent)
	flags.StringVar(&i.results, "results", "", "where results go, as above (default console)")
	flags.StringArrayVar(&i.modules, "module", nil, "`module` to load, and what it needs: a name, of --kernel, or a file with a slash in its path; repeatable")
	flags.StringVar(&i.kernel, "kernel", "", "kernel that the modules are of: a Debian package, or a `file` as /boot/vmlinuz-VERSION")
	flags.StringVar(&i.binary, "binary", "", "another `file` than this binary, static")
	flags.StringVar(&i.arch, "arch", runtime.GOARCH, "`architecture` that the binary has to be for: amd64, arm64, s390x")
	_ = cmd.RegisterFlagCompletionFunc("arch", fixed(vm.Architectures()...))
	flags.StringVar(&i.unpack, "unpack", "", "make the directory of a run from a `file` that results went to")
	return cmd
}

// An imager carries out the command init-image.
type imager struct {
	out                 *console
	to, results, kernel string
	binary, arch        string
	modules             []string
	unpack              string
}

func (i *imager) run(ctx context.Context, words []string) error {
	if i.unpack != "" {
		return i.unpackInto(words)
	}
	if i.to == "" {
		return usagef("init-image: name the file to write: -o ipcbench.img")
	}
	if err := vm.CheckBinary(i.binary, i.arch); err != nil {
		return usage(err)
	}
	modules, err := vm.LoadModules(ctx, i.kernel, i.modules)
	if err != nil {
		return usage(err)
	}
	file := exports[vm.Image]{all: []*output[vm.Image]{{flag: "out", path: i.to, write: func(w io.Writer, image vm.Image) error { return image.Write(w) }}}}
	if err := file.open(i.out.stdout); err != nil {
		return err
	}
	if err := file.write(vm.Image{Binary: i.binary, Modules: modules, Plan: vm.Plan{Run: words, Results: i.results}}); err != nil {
		return err
	}
	i.out.note(fmt.Sprintf("%s: an initramfs of %s: name it to a boot loader as initrd, or to QEMU: -initrd", i.to, i.arch))
	return nil
}

// unpackInto makes a run directory from what a machine sent.
func (i *imager) unpackInto(words []string) error {
	if len(words) > 0 {
		return usagef("init-image --unpack: %q is one word too many: it takes one file", words[0])
	}
	if i.to == "" {
		i.to = defaultParent
	}
	info, err := os.Stat(i.unpack)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no ordinary file")
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(i.unpack)
	}
	if err != nil {
		return usage(fmt.Errorf("unpack %s: %w", i.unpack, folder.Cause(err)))
	}
	names, status, err := vm.Unpack(text, i.to)
	if err != nil {
		return fmt.Errorf("unpack %s: %w", i.unpack, err)
	}
	for _, name := range names {
		fmt.Fprintln(i.out.stdout, strings.TrimSuffix(i.to, "/")+"/"+name)
	}
	if status != 0 {
		return fmt.Errorf("unpack %s: ipcbench run exited with %d in there: the console says why", i.unpack, status)
	}
	return nil
}
