package memory

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/backing"
	"ipcbench/transports/internal/kernel"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/remedy"
	"ipcbench/transports/internal/ring"
)

func init() { transports.Register(posixShm{}) }

// posixShm is POSIX shared memory, a ring in each direction: what shm_open(3)
// does on Linux, a file of the tmpfs at /dev/shm, except that it never has a
// name. See shm_overview(7).
type posixShm struct{}

const shmDir = "/dev/shm"

var posixShmInfo = transports.Info{
	Name:    "shm",
	Also:    []string{"shmem", "shared-memory", "posix-shm", "posix-shared-memory", "shm_open"},
	Doc:     "POSIX shared memory, a file in " + shmDir + ", a ring in each direction (open, mmap)",
	Kind:    transports.Memory,
	Group:   group,
	Caps:    transports.CanInPlace | transports.ManyLinks,
	MaxSize: transports.LargestMessage,
	Options: ring.Options(),
}

func (posixShm) Info() transports.Info { return posixShmInfo }

func (posixShm) Probe(s transports.Spec) error {
	var fs unix.Statfs_t
	err := unix.Statfs(shmDir, &fs)
	if err != nil && err != unix.ENOENT {
		return remedy.Refused("shm: ask what "+shmDir+" is (statfs)", err, "mount a tmpfs there")
	}
	if err != nil || fs.Type != unix.TMPFS_MAGIC {
		return transports.Unsupported("shm: there is no tmpfs at " + shmDir + ": " + remedy.Start("--tmpfs "+shmDir, "mkdir -p "+shmDir+" && mount -t tmpfs tmpfs "+shmDir))
	}
	if err := unix.Access(shmDir, unix.W_OK|unix.X_OK); err != nil {
		return transports.Unsupported(fmt.Sprintf("shm: make a file in %s: %v: %s", shmDir, err, remedy.Start("--tmpfs "+shmDir, "chmod 1777 "+shmDir+", or remount it rw")))
	}
	create := func() (*os.File, error) { return backing.Unnamed(shmDir) }
	return ring.Probe(s, 0, ring.ScratchFile(create), func() string { return ring.SmallFile(shmDir) })
}

// Backing is another file of that tmpfs.
func (posixShm) Backing(transports.Spec) (*os.File, error) { return backing.Unnamed(shmDir) }

func (p posixShm) Create(s transports.Spec) (transports.Link, error) {
	if err := p.Probe(s); err != nil {
		return nil, err
	}
	f, err := ring.NewFile(s, shmDir, func(err error) string {
		if kernel.Errno(err) == unix.ENOSPC || kernel.Errno(err) == unix.EFAULT {
			return "free some space there, or give it more: " + remedy.Start("--shm-size 1g", "mount -o remount,size=1G "+shmDir)
		}
		return remedy.Kernel(err)
	})
	if err != nil {
		return nil, err
	}
	return ring.Share(s, f)
}

func (posixShm) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	memory, err := ring.OpenFile(s, h.Files[0], "the shared memory object",
		"the object no longer reaches that far (something truncated it), or "+shmDir+" is full")
	if err != nil {
		links.Close(h.Files[1:]...)
		return nil, err
	}
	return ring.Open(s, side, memory, h.Files[1:])
}
