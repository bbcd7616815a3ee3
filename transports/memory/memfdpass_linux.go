package memory

import (
	"errors"
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/buffer"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
)

func init() { transports.Register(memfdpass{}) }

// memfdpass makes each message a file in memory of its own (memfd_create(2)),
// which the sender fills and seals and whose descriptor it passes over a pair of
// Unix sockets (SCM_RIGHTS in unix(7)); what the socket itself carries is the
// length. The seals are what the receiver can rely on: nobody can change or
// shorten what it reads (F_ADD_SEALS in fcntl(2)).
//
// A message costs its sender five system calls (create, write, seal, send,
// close) and its receiver four (receive, look at the seals, pread, close). With
// api=inplace both map the file. The sender then sets its length, maps it and,
// because a file that is mapped to be written cannot be sealed, takes the
// mapping away again: seven calls. The receiver asks for the length and maps:
// five.
//
// Files on their way are held by the socket alone. They vanish with it, however
// the two processes end.
type memfdpass struct{}

// sealsOfMessage forbid every change, and further seals.
const sealsOfMessage = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE

// mostInFlight bounds how many messages a direction buffers, however small
// they are. The kernel lets a user without privileges have as many descriptors
// on their way as the limit of open files, so where that is low there are fewer:
// a quarter of it, since there are two directions and perhaps other links.
const mostInFlight = 128

// datagramMemory is about how many bytes of a socket's buffer the kernel counts
// for a datagram of a few bytes.
const datagramMemory = 768

var memfdpassInfo = transports.Info{
	Name:    "memfdpass",
	Also:    []string{"scm_rights", "fd-passing", "sendfd"},
	Doc:     "a sealed memfd for each message, passed over a Unix socket (memfd_create, SCM_RIGHTS)",
	Kind:    transports.Memory,
	Group:   group,
	Caps:    transports.CanInPlace | transports.SeesPeerDeath,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{
		descriptor.WaitOption(),
		{Name: "api", Doc: "how a message gets into and out of its file", Values: []transports.Value{
			{Name: "copy", Doc: "by write and pread"},
			{Name: "inplace", Doc: "mapped by the sender, and mapped by the receiver"},
		}},
	},
}

func (memfdpass) Info() transports.Info { return memfdpassInfo }

func (memfdpass) Probe(s transports.Spec) error {
	if _, err := memfdFlags(); err != nil {
		return err
	}
	return transports.ProbeSize(s)
}

var memfdName = []byte("ipcbench\x00") // for /proc/PID/maps

// memfdFlags returns the flags for files that can be sealed. Linux 6.3 wants to
// be told whether such a file may be executed, and before that does not know
// the flag.
func memfdFlags() (uintptr, error) {
	for _, flags := range []uintptr{unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING | unix.MFD_NOEXEC_SEAL, unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING} {
		fd, err := createMemfd(flags)
		if err == nil {
			unix.Close(fd)
			return flags, nil
		}
		switch err {
		case unix.EINVAL:
		default:
			return 0, remedy.Refused("memfdpass: create a file in memory (memfd_create)", err, "use Linux 3.17 or newer")
		}
	}
	return 0, transports.Unsupported("memfd_create takes no MFD_ALLOW_SEALING here: it takes Linux 3.17")
}

func createMemfd(flags uintptr) (fd int, err error) {
	fd, errno := call(unix.SYS_MEMFD_CREATE, uintptr(unsafe.Pointer(unsafe.SliceData(memfdName))), flags, 0)
	if errno != 0 {
		return 0, errno
	}
	return fd, nil
}

// call makes a system call that does not wait for the peer, again after a
// signal.
func call(trap, a, b, c uintptr) (int, unix.Errno) {
	for {
		done := int(kernel.Syscall(trap, a, b, c, 0, 0, 0))
		if done >= 0 {
			return done, 0
		}
		if errno := unix.Errno(-done); errno != unix.EINTR {
			return 0, errno
		}
	}
}

func (m memfdpass) Create(s transports.Spec) (transports.Link, error) {
	if err := m.Probe(s); err != nil {
		return nil, err
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, remedy.Refused("memfdpass: create a pair of sockets (socketpair)", err, "use a kernel with CONFIG_UNIX")
	}
	link := &links.PerSide{}
	for side, fd := range fds {
		link[side] = []*os.File{os.NewFile(uintptr(fd), "a Unix socket")}
	}
	for _, fd := range fds {
		// The kernel doubles it, and has a least value of some four messages.
		if err := buffer.SetSend("memfdpass", fd, messagesInFlight(s)*datagramMemory/2); err != nil {
			link.Close()
			return nil, err
		}
	}
	return link, nil
}

// messagesInFlight is how many messages a direction is to buffer: the socket
// counts a few bytes for each, so without a bound they could take all memory.
func messagesInFlight(s transports.Spec) int {
	capacity := s.Capacity
	if capacity == 0 {
		capacity = transports.DefaultCapacity
	}
	most := mostInFlight
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err == nil && limit.Cur/4 < mostInFlight {
		most = int(limit.Cur / 4)
	}
	return max(min(capacity/max(s.Size, 1), most), 1)
}

func (memfdpass) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	flags, err := memfdFlags()
	if err != nil {
		links.Close(h.Files...)
		return nil, err
	}
	ends, err := descriptor.Open(s, h.Files)
	if err != nil {
		return nil, err
	}
	e := &passedFiles{d: ends[0], size: s.Size, flags: flags, out: newPassing(), in: newPassing(), building: -1}
	if s.Option("api") == "inplace" {
		if err := e.reserve(); err != nil {
			e.Close()
			return nil, err
		}
	}
	return e, nil
}

// A passing is the arguments of a sendmsg or recvmsg of one message: made once,
// because they would be several allocations.
type passing struct {
	header  unix.Msghdr
	data    unix.Iovec
	length  uint64 // of the message, which is what data refers to
	control struct {
		unix.Cmsghdr
		fd int32
		_  int32 // as CMSG_SPACE has it
	}
}

func newPassing() *passing {
	p := new(passing)
	p.data.Base = (*byte)(unsafe.Pointer(&p.length))
	p.data.SetLen(int(unsafe.Sizeof(p.length)))
	p.header.Iov = &p.data
	p.header.SetIovlen(1)
	p.header.Control = (*byte)(unsafe.Pointer(&p.control))
	p.control.SetLen(unix.CmsgLen(4))
	p.control.Level = unix.SOL_SOCKET
	p.control.Type = unix.SCM_RIGHTS
	p.offer()
	return p
}

// offer makes the whole of control the kernel's to fill or read.
func (p *passing) offer() { p.header.SetControllen(int(unsafe.Sizeof(p.control))) }

// passedFiles is an end.
type passedFiles struct {
	d       descriptor.Descriptor
	size    int
	flags   uintptr // of memfd_create
	out, in *passing

	// With api=inplace: addresses that files are mapped at, so that mapping one
	// replaces what lay there.
	loans, looks []byte
	building     int // the file that Loan mapped, or -1
	built        int // its bytes
	ended        bool
	closed       bool
}

func (e *passedFiles) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	fd, err := createMemfd(e.flags)
	if err != nil {
		return e.failed("create a file for", len(msg), err)
	}
	for done := 0; done < len(msg); {
		n, errno := call(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&msg[done])), uintptr(len(msg)-done))
		if errno != 0 {
			unix.Close(fd)
			return e.failed("write", len(msg), errno)
		}
		done += n
	}
	return e.pass(fd, len(msg))
}

// pass seals the file fd of n bytes, sends it and closes it.
func (e *passedFiles) pass(fd, n int) error {
	if _, errno := call(unix.SYS_FCNTL, uintptr(fd), unix.F_ADD_SEALS, sealsOfMessage); errno != 0 {
		unix.Close(fd)
		return e.failed("seal", n, errno)
	}
	e.out.length = uint64(n)
	e.out.control.fd = int32(fd)
	_, err := e.d.Send(unix.SYS_SENDMSG, unsafe.Pointer(&e.out.header), unix.MSG_NOSIGNAL, 0, 0, 0)
	kernel.Syscall(unix.SYS_CLOSE, uintptr(fd), 0, 0, 0, 0, 0)
	if err != nil {
		return e.failed("send", n, err)
	}
	return nil
}

func (e *passedFiles) failed(what string, n int, err error) error {
	switch {
	case kernel.PeerGone(err):
		return kernel.SendFailed("memfdpass", n, err)
	case errors.Is(err, unix.ETOOMANYREFS):
		return fmt.Errorf("memfdpass: %s %d bytes: %w: this user has too many descriptors on their way: raise the limit of open files (ulimit -n)", what, n, err)
	}
	return fmt.Errorf("memfdpass: %s %d bytes: %w: %s", what, n, err, remedy.Kernel(err))
}

func (e *passedFiles) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	fd, length, err := e.take()
	if err != nil {
		return 0, err
	}
	done := 0
	for done < length {
		// pread, because the sender has left the file's offset at its end.
		n := int(kernel.Syscall(unix.SYS_PREAD64, uintptr(fd), uintptr(unsafe.Pointer(&buf[done])), uintptr(length-done), uintptr(done), 0, 0))
		if n <= 0 && unix.Errno(-n) != unix.EINTR {
			unix.Close(fd)
			return 0, fmt.Errorf("memfdpass: read byte %d of a message of %d: %w", done, length, readError(n))
		}
		done += max(n, 0)
	}
	kernel.Syscall(unix.SYS_CLOSE, uintptr(fd), 0, 0, 0, 0, 0)
	return length, nil
}

// readError is the error of a read that returned n, zero or -errno.
func readError(n int) error {
	if n == 0 {
		return io.ErrUnexpectedEOF
	}
	return unix.Errno(-n)
}

// take receives the next file, makes sure that it is sealed, and returns it with
// the length of its message.
func (e *passedFiles) take() (fd, length int, err error) {
	if e.ended {
		return 0, 0, io.EOF
	}
	e.in.offer()
	n, err := e.d.Receive(unix.SYS_RECVMSG, unsafe.Pointer(&e.in.header), unix.MSG_CMSG_CLOEXEC, 0, 0, 0)
	if err != nil {
		return 0, 0, fmt.Errorf("memfdpass: receive: %w", err)
	}
	if n == 0 {
		e.ended = true
		return 0, 0, io.EOF
	}
	if int(e.in.header.Controllen) < unix.CmsgLen(4) || e.in.control.Type != unix.SCM_RIGHTS {
		return 0, 0, errors.New("memfdpass: receive: a message came without its file: raise the limit of open files (ulimit -n)")
	}
	fd, length = int(e.in.control.fd), int(e.in.length)
	seals, errno := call(unix.SYS_FCNTL, uintptr(fd), unix.F_GET_SEALS, 0)
	if errno != 0 {
		unix.Close(fd)
		return 0, 0, fmt.Errorf("memfdpass: receive: look at the seals of the file that came (F_GET_SEALS): %w: %s", errno, remedy.Kernel(errno))
	}
	if seals&sealsOfMessage != sealsOfMessage {
		unix.Close(fd)
		return 0, 0, fmt.Errorf("memfdpass: receive: the file that came is not sealed (seals %#x, wanted %#x): its sender could change it", seals, sealsOfMessage)
	}
	if n != int(unsafe.Sizeof(e.in.length)) || e.in.length == 0 || e.in.length > uint64(e.size) {
		unix.Close(fd)
		return 0, 0, fmt.Errorf("memfdpass: receive: a message of %d bytes on a link for 1 to %d: the link is corrupt", e.in.length, e.size)
	}
	return fd, length, nil
}

// reserve takes addresses for the largest message in each direction.
func (e *passedFiles) reserve() error {
	for _, mem := range []*[]byte{&e.loans, &e.looks} {
		m, err := unix.Mmap(-1, 0, e.size, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
		if err != nil {
			return fmt.Errorf("memfdpass: reserve %d bytes of addresses: %w", e.size, err)
		}
		*mem = m
	}
	return nil
}

// mapAt maps n bytes of fd where mem is, in place of what was there.
func mapAt(mem []byte, n, fd, prot, flags int) error {
	got := int(kernel.Map(unsafe.Pointer(unsafe.SliceData(mem)), uintptr(n), uintptr(prot), uintptr(flags|unix.MAP_FIXED), uintptr(fd), 0))
	if got < 0 && got > -4096 {
		return unix.Errno(-got)
	}
	return nil
}

func (e *passedFiles) Loan(n int) ([]byte, error) {
	if err := transports.CheckSend(n, e.size); err != nil {
		return nil, err
	}
	if e.building >= 0 {
		return nil, errors.New("memfdpass: a second loan before the first is committed")
	}
	fd, err := createMemfd(e.flags)
	if err != nil {
		return nil, e.failed("create a file for", n, err)
	}
	if _, errno := call(unix.SYS_FTRUNCATE, uintptr(fd), uintptr(n), 0); errno != 0 {
		unix.Close(fd)
		return nil, e.failed("set the length of a file for", n, errno)
	}
	if err := mapAt(e.loans, n, fd, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE); err != nil {
		unix.Close(fd)
		return nil, e.failed("map a file for", n, err)
	}
	e.building, e.built = fd, n
	return e.loans[:n], nil
}

func (e *passedFiles) Commit() error {
	fd, n := e.building, e.built
	e.building = -1
	// A file that someone can still write through a mapping cannot be sealed.
	if err := mapAt(e.loans, n, -1, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE); err != nil {
		unix.Close(fd)
		return e.failed("unmap the file of", n, err)
	}
	return e.pass(fd, n)
}

// Peek maps the next message. The mapping keeps the file, and lasts until the
// next one replaces it.
func (e *passedFiles) Peek() ([]byte, error) {
	fd, length, err := e.take()
	if err != nil {
		return nil, err
	}
	// Its last page must be there, or touching it would be a SIGBUS. lseek tells
	// the size for less than fstat, and nobody else uses the offset.
	size, errno := call(unix.SYS_LSEEK, uintptr(fd), 0, unix.SEEK_END)
	if errno == 0 && size < length {
		errno = unix.ENODATA
	}
	if errno != 0 {
		unix.Close(fd)
		return nil, fmt.Errorf("memfdpass: a message of %d bytes in a file of %d: %w", length, size, errno)
	}
	// Private, because before Linux 6.7 a file sealed against writing could not
	// be mapped shared. Nothing is written, so nothing is copied.
	err = mapAt(e.looks, length, fd, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_POPULATE)
	kernel.Syscall(unix.SYS_CLOSE, uintptr(fd), 0, 0, 0, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("memfdpass: map a message of %d bytes: %w", length, err)
	}
	return e.looks[:length], nil
}

func (e *passedFiles) Release() error { return nil }

func (e *passedFiles) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	errs := []error{e.d.Close()}
	if e.building >= 0 {
		errs = append(errs, unix.Close(e.building))
	}
	for _, mem := range [][]byte{e.loans, e.looks} {
		if mem != nil {
			errs = append(errs, unix.Munmap(mem))
		}
	}
	return errors.Join(errs...)
}

var _ transports.InPlace = (*passedFiles)(nil)
