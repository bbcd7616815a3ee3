package connection

import (
	"fmt"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/remedy"
)

// TCP returns two sockets connected over the loopback.
func TCP(s transports.Spec) ([2]int, error) {
	pair, err := Pair(s, unix.AF_INET, &unix.SockaddrInet4{Addr: loopback})
	if err == unix.ENETUNREACH || err == unix.EADDRNOTAVAIL || err == unix.ENETDOWN {
		return pair, Refused(s.Transport, err, remedy.OnMachine("ip link set lo up"))
	} else if err != nil {
		return pair, Refused(s.Transport, err, "take unix")
	}
	return pair, nil
}

var loopback = [4]byte{127, 0, 0, 1}

// Pair returns two stream sockets of this machine, connected to each other over
// address, whose port the kernel chooses. Others can connect to it meanwhile: they
// are hung up on, unless a filter has kept them out already (see onlyFrom), and
// take up none of the time but what there is until the deadline. That two sockets
// are one connection is known by the address of who connects, and by a secret
// that each end gets from the other.
func Pair(s transports.Spec, domain int, address unix.Sockaddr) (pair [2]int, err error) {
	until := newDeadline()
	for {
		pair, err = attempt(s, domain, address, until)
		// So vsock answers where the queue of who connects is full.
		if err != unix.ECONNRESET || until.wait(1) == unix.ETIMEDOUT {
			return pair, err
		}
	}
}

// queue is how many may wait to be accepted, the most that the kernel allows
// unless it was told otherwise (net.core.somaxconn).
const queue = 4096

func attempt(s transports.Spec, domain int, address unix.Sockaddr, until deadline) (pair [2]int, err error) {
	var opened []int
	defer func() {
		if err != nil {
			closeAll(opened)
		}
	}()
	open := func() (fd int, bound unix.Sockaddr, err error) {
		fd, err = unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return fd, nil, err
		}
		opened = append(opened, fd)
		if err := unix.Bind(fd, address); err != nil {
			return fd, nil, err
		}
		bound, err = unix.Getsockname(fd)
		return fd, bound, err
	}
	caller, from, err := open() // bound, so that it is known who it is that connects
	if err != nil {
		return pair, err
	}
	listener, door, err := open()
	if err != nil {
		return pair, err
	}
	filtered := onlyFrom(listener, from)
	if err := unix.Listen(listener, queue); err != nil {
		return pair, err
	}
	s.Begin(transports.Connecting)
	if err := unix.Connect(caller, door); err != nil && err != unix.EINPROGRESS && err != unix.EINTR {
		return pair, err
	}
	accepted, err := accept(listener, caller, from, until)
	s.Begin(transports.Creating)
	if err != nil {
		return pair, err
	}
	opened = append(opened, accepted)
	pair = [2]int{caller, accepted}
	if err := settle(pair, filtered, until); err != nil {
		return pair, err
	}
	unix.Close(listener)
	return pair, nil
}

// accept accepts the connection of caller, whose address is from, and no
// stranger's.
func accept(listener, caller int, from unix.Sockaddr, until deadline) (int, error) {
	for {
		fd, who, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		switch {
		case err == nil && same(who, from):
			return fd, nil
		case err == nil:
			unix.Close(fd)
			if until.left() == 0 {
				return -1, unix.ETIMEDOUT
			}
			continue
		case err == unix.EINTR, err == unix.ECONNABORTED:
			continue
		case err != unix.EAGAIN:
			return -1, err
		}
		// The caller is watched for an error alone, which always is told.
		if err := until.poll(unix.PollFd{Fd: int32(listener), Events: unix.POLLIN}, unix.PollFd{Fd: int32(caller)}); err != nil {
			return -1, err
		}
		if err := failure(caller); err != nil {
			return -1, err
		}
	}
}

// same compares addresses of the kinds of socket that are made here.
func same(a, b unix.Sockaddr) bool {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		b, ok := b.(*unix.SockaddrInet4)
		return ok && a.Addr == b.Addr && a.Port == b.Port
	case *unix.SockaddrVM:
		b, ok := b.(*unix.SockaddrVM)
		return ok && a.CID == b.CID && a.Port == b.Port
	}
	return false
}

// failure is the error that a socket has come by.
func failure(fd int) error {
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && errno != 0 {
		err = unix.Errno(errno)
	}
	return err
}

// settle waits until both ends of a connection are there, has them greet each
// other, and leaves nothing on them that a connection between others has not.
func settle(pair [2]int, filtered bool, until deadline) error {
	caller := unix.PollFd{Fd: int32(pair[0]), Events: unix.POLLOUT}
	if err := until.poll(caller); err != nil {
		return err
	}
	if err := failure(pair[0]); err != nil {
		return err
	}
	if filtered {
		if err := unix.SetsockoptInt(pair[1], unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0); err != nil {
			return fmt.Errorf("take a filter off a socket (SO_DETACH_FILTER): %w", err)
		}
	}
	for _, fd := range pair {
		if err := unix.SetNonblock(fd, false); err != nil {
			return err
		}
	}
	if err := greet(pair, hearInStream, until); err != nil {
		return err
	}
	for _, fd := range pair {
		// So that no acknowledgement of a greeting is still to be sent. Not all
		// sockets have any.
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
	}
	return nil
}

// onlyFrom has the kernel drop what comes to a TCP listener from anywhere else
// than the address of the caller, before it takes up a place in its queue. Where
// that cannot be had, who connects waits among strangers. It says whether the
// sockets to be accepted have the filter. See socket(7), SO_ATTACH_FILTER.
func onlyFrom(listener int, caller unix.Sockaddr) bool {
	address, ok := caller.(*unix.SockaddrInet4)
	if !ok {
		return false
	}
	const (
		sourceAddress = 12               // in the header of IP
		sourcePort    = 0                // in that of TCP
		networkHeader = 1<<32 - 0x100000 // SKF_NET_OFF of linux/filter.h
		all           = 1<<32 - 1
	)
	ip := uint32(address.Addr[0])<<24 | uint32(address.Addr[1])<<16 | uint32(address.Addr[2])<<8 | uint32(address.Addr[3])
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: sourcePort},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(address.Port), Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: networkHeader + sourceAddress},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: ip, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: all},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	return unix.SetsockoptSockFprog(listener, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program) == nil
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

// Refused is the error of Pair and of Datagrams: a limit was met, or the host has
// no such connections, and otherwise says what it needs.
func Refused(what string, err error, otherwise string) error {
	if err == unix.ETIMEDOUT {
		return transports.Unsupported(fmt.Sprintf("%s: two sockets were not connected over the loopback within %g s: %v: see that no firewall drops what passes it (nft list ruleset), and that nobody floods it", what, patience/1e9, err))
	}
	return remedy.Refused(what+": connect two sockets over the loopback", err, otherwise)
}
