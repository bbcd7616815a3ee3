package pipe

import (
	"ipcbench/transports"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/pipes"
	"ipcbench/transports/internal/stream"
)

func init() { transports.Register(pipe{}) }

// pipe is a pair of pipes, one in each direction. See pipe(7).
type pipe struct{}

var pipeInfo = transports.Info{
	Name:    "pipe",
	Also:    []string{"pipe2", "anonymous-pipe", "unnamed-pipe"},
	Doc:     "a pipe in each direction (pipe2)",
	Kind:    transports.Stream,
	Group:   group,
	Caps:    transports.SeesPeerDeath | transports.ManyLinks,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{pipes.CapacityOption(), descriptor.WaitOption()},
}

func (pipe) Info() transports.Info { return pipeInfo }

func (pipe) Probe(s transports.Spec) error { return transports.ProbeSize(s) }

func (p pipe) Create(s transports.Spec) (transports.Link, error) {
	if err := p.Probe(s); err != nil {
		return nil, err
	}
	return pipes.Pair(s)
}

func (pipe) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	return stream.Open(s, h.Files)
}
