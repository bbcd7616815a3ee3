package exec

import (
	"cmp"
	"errors"
	"fmt"
	osexec "os/exec"
	"strings"

	"ipcbench/transports"
)

func init() { transports.Register(programs{}) }

// programs is the transport: one program at either end, or the same at both.
type programs struct{}

var info = transports.Info{
	Name: "exec",
	Also: []string{"external", "program"},
	Doc:  "two programs of yours in any language, that exchange messages in a loop of their own: exec:./server ./client",
	Kind: "program", Group: "Programs of yours",
	// The worker that starts a program has a pipe to read and a process to wait for.
	Caps: transports.OwnLoop | transports.OwnThreads | transports.Allocates | transports.NeedsCollector,
	Options: []transports.Option{
		{Name: consumer, Doc: "the program that receives, with its arguments, parted by blanks", Takes: "PROGRAM", Values: []transports.Value{
			{Name: none, Doc: "no program: there is nothing to measure"},
		}},
		{Name: producer, Doc: "the program that sends first", Takes: "PROGRAM", Values: []transports.Value{
			{Name: same, Doc: "the consumer's, which is told which end it is"},
		}},
		{Name: "wait", Doc: "what the programs do while they wait, which they are told and you say", Values: []transports.Value{
			{Name: "block", Doc: "sleep in the kernel", Waits: transports.Sleeps},
			{Name: "spin", Doc: "look again and again: needs two CPUs", Waits: transports.Spins},
			{Name: "yield", Doc: "look again and let others run between", Waits: transports.Yields},
		}},
	},
}

// The options that name the programs, and what they are where nobody names any.
const (
	consumer = "consumer"
	producer = "producer"
	none     = "none"
	same     = "same"
)

func (programs) Info() transports.Info { return info }

// commandOf is the program of a side and its arguments.
func commandOf(s transports.Spec, side transports.Side) []string {
	command := s.Option(consumer)
	if own := s.Option(producer); side == transports.Producer && own != same {
		command = own
	}
	return strings.Fields(command)
}

// Probe looks whether the programs are there. Whether they keep to the rules is
// found out by a launch.
func (programs) Probe(s transports.Spec) error {
	if s.Option(consumer) == none {
		return transports.Unsupported(`exec: name your programs: 'exec:./server ./client', or 'exec:./both' where one is both`)
	}
	for _, side := range []transports.Side{transports.Consumer, transports.Producer} {
		program := commandOf(s, side)[0]
		if _, err := osexec.LookPath(program); err != nil {
			return transports.Unsupported(fmt.Sprintf("exec: %s: %v: name a file that can be executed, such as ./%[1]s, or one in PATH", program, cmp.Or(errors.Unwrap(err), err)))
		}
	}
	return nil
}

// Create makes the directory in which the programs find each other.
func (p programs) Create(s transports.Spec) (transports.Link, error) {
	if err := p.Probe(s); err != nil {
		return nil, err
	}
	m, err := newMeeting()
	if err != nil {
		return nil, fmt.Errorf("exec: make the directory that the programs meet in: %w", err)
	}
	return m, nil
}

// For tells where the directory is. It is gone once both programs are ready.
func (m *meeting) For(transports.Side) transports.Handover {
	return transports.Handover{Bytes: []byte(m.path)}
}

// Open starts the program of that side and waits until it is ready.
func (programs) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	p, err := start(commandOf(s, side))
	if err != nil {
		return nil, err
	}
	if err := p.open(s, side, string(h.Bytes)); err != nil {
		return nil, err
	}
	return p, nil
}
