package pipe

import (
	"os"

	. "ipcbench/transports"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/pipes"
	"ipcbench/transports/internal/stream"
)

func init() { Register(pipe{}) }

// pipe is a pair of pipes, one in each direction. See pipe(7).
type pipe struct{}

func (pipe) Info() Info {
	return Info{
		Name:    "pipe",
		Doc:     "a pipe in each direction (pipe2)",
		Kind:    Stream,
		Caps:    SeesPeerDeath,
		MaxSize: LargestMessage,
		Options: []Option{pipes.CapacityOption(), descriptor.WaitOption()},
	}
}

func (pipe) Probe(s Spec) error { return ProbeSize(s) }

func (p pipe) Create(s Spec) (Link, error) {
	if err := p.Probe(s); err != nil {
		return nil, err
	}
	return pipes.Pair(s)
}

func (pipe) Open(s Spec, _ Side, files []*os.File) (Endpoint, error) {
	return stream.Open(s, files)
}
