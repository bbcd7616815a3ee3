package vm

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// An address is what ip= on the kernel's command line gives an interface, in the words
// of its Documentation/admin-guide/nfs/nfsroot.rst:
//
//	ip=CLIENT:SERVER:GATEWAY:NETMASK:HOST:DEVICE:off
//
// Many kernels leave it to the first process (CONFIG_IP_PNP), as Debian's. What is asked
// of others (dhcp) is theirs to do, and so is a gateway.
type address struct {
	client, netmask netip.Addr
	device          string
}

// addressIn finds the one on a command line, nil where there is none for us.
func addressIn(cmdline string) (*address, error) {
	for _, word := range strings.Fields(cmdline) {
		text, is := strings.CutPrefix(word, "ip=")
		parts := strings.Split(text, ":")
		if !is || len(parts) < 6 || parts[0] == "" {
			continue
		}
		client, err := netip.ParseAddr(parts[0])
		netmask, wrong := netip.ParseAddr(parts[3])
		if err = errors.Join(err, wrong); err == nil && !(client.Is4() && netmask.Is4() && parts[5] != "") {
			err = errors.New("an address of IPv4 and an interface are wanted")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w: write it as ip=10.0.2.15:::255.255.255.0::eth0:off", word, err)
		}
		return &address{client, netmask, parts[5]}, nil
	}
	return nil, nil
}

// raiseNetwork gives an interface its address where the command line says which, and the
// kernel has not done so.
func raiseNetwork(cmdline string) error {
	a, err := addressIn(cmdline)
	if err != nil || a == nil {
		return err
	}
	if _, err := os.Stat("/proc/net/pnp"); err == nil {
		return nil // it has
	}
	if err := settled(a.give); err != nil {
		return fmt.Errorf("give %s the address %s: %w: has the image the module of that network card (--module)?", a.device, a.client, err)
	}
	return nil
}

// give does it; see netdevice(7).
func (a address) give() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq(a.device)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		call uint
		addr netip.Addr
	}{{unix.SIOCSIFADDR, a.client}, {unix.SIOCSIFNETMASK, a.netmask}} {
		if err := request.SetInet4Addr(step.addr.AsSlice()); err != nil {
			return err
		}
		err := unix.IoctlIfreq(fd, step.call, request)
		if errors.Is(err, unix.ENODEV) {
			return unix.ENXIO // it may come yet
		}
		if err != nil {
			return err
		}
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}
