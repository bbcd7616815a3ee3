package socket

import (
	"os"

	"golang.org/x/sys/unix"

	. "ipcbench/transports"
	"ipcbench/transports/internal/connection"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/stream"
)

func init() { Register(vsock{}) }

// vsock is a connection of the socket family that a virtual machine and its
// host talk over, here within one machine. See vsock(7), VMADDR_CID_LOCAL
// (Linux 5.6).
type vsock struct{}

func (vsock) Info() Info {
	return Info{
		Name:    "vsock",
		Doc:     "a vsock connection over its own loopback, VMADDR_CID_LOCAL (socket)",
		Kind:    Stream,
		Caps:    SeesPeerDeath,
		MaxSize: LargestMessage,
		Options: []Option{descriptor.WaitOption()},
	}
}

func (v vsock) Probe(s Spec) error {
	if err := ProbeSize(s); err != nil {
		return err
	}
	pair, err := v.pair()
	if err != nil {
		return err
	}
	connection.Close(pair)
	return nil
}

func (vsock) pair() ([2]int, error) {
	pair, err := connection.Pair(unix.AF_VSOCK, &unix.SockaddrVM{CID: unix.VMADDR_CID_LOCAL, Port: unix.VMADDR_PORT_ANY})
	if err != nil {
		return pair, connection.Refused("vsock", err, "modprobe vsock_loopback")
	}
	return pair, nil
}

func (v vsock) Create(s Spec) (Link, error) {
	if err := v.Probe(s); err != nil {
		return nil, err
	}
	pair, err := v.pair()
	if err != nil {
		return nil, err
	}
	return &links.PerSide{
		Producer: {os.NewFile(uintptr(pair[Producer]), "a vsock socket")},
		Consumer: {os.NewFile(uintptr(pair[Consumer]), "a vsock socket")},
	}, nil
}

func (vsock) Open(s Spec, _ Side, files []*os.File) (Endpoint, error) {
	return stream.Open(s, files)
}
