package vm

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/internal/facts"
)

// Boot boots the machine, has it do "ipcbench run" with these words, or the machine's
// program, and leaves the directory of that run, or what the program said, in out. It returns when the machine is off; its end, that of ctx
// and that of this process end it too, and nothing of it stays.
//
// An error is what the machine was seen to do, a hang, a panic, with the last lines of
// its console ([Failed]); where the run was made and went wrong, its directory is there
// all the same, and where the machine ended early and had a virtio port, the launches that
// had ended are.
func Boot(ctx context.Context, m Machine, run []string, out string) error {
	l, err := m.prepare(ctx)
	if err != nil {
		return err
	}
	accelerator, err := m.accelerator(ctx, l)
	if err != nil {
		return err
	}
	p, said, err := m.boot(ctx, l, accelerator, Plan{Run: run, Program: m.Program != ""}, m.limit())
	if err != nil {
		return &Failed{m, errors.Join(err, keepParts(said.results, out)), lastLines(said.console)}
	}
	_, err = p.unpack(out)
	if p.status != 0 && err == nil {
		err = &Failed{m, fmt.Errorf("%s exited with %d in there", cmp.Or(m.Program, "ipcbench run"), p.status), lastLines(said.console)}
	}
	return err
}

// An output is all that came out of a machine.
type output struct {
	console []byte
	results []byte // of the channel for these, which may be the console
}

// A Failed is the error of a machine that did not do what it was booted for.
type Failed struct {
	Machine Machine
	Cause   error
	Console []string // the last lines
}

func (f *Failed) Error() string {
	text := fmt.Sprintf("boot %s: %v", f.Machine.Kernel, f.Cause)
	if len(f.Console) > 0 {
		text += ": the console's last lines: " + strings.Join(f.Console, " | ")
	}
	return text
}

func (f *Failed) Unwrap() error { return f.Cause }

// The accelerators, as QEMU calls them.
const (
	kvm = "kvm"
	tcg = "tcg,thread=multi" // emulation
)

// found is which accelerator a kernel boots with, by its file.
var found sync.Map

// tryLimit is how long a kernel may take to be up under KVM: one that cannot run it
// stops the machine, and need not say so.
const tryLimit = 20 * time.Second

// accelerator finds out by trying. That there is a /dev/kvm says little: in a guest it
// may be one that runs no ordinary kernel.
func (m Machine) accelerator(ctx context.Context, l loaded) (string, error) {
	if m.isMadeUp() {
		return tcg, nil
	}
	if known, is := found.Load(m.Kernel); is {
		return known.(string), nil
	}
	accelerator := tcg
	if device, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0); err == nil {
		device.Close()
		if _, _, err := m.boot(ctx, l, kvm, Plan{Try: true}, tryLimit); err == nil {
			accelerator = kvm
		}
	}
	if ctx.Err() == nil {
		found.Store(m.Kernel, accelerator)
	}
	return accelerator, ctx.Err()
}

// boot boots the machine once, and returns what it sent and all that it said.
func (m Machine) boot(ctx context.Context, l loaded, accelerator string, p Plan, limit time.Duration) (parcel, output, error) {
	p.Results = consoleChannel
	if l.virtio {
		p.Results = virtioChannel
	}
	files, err := m.files(l, p)
	defer closeAll(files)
	if err != nil {
		return parcel{}, output{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it hung: it was not off after %s", limit))
	defer cancel()
	said := &console{stop: cancel}
	q := exec.CommandContext(ctx, architectures[m.arch()].program, m.arguments(l, accelerator)...)
	q.ExtraFiles = files
	q.Stdout, q.Stderr = said, said
	q.WaitDelay = time.Second
	// A group of its own: what a terminal sends is for this process, which ends it.
	q.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	err = runLocked(q)
	out := output{said.text(), said.text()}
	if l.virtio {
		var unread error
		out.results, unread = readAll(files[resultsFile])
		err = errors.Join(err, unread)
	}
	if err := m.judge(ctx, said, err); err != nil {
		return parcel{}, out, err
	}
	got, err := find(out.results)
	if errors.Is(err, errNoResults) && bytes.Contains(out.console, []byte("Kernel panic")) {
		err = errors.New("its kernel panicked")
	}
	return got, out, err
}

// judge says what became of QEMU where that alone tells that nothing was done. It ends
// well also when the kernel panics.
func (m Machine) judge(ctx context.Context, said *console, err error) error {
	switch {
	case said.wrong != nil:
		return said.wrong
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("%s: %w", architectures[m.arch()].program, err)
	}
	return nil
}

// runLocked runs a command on a thread that lives as long as it: one that asked to be
// killed with its parent is killed when the thread ends that started it
// (PR_SET_PDEATHSIG(2const)).
func runLocked(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return cmd.Run()
}

// What QEMU inherits. None of it has a name, so that nothing stays whoever is killed.
const (
	kernelFile = iota
	imageFile
	resultsFile
	firstFile = 3 // the descriptor of the first; see exec.Cmd
)

// files makes them.
func (m Machine) files(l loaded, p Plan) (files []*os.File, err error) {
	image := Image{Binary: m.Binary, Modules: l.modules, Program: m.Program, Plan: p}
	for _, write := range []func(io.Writer) error{
		kernelFile:  l.writeImage,
		imageFile:   image.Write,
		resultsFile: func(io.Writer) error { return nil },
	} {
		fd, err := unix.MemfdCreate("ipcbench-vm", unix.MFD_CLOEXEC)
		if err != nil {
			return files, fmt.Errorf("memfd_create: %w", err)
		}
		file := os.NewFile(uintptr(fd), "memfd")
		files = append(files, file)
		if err := write(file); err != nil {
			return files, err
		}
	}
	return files, nil
}

func (k kernel) writeImage(w io.Writer) error {
	if k.path == "" {
		_, err := w.Write(k.image)
		return err
	}
	file, err := os.Open(k.path)
	if err != nil {
		return fmt.Errorf("kernel: %w", err)
	}
	defer file.Close()
	_, err = io.Copy(w, file)
	return err
}

func closeAll(files []*os.File) {
	for _, file := range files {
		file.Close()
	}
}

// readAll reads a file from its beginning, wherever it was written up to.
func readAll(file *os.File) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(file, 0, info.Size()))
}

func inherited(file int) string { return fmt.Sprintf("/proc/self/fd/%d", firstFile+file) }

// arguments are those of QEMU.
func (m Machine) arguments(l loaded, accelerator string) []string {
	a := architectures[m.arch()]
	processor := a.processor
	if accelerator == kvm {
		processor = "host"
	}
	args := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-machine", a.machine, "-accel", accelerator, "-cpu", processor,
		"-kernel", inherited(kernelFile), "-initrd", inherited(imageFile), "-append", m.kernelWords(accelerator),
		"-serial", "stdio",
	}
	topology, _ := parseTopology(m.Topology)
	args = append(args, topology.qemu(m.memory())...)
	if l.virtio {
		args = append(args, "-device", "virtio-serial-"+a.bus,
			"-chardev", "file,id=results,path="+inherited(resultsFile),
			"-device", "virtserialport,chardev=results,name="+portName)
	}
	return args
}

// kernelWords is the kernel's command line: a panic is to be the end of the machine.
func (m Machine) kernelWords(accelerator string) string {
	a := architectures[m.arch()]
	words := []string{"console=" + a.console, "panic=-1", "quiet", a.cmdline}
	if accelerator != kvm {
		words = append(words, facts.EmulatedWord) // not every processor that it plays tells
	}
	return strings.Join(strings.Fields(strings.Join(append(words, m.Cmdline), " ")), " ")
}

// A console collects what a machine and its QEMU say.
type console struct {
	stop context.CancelFunc

	mu    sync.Mutex
	all   bytes.Buffer
	wrong error // why the machine was stopped
}

// mostConsole is how many bytes are kept, with results among them.
const mostConsole = 256 << 20

// kvmGaveUp is what QEMU says when KVM cannot go on; it then waits for ever.
const kvmGaveUp = "KVM internal error"

func (c *console) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := max(0, c.all.Len()-len(kvmGaveUp))
	c.all.Write(text)
	switch {
	case c.wrong != nil:
	case c.all.Len() > mostConsole:
		c.wrong = fmt.Errorf("its console said more than %d MiB", mostConsole>>20)
		c.stop()
	case bytes.Contains(c.all.Bytes()[before:], []byte(kvmGaveUp)):
		c.wrong = errors.New(kvmGaveUp)
		c.stop()
	}
	return len(text), nil
}

func (c *console) text() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all.Bytes()
}

// shown is how many lines of a console are.
const shown = 8

// lastLines are those that say something, without the times in front of the kernel's,
// and without results.
func lastLines(text []byte) []string {
	if begin := bytes.LastIndex(text, []byte("-----BEGIN "+blockType)); begin >= 0 {
		text = text[:begin]
	}
	text = text[max(0, len(text)-16<<10):]
	var lines []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if rest, is := strings.CutPrefix(line, "["); is {
			if _, after, found := strings.Cut(rest, "] "); found {
				line = after
			}
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-shown):]
}
