package transports

import (
	"os"
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
		MaxSize: largestMessage,
		Options: []Option{pipeCapacity(), descriptorWait()},
	}
}

func (pipe) Probe(s Spec) error { return probeSize(s) }

func (p pipe) Create(s Spec) (Link, error) {
	if err := p.Probe(s); err != nil {
		return nil, err
	}
	return newPipePair(s)
}

func (pipe) Open(s Spec, _ Side, files []*os.File) (Endpoint, error) {
	return openStream(s, files)
}
