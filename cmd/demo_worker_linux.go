package cmd

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"ipcbench/internal/peer"
	"ipcbench/transports"
)

// demoSize is the room for a message of the demonstration, in bytes.
const demoSize = 64

// demoWorker is one of the two processes of the demonstration.
func demoWorker(control *peer.Control) error {
	var task demoTask
	if err := control.Hear(&task); err != nil {
		return err
	}
	// A thread that sleeps in a raw system call, as transports make them, would
	// hold up a garbage collection for ever; others need one.
	peer.PrepareRuntime(task.Spec.Caps())
	stage := stage{control: control, demoTask: task}
	switch {
	case task.Fault != "":
		return stage.touchHole()
	case task.Dir == "" && control.Side == transports.Producer:
		return stage.sendOverLink()
	case task.Dir == "":
		return stage.receiveOverLink()
	case control.Side == transports.Producer:
		return stage.storeInFile()
	default:
		return stage.loadFromFile()
	}
}

// A stage is where one of the two processes acts.
type stage struct {
	demoTask
	control *peer.Control
}

// tell prints a step, through the driver.
func (s stage) tell(name, format string, args ...any) {
	s.control.Tell(demoStep{Name: name, Text: fmt.Sprintf(format, args...)})
}

func (s stage) ready() error { return s.control.Tell(demoStep{Ready: true}) }

// eachValue waits for the driver's word and then calls write with 1, 2, ... at
// each interval, as often as asked for or until the driver says stop.
func (s stage) eachValue(write func(n int) error) error {
	var word string
	if err := s.control.Hear(&word); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		s.control.Hear(&word)
		cancel()
	}()
	ticks := time.NewTicker(s.Interval)
	defer ticks.Stop()
	for n := 1; ctx.Err() == nil; n++ {
		if err := write(n); err != nil {
			return err
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
		}
		if n == s.Count {
			break
		}
	}
	return nil
}

// open opens this process's end of the link, on the thread that will use it.
func (s stage) open() (transports.Endpoint, error) {
	transport, err := transports.Lookup(s.Spec.Transport)
	if err != nil {
		return nil, err
	}
	end, err := transport.Open(s.Spec, s.control.Side, s.control.Handover(s.Inherited))
	if err != nil {
		return nil, err
	}
	s.tell("open", "%s, inherited from the driver", s.Spec)
	return end, s.ready()
}

func (s stage) sendOverLink() error {
	end, err := s.open()
	if err != nil {
		return err
	}
	defer end.Close()
	err = s.eachValue(func(n int) error {
		s.tell("send", "value = %d", n)
		return end.Send(s.words(n))
	})
	if err != nil {
		return err
	}
	s.tell("close", "no more values")
	return end.Close()
}

func (s stage) receiveOverLink() error {
	end, err := s.open()
	if err != nil {
		return err
	}
	defer end.Close()
	message := make([]byte, s.Spec.Size)
	for {
		n, err := end.Recv(message)
		if err == io.EOF {
			s.tell("receive", "end of file: the producer has closed")
			return end.Close()
		}
		if err != nil {
			return err
		}
		s.tell("receive", "%s", s.text(message[:n]))
	}
}

// words returns the message that says "value = n", or, where that is too long
// for the transport, the bytes of n.
func (s stage) words(n int) []byte {
	if s.Spec.Size < demoSize {
		return binary.LittleEndian.AppendUint64(nil, uint64(n))[:s.Spec.Size]
	}
	return fmt.Appendf(nil, "value = %d", n)
}

// text returns what a message of words says.
func (s stage) text(message []byte) string {
	if s.Spec.Size < demoSize {
		return fmt.Sprintf("value = %d", binary.LittleEndian.Uint64(append(message, make([]byte, 8)...)))
	}
	return string(message)
}
