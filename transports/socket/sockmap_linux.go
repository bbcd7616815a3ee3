package socket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/buffer"
	"ipcbench/transports/internal/connection"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/pipes"
	"ipcbench/transports/internal/remedy"
	"ipcbench/transports/internal/stream"
)

func init() { transports.Register(sockmap{}) }

// sockmap is a TCP connection over loopback whose bytes never become segments: a
// BPF program (BPF_PROG_TYPE_SK_MSG) hands what one end writes to the other
// end's queue (bpf_msg_redirect_map with BPF_F_INGRESS in bpf-helpers(7)). TCP
// itself carries only the end of the stream.
//
// Such a queue has no bound but net.ipv4.tcp_mem, since the kernel asks neither
// socket's buffer for room: a writer that is faster than its reader would take
// all the memory there is, and then fail. So the ends keep a window. The reader
// tells through a pipe how much it has received, a quarter of the window at a
// time, and the writer reads that when the window is used up. This is a system
// call on either side for a quarter of a window.
//
// A writer locks the reader's socket, and sleeps while the reader holds the lock.
// So wait=spin does not spin all the time: a reader that asks again and again
// mostly holds it.
type sockmap struct{}

var sockmapInfo = transports.Info{
	Name:    "sockmap",
	Also:    []string{"bpf", "ebpf", "sk_msg"},
	Doc:     "a TCP connection whose bytes BPF puts into the peer's queue (bpf_msg_redirect_map)",
	Kind:    transports.Stream,
	Group:   group,
	Caps:    transports.SeesPeerDeath,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{
		buffer.Option("buffer", "how many bytes are on their way before a writer waits", 4<<10, "1 MiB, or what the link says", "a window of"),
		descriptor.WaitOption(),
	},
}

func (sockmap) Info() transports.Info { return sockmapInfo }

// Probe makes a link, because nothing less finds out whether bytes are
// redirected: it takes privileges, a kernel's configuration and a loopback
// interface.
func (t sockmap) Probe(s transports.Spec) error {
	l, err := t.Create(s)
	if err != nil {
		return err
	}
	return l.Close()
}

func (t sockmap) Create(s transports.Spec) (transports.Link, error) {
	if err := transports.ProbeSize(s); err != nil {
		return nil, err
	}
	pair, err := connection.TCP(s)
	if err != nil {
		return nil, err
	}
	l := &links.PerSide{
		transports.Producer: {os.NewFile(uintptr(pair[0]), "a TCP socket")},
		transports.Consumer: {os.NewFile(uintptr(pair[1]), "a TCP socket")},
	}
	if err := t.join(s, l, pair); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// join redirects the two sockets to each other and adds the pipes for credits to
// the files of the link.
func (sockmap) join(s transports.Spec, l *links.PerSide, pair [2]int) error {
	if err := redirect(pair); err != nil {
		return err
	}
	credits := transports.Spec{Transport: s.Transport} // of any capacity
	there, err := pipes.New(credits)
	if err != nil {
		return err
	}
	back, err := pipes.New(credits)
	if err != nil {
		links.Close(there...)
		return err
	}
	l[transports.Producer] = append(l[transports.Producer], back[0], there[1])
	l[transports.Consumer] = append(l[transports.Consumer], there[0], back[1])
	return nil
}

// redirect has what is written to either of two connected sockets go into the
// queue of the other, from now on and as long as both are open: the program
// belongs to the sockets, and the map to the program.
func redirect(pair [2]int) error {
	address, err := unix.Getsockname(pair[0])
	if err != nil {
		return fmt.Errorf("sockmap: ask for a socket's port: %w", err)
	}
	sockets, err := newRedirection(address.(*unix.SockaddrInet4).Port)
	if err != nil {
		return err
	}
	defer sockets.Close()
	for i, fd := range pair {
		if err := sockets.Put(uint32(i), uint32(fd)); err != nil {
			return fmt.Errorf("sockmap: put a socket in the map: %w", err)
		}
	}
	return verifyRedirection(pair)
}

// newRedirection makes the map for two sockets, of which the first has port, and
// the program that redirects to the other one, and returns the map.
func newRedirection(port int) (*ebpf.Map, error) {
	sockets, err := ebpf.NewMap(&ebpf.MapSpec{Name: "ipcbench", Type: ebpf.SockMap, KeySize: 4, ValueSize: 4, MaxEntries: 2})
	if err != nil {
		return nil, bpfRefused("make a map of sockets", err)
	}
	const (
		localPort = 64 // offset in struct sk_msg_md, in the host's order
		ingress   = 1  // BPF_F_INGRESS
	)
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "ipcbench", Type: ebpf.SkMsg, AttachType: ebpf.AttachSkMsgVerdict, License: "MIT",
		Instructions: asm.Instructions{
			asm.LoadMem(asm.R5, asm.R1, localPort, asm.Word),
			asm.Mov.Imm(asm.R3, 1),
			asm.JEq.Imm(asm.R5, int32(port), "redirect"),
			asm.Mov.Imm(asm.R3, 0),
			asm.LoadMapPtr(asm.R2, sockets.FD()).WithSymbol("redirect"),
			asm.Mov.Imm(asm.R4, ingress),
			// It returns SK_DROP once the other socket has left the map, which
			// it does when it is closed.
			asm.FnMsgRedirectMap.Call(),
			asm.Return(),
		},
	})
	if err != nil {
		sockets.Close()
		return nil, bpfRefused("load a program", err)
	}
	defer program.Close() // what it is attached to keeps it
	err = link.RawAttachProgram(link.RawAttachProgramOptions{Target: sockets.FD(), Program: program, Attach: ebpf.AttachSkMsgVerdict})
	if err != nil {
		sockets.Close()
		return nil, bpfRefused("attach a program to a map of sockets", err)
	}
	return sockets, nil
}

// bpfRefused is why this host has no redirection, with what to do, or a failure
// of the moment.
func bpfRefused(what string, err error) error {
	switch {
	case errors.Is(err, unix.EPERM):
		return transports.Unsupported(fmt.Sprintf("%s for BPF, which takes CAP_BPF and CAP_NET_ADMIN (and before Linux 5.11 ulimit -l unlimited): %v: %s", what, unix.EPERM, remedy.Privilege(unix.CAP_BPF, "BPF")))
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, ebpf.ErrNotSupported):
		return transports.Unsupported(fmt.Sprintf("%s for BPF: %v: it takes Linux 4.18 with CONFIG_BPF_STREAM_PARSER", what, err))
	}
	return remedy.Refused("sockmap: "+what+" for BPF", kernel.Errno(err), "use Linux 4.18 or newer, with CONFIG_BPF_STREAM_PARSER")
}

// verifyRedirection sends a few bytes each way and makes sure that they arrive
// and that TCP sent nothing: otherwise a plain connection would pass for this.
func verifyRedirection(pair [2]int) error {
	for i, from := range pair {
		to := pair[1-i]
		before, err := segmentsSent(from)
		if err != nil {
			return err
		}
		said, heard := []byte{'h', 'i', byte(i)}, make([]byte, 4)
		if _, err := unix.Write(from, said); err != nil {
			return fmt.Errorf("sockmap: write to a redirected socket: %w", err)
		}
		n, _, err := unix.Recvfrom(to, heard, unix.MSG_DONTWAIT)
		if err != nil {
			return transports.Unsupported(fmt.Sprintf("sockmap: receive what was redirected: %v: the program does not work on this kernel: take tcp", err))
		}
		after, err := segmentsSent(from)
		if err != nil {
			return err
		}
		if !bytes.Equal(heard[:n], said) || after != before {
			return transports.Unsupported(fmt.Sprintf("sockmap: %d bytes were sent as %d segments and %d bytes arrived: they are not redirected on this kernel: take tcp", len(said), after-before, n))
		}
	}
	return nil
}

// segmentsSent returns how many segments a TCP socket has sent. See tcp(7).
func segmentsSent(fd int) (uint32, error) {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return 0, fmt.Errorf("sockmap: ask what TCP has sent: %w", err)
	}
	return info.Segs_out, nil
}

// newWindow is how many bytes of s a writer may have on their way before it
// waits.
func newWindow(s transports.Spec) int {
	window := buffer.Size(s, "buffer")
	if window == 0 {
		window = transports.DefaultCapacity
	}
	return window
}

func (sockmap) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	credits, err := descriptor.Open(s, h.Files[1:])
	if err != nil {
		h.Files[0].Close()
		return nil, err
	}
	// Not stream.OpenConnection: what the peer has not received is not TCP's to lose.
	ends, err := stream.Open(s, h.Files[:1])
	if err != nil {
		links.Close(credits...)
		return nil, err
	}
	return &windowedStream{
		Endpoint: ends,
		window:   newWindow(s),
		heard:    credits[0],
		told:     credits[1],
		records:  make([]byte, 16*recordBytes),
	}, nil
}

// A windowedStream is an end of a stream that the kernel does not bound.
type windowedStream struct {
	transports.Endpoint
	window   int                   // bytes
	onWay    int                   // bytes sent that the peer has not told of
	received int                   // bytes that the peer was not told of
	heard    descriptor.Descriptor // a pipe of records
	told     descriptor.Descriptor // likewise, to the peer
	records  []byte
}

// A record is how many bytes were received, little-endian. A pipe keeps writes
// this short in one piece.
const recordBytes = 4

// Send waits while a window is on its way. A message may go beyond it, so that
// there is always an end to the waiting: once all is received, less than a
// quarter is not told.
func (e *windowedStream) Send(msg []byte) error {
	for e.onWay >= e.window {
		n, err := e.heard.Read(e.records)
		if n == 0 {
			if err == nil {
				err = unix.EPIPE
			}
			return kernel.SendFailed("sockmap", len(msg), err)
		}
		for at := 0; at < n; at += recordBytes {
			e.onWay -= int(binary.LittleEndian.Uint32(e.records[at:]))
		}
	}
	if err := e.Endpoint.Send(msg); err != nil {
		if errors.Is(err, unix.EACCES) { // SK_DROP: the peer's socket has left the map
			err = kernel.SendFailed("sockmap", len(msg), unix.EPIPE)
		}
		return err
	}
	e.onWay += len(msg)
	return nil
}

func (e *windowedStream) Recv(buf []byte) (int, error) {
	n, err := e.Endpoint.Recv(buf)
	e.received += n
	if e.received >= e.window/4 && n > 0 {
		record := e.records[:recordBytes]
		binary.LittleEndian.PutUint32(record, uint32(e.received))
		e.received = 0
		// There is always room: a window takes only a few records. A peer that
		// is gone needs none, and Recv goes on to the end of what it sent.
		if _, failed := e.told.Write(record); failed != nil && !kernel.PeerGone(failed) {
			return n, fmt.Errorf("sockmap: tell the peer what was received: %w", failed)
		}
	}
	return n, err
}

func (e *windowedStream) Close() error {
	return errors.Join(e.Endpoint.Close(), links.Close(e.heard, e.told))
}
