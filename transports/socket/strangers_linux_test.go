package socket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/internal/seccomp"
	"ipcbench/transports"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/pairtest"
)

// The tests of strangers run once more in a network namespace with few ports, at
// each of which another user knocks all the time.
const (
	strangersEnv = "TRANSPORTS_STRANGERS"
	strangerEnv  = "TRANSPORTS_STRANGER"
	firstPort    = 40000
	ports        = 4
	nobody       = 65534
)

// TestStrangersAreNotHeard: no message but the peer's arrives, no launch fails
// and none waits, however many strangers there are at the doors; with a filter in
// front of a TCP listener and, as where a sandbox forbids that, without.
func TestStrangersAreNotHeard(t *testing.T) {
	for _, c := range []struct{ transport, how string }{{"udp", ""}, {"tcp", ""}, {"tcp", " unfiltered"}, {"sockmap", ""}} {
		t.Run(c.transport+c.how, func(t *testing.T) {
			if !amongStrangers(t, c.how != "") {
				return
			}
			transport := c.transport
			s := pairtest.Parse(t, transport, 64)
			if err := pairtest.Transport(t, transport).Probe(s); err != nil {
				t.Skip(err)
			}
			buf := make([]byte, s.Size)
			for i := range 20 {
				link, err := pairtest.Transport(t, transport).Create(s)
				if err != nil {
					t.Fatalf("link %d: %v", i, err)
				}
				producer, consumer := pairtest.Open(t, s, transports.Producer, link), pairtest.Open(t, s, transports.Consumer, link)
				for n := range 3 {
					pairtest.Send(t, producer, pairtest.Message(8+n))
					pairtest.Receive(t, consumer, buf, pairtest.Message(8+n))
					pairtest.Send(t, consumer, pairtest.Message(16+n))
					pairtest.Receive(t, producer, buf, pairtest.Message(16+n))
				}
				producer.Close()
				pairtest.ExpectEnd(t, consumer, buf)
				consumer.Close()
				link.Close()
			}
		})
	}
}

// TestWhoComesBetweenBindAndConnect has strangers come in the very moment when a
// door is open, in front of whoever is expected.
func TestWhoComesBetweenBindAndConnect(t *testing.T) {
	for _, c := range []struct {
		transport string
		filtered  bool
	}{{"udp", true}, {"tcp", true}, {"tcp", false}, {"sockmap", true}} {
		t.Run(fmt.Sprintf("%s, filtered %v", c.transport, c.filtered), func(t *testing.T) {
			if !alone(t, exec.Command("/proc/self/exe")) {
				return
			}
			s := pairtest.Parse(t, c.transport, 64)
			if err := pairtest.Transport(t, c.transport).Probe(s); err != nil {
				t.Skip(err)
			}
			if !c.filtered {
				forbidFilters(t)
			}
			came := 0
			runtime.LockOSThread()
			err := seccomp.Filter{Calls: []uintptr{unix.SYS_CONNECT}}.Before(func(args [6]uint64) { came += intrude(args) })
			if err != nil {
				t.Skip(err)
			}
			link := pairtest.Create(t, s)
			if came == 0 {
				t.Fatal("no stranger found a door")
			}
			producer, consumer := pairtest.Open(t, s, transports.Producer, link), pairtest.Open(t, s, transports.Consumer, link)
			buf := make([]byte, s.Size)
			pairtest.Send(t, producer, pairtest.Message(8))
			pairtest.Receive(t, consumer, buf, pairtest.Message(8))
			pairtest.Send(t, consumer, pairtest.Message(9))
			pairtest.Receive(t, producer, buf, pairtest.Message(9))
			producer.Close()
			pairtest.ExpectEnd(t, consumer, buf)
		})
	}
}

// intrude does what strangers can to who is about to make connect(2) with args: it
// sends messages to its address and to the one that it connects to, or connects to
// that in front. It returns to how many doors it came.
func intrude(args [6]uint64) (doors int) {
	own, err := unix.Getsockname(int(args[0]))
	if err != nil {
		return 0
	}
	name := **(**unix.RawSockaddrInet4)(unsafe.Pointer(&args[1]))
	other := &unix.SockaddrInet4{Addr: name.Addr, Port: int(name.Port>>8 | name.Port<<8)}
	kind, _ := unix.GetsockoptInt(int(args[0]), unix.SOL_SOCKET, unix.SO_TYPE)
	for _, door := range []unix.Sockaddr{own, other} {
		for range 3 {
			fd, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return doors
			}
			if kind == unix.SOCK_DGRAM && unix.Sendto(fd, falseMessage(), 0, door) == nil {
				doors++
				continue // what was sent stays
			}
			// A thread of this process may connect; only the driver's is watched.
			unix.Connect(fd, door)
			if failed, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); failed == 0 {
				unix.Write(fd, falseMessage())
				doors++
			}
		}
	}
	return doors
}

// falseMessage looks like the first of a link over udp.
func falseMessage() []byte {
	m := make([]byte, kernel.HeaderBytes+8)
	binary.NativeEndian.PutUint32(m[datagramKind:], datagramMessage)
	copy(m[kernel.HeaderBytes:], "stranger")
	return m
}

// alone runs the test that calls it once more, as the process again, and says
// whether this is that process: what that forbids itself is for ever.
func alone(t *testing.T, again *exec.Cmd) bool {
	t.Helper()
	const env = "TRANSPORTS_ALONE"
	if os.Getenv(env) != "" {
		return true
	}
	report(t, again, env)
	return false
}

// report runs a process with the one test that calls it, and says how it went.
func report(t *testing.T, again *exec.Cmd, env string) {
	t.Helper()
	again.Args = append(again.Args, "-test.v", "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$")
	again.Env = append(os.Environ(), env+"=1")
	out, err := again.CombinedOutput()
	if errors.Is(err, unix.EPERM) || strings.Contains(string(out), "--- SKIP") {
		t.Skipf("%v\n%s", err, out)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
}

// amongStrangers runs the test that calls it once more, as a process in a network
// namespace of its own, and says whether this is that process.
func amongStrangers(t *testing.T, unfiltered bool) bool {
	t.Helper()
	if os.Getenv(strangersEnv) != "" {
		if unfiltered {
			forbidFilters(t)
		}
		return true
	}
	if os.Getuid() != 0 {
		t.Skip("other users and network namespaces need root")
	}
	again := exec.Command("/proc/self/exe")
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	report(t, again, strangersEnv)
	return false
}

// forbidFilters has this process do without SO_ATTACH_FILTER.
func forbidFilters(t *testing.T) {
	filter := seccomp.Filter{
		Calls: []uintptr{unix.SYS_SETSOCKOPT},
		Where: []seccomp.Argument{{Index: 2, Mask: ^uint32(0), Value: unix.SO_ATTACH_FILTER}},
		Errno: unix.EPERM,
	}
	if err := filter.Install(); err != nil {
		t.Fatal(err)
	}
}

// crowd prepares the namespace and starts the strangers, before any test.
func crowd() ([]*exec.Cmd, error) {
	if err := loopbackUp(); err != nil {
		return nil, err
	}
	few := fmt.Sprintf("%d %d", firstPort, firstPort+ports-1)
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte(few), 0); err != nil {
		return nil, err
	}
	// Or these few would soon be taken by connections that are over.
	os.WriteFile("/proc/sys/net/ipv4/tcp_max_tw_buckets", []byte("0"), 0)
	var strangers []*exec.Cmd
	for _, what := range []string{"datagrams", "connections"} {
		c := exec.Command("/proc/self/exe")
		c.Env = append(os.Environ(), strangerEnv+"="+what)
		c.Stderr = os.Stderr
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Pdeathsig: syscall.SIGKILL}
		begun, err := c.StdoutPipe()
		if err != nil {
			return strangers, err
		}
		if err := c.Start(); err != nil {
			return strangers, err
		}
		strangers = append(strangers, c)
		if _, err := io.ReadFull(begun, make([]byte, 1)); err != nil {
			return strangers, fmt.Errorf("a stranger who sends %s: %w", what, err)
		}
	}
	return strangers, nil
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}

// molest does to every port what a stranger can, until it is killed: it sends what
// looks like the first message of a link, or connects and stays.
func molest(what string) {
	fmt.Print(".")
	message := falseMessage()
	socket, _ := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	for i := 0; ; i++ {
		to := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: firstPort + i%ports}
		if what == "datagrams" {
			unix.Sendto(socket, message, 0, to)
			continue
		}
		// From another address, so that the ports are not used up.
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
		if err != nil { // many stay: the oldest leave
			for old := socket + 1; old < socket+500; old++ {
				unix.Close(old)
			}
			continue
		}
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 1, byte(i)}, Port: 20000 + i%30000})
		err = unix.Connect(fd, to)
		if errors.Is(err, unix.ECONNREFUSED) || err != nil && err != unix.EINPROGRESS {
			unix.Close(fd)
			continue
		}
		if fail, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); fail != 0 {
			unix.Close(fd)
			continue
		}
		unix.Write(fd, message)
	}
}
