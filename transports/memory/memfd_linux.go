package memory

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
	"ipcbench/transports/internal/ring"
)

func init() { transports.Register(memfd{}) }

// memfd is memory without a file: a ring in each direction in a memfd, sealed,
// so that neither end can cut it short. See memfd_create(2).
type memfd struct{}

var memfdInfo = transports.Info{
	Name:    "memfd",
	Also:    []string{"memfd_create", "anonymous-memory", "shared-memory"},
	Doc:     "anonymous memory that both processes map, a ring in each direction (memfd_create)",
	Kind:    transports.Memory,
	Group:   group,
	Caps:    transports.CanInPlace | transports.ManyLinks,
	MaxSize: transports.LargestMessage,
	Options: ring.Options(ring.HugeOption()),
}

func (memfd) Info() transports.Info { return memfdInfo }

// Limit is what the pool of huge pages has.
func (memfd) Limit(s transports.Spec) int { return ring.LargestInPool(s) }

func (m memfd) Probe(s transports.Spec) error {
	huge := ring.HugeBytes(s)
	create := func() (*os.File, error) { return m.create(s) }
	if err := ring.Probe(s, huge, ring.ScratchFile(create), ring.SmallShmem); err != nil {
		return err
	}
	f, err := create()
	if err == nil {
		defer f.Close()
	}
	if huge == 0 {
		if err != nil {
			return remedy.Refused("memfd: memfd_create", err, "use a kernel that has it")
		}
		return nil
	}
	size := ring.Bytes(s, huge)
	if err == nil {
		err = ring.ReserveHuge(f, size)
	}
	if err != nil {
		return ring.HugeError(s, size, huge, err)
	}
	return nil
}

// create makes an empty memfd.
func (memfd) create(s transports.Spec) (*os.File, error) {
	flags := unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	if size := ring.HugeBytes(s); size > 0 {
		flags |= unix.MFD_HUGETLB | ring.HugeShift(size)
	}
	fd, err := unix.MemfdCreate("ipcbench", flags)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "a memfd"), nil
}

// Backing is another memfd.
func (m memfd) Backing(s transports.Spec) (*os.File, error) { return m.create(s) }

func (m memfd) Create(s transports.Spec) (transports.Link, error) {
	if err := m.Probe(s); err != nil {
		return nil, err
	}
	f, err := m.create(s)
	if err != nil {
		return nil, remedy.Refused("memfd: memfd_create", err, "use a kernel that has it")
	}
	size := ring.Bytes(s, ring.HugeBytes(s))
	if err := ring.Reserve(s, f, size); err != nil {
		f.Close()
		return nil, fmt.Errorf("memfd: make a memfd of %d bytes: %w: %s", size, kernel.Errno(err), remedy.Limit(err, "free some memory"))
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		f.Close()
		return nil, remedy.Refused("memfd: seal a memfd (F_ADD_SEALS)", err, "use a kernel that can")
	}
	return ring.Share(s, f)
}

func (memfd) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	memory, err := ring.OpenFile(s, h.Files[0], "the memfd", "the kernel could not provide the page")
	if err != nil {
		links.Close(h.Files[1:]...)
		return nil, err
	}
	return ring.Open(s, side, memory, h.Files[1:])
}
