package uring

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/internal/uring"
	"ipcbench/transports"
	"ipcbench/transports/internal/connection"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/iouring"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/pipes"
	"ipcbench/transports/internal/remedy"
	"ipcbench/transports/internal/stream"
)

func init() { transports.Register(uringStream{}) }

// uringStream is a pipe in each direction, or a Unix stream socket, read and
// written through io_uring: each end has a ring, in which it asks for one read
// or write and waits for its completion. See io_uring(7).
//
// What the option over names is made as that transport makes it; only the way
// into the kernel is another one.
type uringStream struct{}

var uringStreamInfo = transports.Info{
	Name:    "uring",
	Also:    []string{"io_uring"},
	Doc:     "a pipe in each direction or a Unix socket, used through io_uring (io_uring_enter)",
	Kind:    transports.Stream,
	Group:   group,
	Caps:    transports.SeesPeerDeath,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{
		{Name: "over", Doc: "what the bytes go through", Values: []transports.Value{
			{Name: "pipe", Doc: "a pipe in each direction (IORING_OP_READ, IORING_OP_WRITE)"},
			{Name: "unix", Doc: "a Unix stream socket (IORING_OP_RECV, IORING_OP_SEND)"},
		}},
		{Name: "sqpoll", Doc: "who takes an operation from the ring", Values: []transports.Value{
			{Name: "no", Doc: "the end itself, by io_uring_enter(2)"},
			{Name: "yes", Doc: "a thread of the kernel for each end (IORING_SETUP_SQPOLL), which keeps a CPU busy until a second after the last message, the kernel decides which: with wait=spin a pair wants four CPUs"},
		}},
		{Name: "wait", Doc: "what an end does while an operation is not done", Values: []transports.Value{
			{Name: "block", Doc: "sleep in io_uring_enter(2)", Waits: transports.Sleeps},
			{Name: "spin", Doc: "look for the completion in the ring's memory", Waits: transports.Spins},
		}},
	},
}

func (uringStream) Info() transports.Info { return uringStreamInfo }

func uringConfig(s transports.Spec) uring.Config {
	return uring.Config{Spin: s.Option("wait") == "spin", SQPoll: s.Option("sqpoll") == "yes"}
}

// uringOps are the operations by which one direction is read and written.
var uringOps = map[string][2]uring.Opcode{
	"pipe": {uring.Read, uring.Write},
	"unix": {uring.Recv, uring.Send},
}

func (uringStream) Probe(s transports.Spec) error {
	if err := transports.ProbeSize(s); err != nil {
		return err
	}
	ops := uringOps[s.Option("over")]
	return iouring.Probe(uringConfig(s), ops[:]...)
}

func (u uringStream) Create(s transports.Spec) (transports.Link, error) {
	if err := u.Probe(s); err != nil {
		return nil, err
	}
	if s.Option("over") == "pipe" {
		return pipes.Pair(s)
	}
	return connection.Unix(s, unix.SOCK_STREAM)
}

func (uringStream) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	ring, err := uring.New(uringConfig(s))
	if err != nil {
		links.Close(h.Files...)
		return nil, fmt.Errorf("uring: %w", iouring.Refused(uringConfig(s), err))
	}
	ends := make([]*ringFile, len(h.Files))
	fds := make([]int32, len(h.Files))
	ops := uringOps[s.Option("over")]
	for i, f := range h.Files {
		ends[i] = &ringFile{File: f, ring: ring, index: int32(i), read: ops[0], write: ops[1]}
		fds[i] = int32(f.Fd())
	}
	if err := ring.Register(fds...); err != nil {
		links.Close(ends...)
		return nil, fmt.Errorf("uring: %w: %s", err, remedy.Kernel(err))
	}
	in, out := ends[0], ends[len(ends)-1]
	f := stream.Stream{
		What: s.Transport,
		Size: s.Size,
		In:   descriptor.Descriptor{Polled: in, File: in},
		Out:  descriptor.Descriptor{Polled: out, File: out},
	}
	if s.Uniform {
		return &uniformRing{stream.Uniform{Stream: f}, in, out}, nil
	}
	return stream.NewFramed(f), nil
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

// transfer is one operation, made again after a signal, and where the kernel has no
// memory for it or no process to do it: no file here is non-blocking, so that it says
// EAGAIN of nothing else. Nor does anybody cancel an operation: before Linux 6.4 those of
// pipes are for a worker of the kernel, and where a signal keeps it from starting one, it
// says ECANCELED and has done nothing (io_acct_cancel_pending_work in io_uring/io-wq.c).
func (f *ringFile) transfer(op uring.Opcode, p []byte) (int, error) {
	for refusals := kernel.Refusals(0); ; {
		n := f.ring.Transfer(op, f.index, unsafe.Pointer(unsafe.SliceData(p)), len(p))
		if n >= 0 {
			return n, nil
		}
		switch errno := unix.Errno(-n); errno {
		case unix.EINTR:
		case unix.EAGAIN, unix.ECANCELED:
			if !refusals.Again() {
				return 0, fmt.Errorf("io_uring_enter: %w, %d times in a row: the kernel has no memory or no process for it: free some memory, or raise the limit of processes (ulimit -u)", errno, refusals)
			}
		case unix.EEXIST:
			return 0, fmt.Errorf("io_uring_enter: %w: the ring belongs to the thread that made it: lock the goroutine to its thread", errno)
		default:
			return 0, errno
		}
	}
}

func (f *ringFile) Close() error { return errors.Join(f.ring.Close(), f.File.Close()) }

// A uniformRing is a stream.Uniform whose one operation usually does all, as
// there.
type uniformRing struct {
	stream.Uniform
	from, to *ringFile
}

func (s *uniformRing) Send(msg []byte) error {
	sent := 0
	if len(msg) == s.Size {
		sent = s.to.ring.Transfer(s.to.write, s.to.index, unsafe.Pointer(unsafe.SliceData(msg)), len(msg))
		if sent == len(msg) {
			return nil
		}
	}
	return s.SendRest(msg, max(sent, 0))
}

func (s *uniformRing) Recv(buf []byte) (int, error) {
	got := 0
	if len(buf) >= s.Size {
		got = s.from.ring.Transfer(s.from.read, s.from.index, unsafe.Pointer(unsafe.SliceData(buf)), s.Size)
		if got == s.Size {
			return got, nil
		}
	}
	return s.RecvRest(buf, max(got, 0))
}
