package transporttest

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	_ "ipcbench/internal/foreign"
	"ipcbench/transports"
	_ "ipcbench/transports/all"
)

// A broken transport is the pipe with one promise of the interface not kept.
type broken struct {
	name    string
	caught  string // the case that must find it
	create  func(transports.Spec, transports.Link) transports.Link
	spoil   func(transports.Endpoint) transports.Endpoint
	reveals bool // it claims to see its peer's death
	options []transports.Option
	limit   int   // its MaxSize
	probe   error // of every spec
	refuses bool  // more than limit
	hoards  int   // descriptors that its link has besides
	drops   bool  // what it has of them where it cannot have all
}

func (b broken) Info() transports.Info {
	info := transports.Info{Name: strings.ReplaceAll(b.name, " ", "-"), Doc: "a pipe that " + b.name, Kind: transports.Stream, Options: b.options, MaxSize: b.limit}
	if b.reveals {
		info.Caps = transports.SeesPeerDeath
	}
	return info
}

func (b broken) Probe(s transports.Spec) error {
	if b.refuses && s.MaxSize() > 0 && s.Size > s.MaxSize() {
		return errors.ErrUnsupported
	}
	return b.probe
}

// pipe is the transport that all of them are, but for their fault.
func (b broken) pipe(s transports.Spec) (transports.Transport, transports.Spec) {
	t, err := transports.Lookup("pipe")
	if err != nil {
		panic(err)
	}
	pipe, err := transports.Parse("pipe")
	if err != nil {
		panic(err)
	}
	pipe.Size, pipe.Capacity = s.Size, s.Capacity
	return t, pipe
}

func (b broken) Create(s transports.Spec) (transports.Link, error) {
	if err := b.Probe(s); b.refuses && err != nil {
		return nil, err
	}
	t, spec := b.pipe(s)
	link, err := t.Create(spec)
	if err == nil && b.create != nil {
		link = b.create(s, link)
	}
	if err == nil && b.hoards > 0 {
		return b.hoard(link)
	}
	return link, err
}

// hoard adds descriptors to a link.
func (b broken) hoard(l transports.Link) (transports.Link, error) {
	h := hoard{Link: l}
	for range b.hoards {
		f, err := os.Open(os.DevNull)
		if err != nil {
			if b.drops {
				dropped = append(dropped, h.files...) // or the collector would close them
				return nil, errors.Join(err, l.Close())
			}
			return nil, errors.Join(err, h.Close())
		}
		h.files = append(h.files, f)
	}
	return h, nil
}

var dropped []*os.File

// A hoard is a link that has more descriptors than its ends need.
type hoard struct {
	transports.Link
	files []*os.File
}

func (h hoard) Close() error {
	for _, f := range h.files {
		f.Close() // again: os.ErrClosed, which is nothing new
	}
	return h.Link.Close()
}

func (b broken) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	t, spec := b.pipe(s)
	ep, err := t.Open(spec, side, h)
	if err == nil && b.spoil != nil {
		ep = b.spoil(ep)
	}
	return ep, err
}

// A spoiler is an endpoint whose calls can be replaced.
type spoiler struct {
	transports.Endpoint
	send  func(transports.Endpoint, []byte) error
	recv  func(transports.Endpoint, []byte) (int, error)
	close func(transports.Endpoint) error
}

func (s *spoiler) Send(msg []byte) error {
	if s.send != nil {
		return s.send(s.Endpoint, msg)
	}
	return s.Endpoint.Send(msg)
}

func (s *spoiler) Recv(buf []byte) (int, error) {
	if s.recv != nil {
		return s.recv(s.Endpoint, buf)
	}
	return s.Endpoint.Recv(buf)
}

func (s *spoiler) Close() error {
	if s.close != nil {
		return s.close(s.Endpoint)
	}
	return s.Endpoint.Close()
}

// A leakyLink keeps a descriptor after Close.
type leakyLink struct{ transports.Link }

func (l leakyLink) Close() error {
	unix.Dup(0)
	return l.Link.Close()
}

// A sharedLink gives each side the other's descriptors too, as one list for
// both would.
type sharedLink struct{ transports.Link }

func (l sharedLink) For(side transports.Side) transports.Handover {
	files := slices.Clone(l.Link.For(side).Files)
	return transports.Handover{Files: append(files, l.Link.For(side.Peer()).Files...)}
}

// A brittleLink fails to close twice.
type brittleLink struct {
	transports.Link
	closed *bool
}

func (l brittleLink) Close() error {
	if *l.closed {
		return errors.New("closed already")
	}
	*l.closed = true
	return l.Link.Close()
}

var sink []byte

// allBroken are the faults that peers' benchmarks were found to have, and
// some that ours had.
var allBroken = []broken{
	{name: "loses a message", caught: "far more than it holds, producer to consumer", spoil: func(ep transports.Endpoint) transports.Endpoint {
		n := 0
		return &spoiler{Endpoint: ep, send: func(ep transports.Endpoint, msg []byte) error {
			if n++; n == 700 {
				return nil
			}
			return ep.Send(msg)
		}}
	}},
	{name: "carries lengths and no bytes", caught: "every size there and back", spoil: func(ep transports.Endpoint) transports.Endpoint {
		return &spoiler{Endpoint: ep, recv: func(ep transports.Endpoint, buf []byte) (int, error) {
			n, err := ep.Recv(buf)
			clear(buf[:n])
			return n, err
		}}
	}},
	{name: "clamps a size", caught: "every size there and back", spoil: func(ep transports.Endpoint) transports.Endpoint {
		return &spoiler{Endpoint: ep, send: func(ep transports.Endpoint, msg []byte) error { return ep.Send(msg[:min(len(msg), 2048)]) }}
	}},
	{name: "swaps two messages", caught: "far more than it holds, producer to consumer", spoil: func(ep transports.Endpoint) transports.Endpoint {
		var held []byte
		n := 0
		return &spoiler{Endpoint: ep, send: func(ep transports.Endpoint, msg []byte) error {
			if n++; n == 900 {
				held = slices.Clone(msg)
				return nil
			}
			if held != nil {
				defer func() { ep.Send(held); held = nil }()
			}
			return ep.Send(msg)
		}}
	}},
	{name: "keeps the sender's buffer", caught: "far more than it holds, producer to consumer", spoil: func(ep transports.Endpoint) transports.Endpoint {
		var last []byte
		return &spoiler{Endpoint: ep, send: func(ep transports.Endpoint, msg []byte) error {
			previous := last
			last = msg
			if previous == nil {
				return nil
			}
			return ep.Send(previous)
		}, close: func(ep transports.Endpoint) error {
			if last != nil {
				ep.Send(last)
				last = nil
			}
			return ep.Close()
		}}
	}},
	{name: "never ends", caught: "end of stream without a message", create: func(_ transports.Spec, l transports.Link) transports.Link { return sharedLink{l} }},
	{name: "ends once", caught: "end of stream without a message", spoil: func(ep transports.Endpoint) transports.Endpoint {
		return &spoiler{Endpoint: ep, recv: func(ep transports.Endpoint, buf []byte) (int, error) {
			n, err := ep.Recv(buf)
			if err == io.EOF {
				ep.Close()
			}
			return n, err
		}}
	}},
	{name: "sends what is too long", caught: "a message too long is refused", spoil: func(ep transports.Endpoint) transports.Endpoint {
		return &spoiler{Endpoint: ep, send: func(ep transports.Endpoint, msg []byte) error {
			err := ep.Send(msg)
			if errors.Is(err, transports.ErrTooLong) {
				return ep.Send(msg[:len(msg)-1])
			}
			return err
		}}
	}},
	{name: "allocates", caught: "no allocation per message", spoil: func(ep transports.Endpoint) transports.Endpoint {
		return &spoiler{Endpoint: ep, send: func(ep transports.Endpoint, msg []byte) error {
			sink = slices.Clone(msg)
			return ep.Send(sink)
		}}
	}},
	{name: "does not see a death", caught: "the consumer sees the producer killed", reveals: true, create: func(_ transports.Spec, l transports.Link) transports.Link { return sharedLink{l} }},
	{name: "leaks a descriptor", caught: "close is idempotent", create: func(_ transports.Spec, l transports.Link) transports.Link { return leakyLink{l} }},
	{name: "leaves a file", caught: "close is idempotent", create: func(s transports.Spec, l transports.Link) transports.Link {
		os.WriteFile(filepath.Join(s.Dir, ".left"), nil, 0o600)
		return l
	}},
	{name: queueLeaver, caught: "close is idempotent", create: func(s transports.Spec, l transports.Link) transports.Link {
		leaveQueue()
		return l
	}},
	{name: "leaks a descriptor in a worker", caught: "end of stream without a message", spoil: func(ep transports.Endpoint) transports.Endpoint {
		return &spoiler{Endpoint: ep, close: func(ep transports.Endpoint) error {
			unix.Dup(0)
			return ep.Close()
		}}
	}},
	{name: "leaks a mapping in a worker", caught: "end of stream without a message", spoil: func(ep transports.Endpoint) transports.Endpoint {
		unix.Mmap(-1, 0, 4096, unix.PROT_READ, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
		return ep
	}},
	{name: "takes what is too large", caught: "a link too large is refused", limit: usual},
	{name: "creates what probe refuses", caught: probeCase, probe: errors.ErrUnsupported},
	{name: "probes with a failure", caught: probeCase, probe: errors.New("no")},
	{name: "drops what it has when it fails", caught: "a failed create leaves nothing", hoards: 3, drops: true},
	{name: "cannot close twice", caught: "close is idempotent", create: func(_ transports.Spec, l transports.Link) transports.Link { return brittleLink{l, new(bool)} }},
}

// TestCatchesBroken runs on each broken transport the case that is to find its
// fault.
func TestCatchesBroken(t *testing.T) {
	for _, b := range allBroken {
		t.Run(b.name, func(t *testing.T) {
			spec := linkOf(parse(t, b.Info().Name), t.TempDir())
			if b.caught == probeCase {
				if err := agrees(b, spec, b.Probe(spec)); err == nil {
					t.Error("it was not found")
				} else {
					t.Log(err)
				}
				return
			}
			if b.name == queueLeaver {
				if _, err := os.ReadDir(queues()); err != nil {
					t.Skipf("nobody can see message queues: %v: run the test as root", err)
				}
				t.Cleanup(removeQueue)
			}
			i := slices.IndexFunc(cases, func(c testCase) bool { return c.name == b.caught })
			if i < 0 {
				t.Fatalf("no case is called %q", b.caught)
			}
			if err := runCase(cases[i], b, spec, 2*time.Second); err == nil {
				t.Errorf("the case %q did not find it", b.caught)
			} else {
				t.Log(err)
			}
		})
	}
}

// TestKeepsSound runs the same cases on the pipe that the broken ones are made
// of, with nothing broken.
func TestKeepsSound(t *testing.T) {
	Run(t, sound)
}

// TestKeepsHoards: a link may need more descriptors than any of ours.
func TestKeepsHoards(t *testing.T) {
	spec := linkOf(parse(t, large.Info().Name), t.TempDir())
	for _, c := range cases {
		if c.name == "a failed create leaves nothing" {
			if err := runCase(c, large, spec, watchdog); err != nil {
				t.Error(err)
			}
		}
	}
}

var large = broken{name: "has many descriptors", hoards: 40}

// TestKeepsForeign: a transport that declares what it takes of the Go runtime is
// not held to what the others promise.
func TestKeepsForeign(t *testing.T) {
	foreign, err := transports.Lookup("foreign")
	if err != nil {
		t.Fatal(err)
	}
	Run(t, foreign)
}

func parse(t *testing.T, text string) transports.Spec {
	t.Helper()
	spec, err := transports.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// It also has a limit on the size of its messages that depends on an option.
var sound = broken{name: "keeps its promises", reveals: true, refuses: true, options: []transports.Option{
	{Name: "limit", Doc: "the largest message", Values: []transports.Value{
		{Name: "none", Doc: "any"},
		{Name: "word", Doc: "eight bytes", MaxSize: 8},
	}},
}}

// TestSkipsTheUnsupported: no case is run on what a host cannot run.
func TestSkipsTheUnsupported(t *testing.T) {
	t.Run("all", func(t *testing.T) { Run(t, unable) })
}

var unable = broken{name: "is not for this host", refuses: true, probe: errors.ErrUnsupported}

const queueLeaver = "leaves a message queue"

// probeCase is no case, but comes before the first.
const probeCase = "probe"

// leftQueue is what the transport that leaves a queue calls it, without the
// slash that mq_open(3) takes off.
var leftQueue = [...]byte{'i', 'p', 'c', 'b', 'r', 'o', 'k', 'e', 'n', 0}

// leaveQueue makes a message queue, for which x/sys has no wrapper.
func leaveQueue() {
	name := uintptr(unsafe.Pointer(&leftQueue))
	if fd, _, errno := unix.Syscall6(unix.SYS_MQ_OPEN, name, unix.O_CREAT|unix.O_RDWR, 0o600, 0, 0, 0); errno == 0 {
		unix.Close(int(fd))
	}
}

func removeQueue() { unix.Syscall(unix.SYS_MQ_UNLINK, uintptr(unsafe.Pointer(&leftQueue)), 0, 0) }

func TestMain(m *testing.M) {
	for _, b := range append(allBroken, sound, unable, large) {
		transports.Register(b)
	}
	Worker()
	os.Exit(m.Run())
}
