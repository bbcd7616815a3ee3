package socket

import (
	"os"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/connection"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
	"ipcbench/transports/internal/stream"
)

func init() { transports.Register(vsock{}) }

// vsock is a connection of the socket family that a virtual machine and its
// host talk over, here within one machine. See vsock(7), VMADDR_CID_LOCAL
// (Linux 5.6).
type vsock struct{}

var vsockInfo = transports.Info{
	Name:    "vsock",
	Also:    []string{"af_vsock", "virtio-vsock", "vm-socket"},
	Doc:     "a vsock connection over its own loopback, VMADDR_CID_LOCAL (socket)",
	Kind:    transports.Stream,
	Group:   group,
	Caps:    transports.SeesPeerDeath,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{descriptor.WaitOption()},
}

func (vsock) Info() transports.Info { return vsockInfo }

// Probe makes all that Create does.
func (v vsock) Probe(s transports.Spec) error {
	link, err := v.Create(s)
	if err != nil {
		return err
	}
	return link.Close()
}

func (vsock) Create(s transports.Spec) (transports.Link, error) {
	if err := transports.ProbeSize(s); err != nil {
		return nil, err
	}
	pair, err := connection.Pair(s, unix.AF_VSOCK, &unix.SockaddrVM{CID: unix.VMADDR_CID_LOCAL, Port: unix.VMADDR_PORT_ANY})
	if err != nil {
		return nil, connection.Refused("vsock", err, remedy.OnMachine("modprobe vsock_loopback"))
	}
	return &links.PerSide{
		transports.Producer: {os.NewFile(uintptr(pair[transports.Producer]), "a vsock socket")},
		transports.Consumer: {os.NewFile(uintptr(pair[transports.Consumer]), "a vsock socket")},
	}, nil
}

func (vsock) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	return stream.Open(s, h.Files)
}
