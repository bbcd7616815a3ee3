package transports

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/internal/uring"
)

func init() { Register(uringStream{}) }

// uringStream is a pipe in each direction, or a Unix stream socket, read and
// written through io_uring: each end has a ring, in which it asks for one read
// or write and waits for its completion. See io_uring(7).
//
// What the option over names is made as that transport makes it; only the way
// into the kernel is another one.
type uringStream struct{}

func (uringStream) Info() Info {
	return Info{
		Name:    "uring",
		Doc:     "a pipe in each direction or a Unix socket, used through io_uring (io_uring_enter)",
		Kind:    Stream,
		Caps:    SeesPeerDeath,
		MaxSize: largestMessage,
		Options: []Option{
			{Name: "over", Doc: "what the bytes go through", Values: []Value{
				{Name: "pipe", Doc: "a pipe in each direction (IORING_OP_READ, IORING_OP_WRITE)"},
				{Name: "unix", Doc: "a Unix stream socket (IORING_OP_RECV, IORING_OP_SEND)"},
			}},
			{Name: "sqpoll", Doc: "who takes an operation from the ring", Values: []Value{
				{Name: "no", Doc: "the end itself, by io_uring_enter(2)"},
				{Name: "yes", Doc: "a thread of the kernel for each end (IORING_SETUP_SQPOLL), which keeps a CPU busy until a second after the last message, the kernel decides which: with wait=spin a pair wants four CPUs"},
			}},
			{Name: "wait", Doc: "what an end does while an operation is not done", Values: []Value{
				{Name: "block", Doc: "sleep in io_uring_enter(2)", Waits: Sleeps},
				{Name: "spin", Doc: "look for the completion in the ring's memory", Waits: Spins},
			}},
		},
	}
}

func uringConfig(s Spec) uring.Config {
	return uring.Config{Spin: s.Option("wait") == "spin", SQPoll: s.Option("sqpoll") == "yes"}
}

// uringOps are the operations by which one direction is read and written.
var uringOps = map[string][2]uring.Opcode{
	"pipe": {uring.Read, uring.Write},
	"unix": {uring.Recv, uring.Send},
}

func (uringStream) Probe(s Spec) error {
	if err := probeSize(s); err != nil {
		return err
	}
	ops := uringOps[s.Option("over")]
	return probeUring(uringConfig(s), ops[:]...)
}

func (u uringStream) Create(s Spec) (Link, error) {
	if err := u.Probe(s); err != nil {
		return nil, err
	}
	if s.Option("over") == "pipe" {
		return newPipePair(s)
	}
	return unixPair(s, unix.SOCK_STREAM)
}

func (uringStream) Open(s Spec, _ Side, files []*os.File) (Endpoint, error) {
	ring, err := uring.New(uringConfig(s))
	if err != nil {
		closeOnce(files...)
		return nil, fmt.Errorf("uring: %w", ringFailed(uringConfig(s), err))
	}
	ends := make([]*ringFile, len(files))
	fds := make([]int32, len(files))
	ops := uringOps[s.Option("over")]
	for i, f := range files {
		ends[i] = &ringFile{File: f, ring: ring, index: int32(i), read: ops[0], write: ops[1]}
		fds[i] = int32(f.Fd())
	}
	if err := ring.Register(fds...); err != nil {
		closeOnce(ends...)
		return nil, fmt.Errorf("uring: %w: %s", err, kernelRemedy(err))
	}
	in, out := ends[0], ends[len(ends)-1]
	f := stream{
		what: s.Transport,
		size: s.Size,
		in:   descriptor{polled: in, file: in},
		out:  descriptor{polled: out, file: out},
	}
	if s.Uniform {
		return &uniformRing{uniformStream{stream: f}, in, out}, nil
	}
	return newFramedStream(f), nil
}

// A ringFile is a file that is read and written through a ring. Where an end
// has two files, they share the ring, and closing one closes it.
type ringFile struct {
	*os.File
	ring        *uring.Ring
	index       int32 // among the ring's registered files
	read, write uring.Opcode
}

func (f *ringFile) Read(p []byte) (int, error) { return f.transfer(f.read, p) }

func (f *ringFile) Write(p []byte) (int, error) { return f.transfer(f.write, p) }

func (f *ringFile) transfer(op uring.Opcode, p []byte) (int, error) {
	for {
		n := f.ring.Transfer(op, f.index, unsafe.Pointer(unsafe.SliceData(p)), len(p))
		if n >= 0 {
			return n, nil
		}
		switch errno := unix.Errno(-n); errno {
		case unix.EINTR, unix.EAGAIN:
		case unix.EEXIST:
			return 0, fmt.Errorf("io_uring_enter: %w: the ring belongs to the thread that made it: lock the goroutine to its thread", errno)
		default:
			return 0, errno
		}
	}
}

func (f *ringFile) Close() error { return errors.Join(f.ring.Close(), f.File.Close()) }

// A uniformRing is a uniformStream whose one operation usually does all, as
// there.
type uniformRing struct {
	uniformStream
	from, to *ringFile
}

func (s *uniformRing) Send(msg []byte) error {
	sent := 0
	if len(msg) == s.size {
		sent = s.to.ring.Transfer(s.to.write, s.to.index, unsafe.Pointer(unsafe.SliceData(msg)), len(msg))
		if sent == len(msg) {
			return nil
		}
	}
	return s.sendRest(msg, max(sent, 0))
}

func (s *uniformRing) Recv(buf []byte) (int, error) {
	got := 0
	if len(buf) >= s.size {
		got = s.from.ring.Transfer(s.from.read, s.from.index, unsafe.Pointer(unsafe.SliceData(buf)), s.size)
		if got == s.size {
			return got, nil
		}
	}
	return s.recvRest(buf, max(got, 0))
}
