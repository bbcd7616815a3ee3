package transporttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync"

	"ipcbench/internal/peer"
	"ipcbench/transports"
)

const workerRole = "conformance"

// A task is what one end does in a case.
type task struct {
	Spec      transports.Spec
	Inherited peer.Inherited
	Do        string // a key of behaviours
	Sizes     []int  // of the messages, in turn
	Count     int    // of the messages
	Slow      int    // the flag
}

// An outcome is what an end reports.
type outcome struct {
	Messages int
	Mallocs  uint64 // while it sent and received
	Error    string // that ended it, where the behaviour expects one
}

// behaviours are what an end can be told to do. A nil error means that it saw
// what the interface promises.
var behaviours = map[string]func(*peer.Control, task, transports.Endpoint, *outcome) error{
	"ping": ping,
	"echo": echo,

	"ping, send":    pingThenSend,
	"echo, receive": echoThenReceive,

	"send":     send,
	"receive":  receive,
	"oversize": oversize,
	"lend":     lend,
	"look":     look,
	"hurl":     hurl,
	"gather":   gather,
	"suffer":   suffer,
	"idle":     idle,
}

// Worker turns this process into one end of a pair where the suite started it
// as that, and then does not return. TestMain calls it before anything else.
func Worker() {
	peer.Serve(workerRole, func(c *peer.Control) error {
		var job task
		if err := c.Hear(&job); err != nil {
			return err
		}
		*slow = job.Slow
		caps := job.Spec.Caps()
		if !caps.Has(transports.NeedsCollector) {
			// A blocked raw system call cannot be stopped for a collection.
			debug.SetGCPercent(-1)
		}
		if !caps.Has(transports.OwnThreads) {
			runtime.LockOSThread()
			c.OwnTable(job.Inherited.Files) // as in the benchmark, where that is possible
		}
		t, err := transports.Lookup(job.Spec.Transport)
		if err != nil {
			return err
		}
		h := c.Handover(job.Inherited)
		startPoller()
		before := more(targets(h.Files), owned())
		ep, err := t.Open(job.Spec, c.Side, h)
		if err != nil {
			return fmt.Errorf("open: %w", err)
		}
		if err := c.Ready(); err != nil {
			return err
		}
		var out outcome
		if err := behaviours[job.Do](c, job, ep, &out); err != nil {
			return fmt.Errorf("%s: %w", job.Do, err)
		}
		for range 2 {
			if err := ep.Close(); err != nil {
				return fmt.Errorf("close, twice: %w", err)
			}
		}
		// The files were the endpoint's, and so gone by now.
		if err := Leaked(before, owned); err != nil {
			return fmt.Errorf("close an end: %w", err)
		}
		return c.Tell(out)
	})
}

// ping sends each message, waits for its echo and compares every byte.
func ping(_ *peer.Control, job task, ep transports.Endpoint, out *outcome) error {
	msg, back := make([]byte, job.Spec.Size), make([]byte, job.Spec.Size)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range job.Count {
		m := pattern(msg[:job.Sizes[i%len(job.Sizes)]], i)
		if err := ep.Send(m); err != nil {
			return fmt.Errorf("send message %d of %d bytes: %w", i, len(m), err)
		}
		n, err := ep.Recv(back)
		if err != nil {
			return fmt.Errorf("receive the echo of message %d: %w", i, err)
		}
		if err := compare(back[:n], len(m), i); err != nil {
			return err
		}
		out.Messages++
	}
	runtime.ReadMemStats(&after)
	out.Mallocs = after.Mallocs - before.Mallocs
	return nil
}

// echo sends back what it receives until the peer closes, or so many messages
// where Count is not 0.
func echo(_ *peer.Control, job task, ep transports.Endpoint, out *outcome) error {
	buf := make([]byte, job.Spec.Size)
	for job.Count == 0 || out.Messages < job.Count {
		n, err := ep.Recv(buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("receive message %d: %w", out.Messages, err)
		}
		if err := ep.Send(buf[:n]); err != nil {
			return fmt.Errorf("send message %d back: %w", out.Messages, err)
		}
		out.Messages++
	}
	return nil
}

// some is how many messages go there and back before the others.
const some = 20

func pingThenSend(c *peer.Control, job task, ep transports.Endpoint, out *outcome) error {
	first := job
	first.Count = some
	if err := ping(c, first, ep, out); err != nil {
		return fmt.Errorf("there and back: %w", err)
	}
	return send(c, job, ep, out)
}

func echoThenReceive(c *peer.Control, job task, ep transports.Endpoint, out *outcome) error {
	first := job
	first.Count = some
	if err := echo(c, first, ep, out); err != nil {
		return fmt.Errorf("there and back: %w", err)
	}
	return receive(c, job, ep, out)
}

// send streams messages and closes.
func send(_ *peer.Control, job task, ep transports.Endpoint, out *outcome) error {
	msg := make([]byte, job.Spec.Size)
	for i := range job.Count {
		m := pattern(msg[:job.Sizes[i%len(job.Sizes)]], i)
		if err := ep.Send(m); err != nil {
			return fmt.Errorf("send message %d of %d bytes: %w", i, len(m), err)
		}
		clear(msg) // it is ours again: what is on its way must not change
		out.Messages++
	}
	return ep.Close()
}

// receive takes messages until the peer closes, compares every byte, and looks
// for the end once more.
func receive(_ *peer.Control, job task, ep transports.Endpoint, out *outcome) error {
	buf := make([]byte, job.Spec.Size)
	for i := 0; ; i++ {
		n, err := ep.Recv(buf)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("receive message %d: %w", i, err)
		}
		if err := compare(buf[:n], job.Sizes[i%len(job.Sizes)], i); err != nil {
			return err
		}
		out.Messages++
	}
	if _, err := ep.Recv(buf); !errors.Is(err, io.EOF) {
		return fmt.Errorf("after the end of the stream, Recv returned %v instead of io.EOF again", err)
	}
	return nil
}

// oversize offers a message that is one byte too long, and then one that is
// not, which is all that the peer may see.
func oversize(c *peer.Control, job task, ep transports.Endpoint, out *outcome) error {
	if err := ep.Send(make([]byte, job.Spec.Size+1)); !errors.Is(err, transports.ErrTooLong) {
		return fmt.Errorf("a Send of %d bytes returned %v instead of ErrTooLong", job.Spec.Size+1, err)
	}
	if in, ok := ep.(transports.InPlace); ok {
		if _, err := in.Loan(job.Spec.Size + 1); !errors.Is(err, transports.ErrTooLong) {
			return fmt.Errorf("a Loan of %d bytes returned %v instead of ErrTooLong", job.Spec.Size+1, err)
		}
	}
	if in, ok := ep.(transports.InBursts); ok {
		if err := in.SendBurst(make([]byte, 2*(job.Spec.Size+1)), job.Spec.Size+1); !errors.Is(err, transports.ErrTooLong) {
			return fmt.Errorf("a SendBurst of messages of %d bytes returned %v instead of ErrTooLong", job.Spec.Size+1, err)
		}
	}
	return send(c, job, ep, out)
}

var errNotInPlace = errors.New("api=inplace was asked for and the endpoint is not InPlace")

// lend is send with messages built in place.
func lend(_ *peer.Control, job task, ep transports.Endpoint, out *outcome) error {
	in, ok := ep.(transports.InPlace)
	if !ok {
		return errNotInPlace
	}
	for i := range job.Count {
		size := job.Sizes[i%len(job.Sizes)]
		room, err := in.Loan(size)
		if err != nil {
			return fmt.Errorf("loan of %d bytes: %w", size, err)
		}
		if len(room) != size {
			return fmt.Errorf("loan of %d bytes has %d", size, len(room))
		}
		pattern(room, i)
		if err := in.Commit(); err != nil {
			return err
		}
		out.Messages++
	}
	return ep.Close()
}

// look is receive with messages read in place.
func look(_ *peer.Control, job task, ep transports.Endpoint, out *outcome) error {
	in, ok := ep.(transports.InPlace)
	if !ok {
		return errNotInPlace
	}
	for i := 0; ; i++ {
		m, err := in.Peek()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := compare(m, job.Sizes[i%len(job.Sizes)], i); err != nil {
			return err
		}
		if err := in.Release(); err != nil {
			return err
		}
		out.Messages++
	}
	if _, err := in.Peek(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("after the end of the stream, Peek returned %v instead of io.EOF again", err)
	}
	return nil
}

var errNoBursts = errors.New("api=burst was asked for and the endpoint is not InBursts")

// mostAtOnce is how many messages a call hands over or has room for, at most: 1, then 2,
// and so on, and again.
const mostAtOnce = 50

// hurl is send with several messages a call, all of one size.
func hurl(_ *peer.Control, job task, ep transports.Endpoint, out *outcome) error {
	in, ok := ep.(transports.InBursts)
	if !ok {
		return errNoBursts
	}
	size := job.Sizes[0]
	msgs := make([]byte, mostAtOnce*size)
	for burst := 0; out.Messages < job.Count; burst++ {
		n := min(1+burst%mostAtOnce, job.Count-out.Messages)
		for i := range n {
			pattern(msgs[i*size:(i+1)*size], out.Messages+i)
		}
		if err := in.SendBurst(msgs[:n*size], size); err != nil {
			return fmt.Errorf("send %d messages from %d on: %w", n, out.Messages, err)
		}
		clear(msgs) // they are ours again
		out.Messages += n
	}
	return ep.Close()
}

// gather is receive with several messages a call.
func gather(_ *peer.Control, job task, ep transports.Endpoint, out *outcome) error {
	in, ok := ep.(transports.InBursts)
	if !ok {
		return errNoBursts
	}
	size := job.Sizes[0]
	buf := make([]byte, mostAtOnce*size)
	for burst := 0; ; burst++ {
		room := buf[:(1+burst%mostAtOnce)*size]
		n, err := in.RecvBurst(room, size)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("receive from message %d on: %w", out.Messages, err)
		}
		if n < 1 || n*size > len(room) {
			return fmt.Errorf("received %d messages where there is room for %d", n, len(room)/size)
		}
		for i := range n {
			if err := compare(room[i*size:(i+1)*size], size, out.Messages); err != nil {
				return err
			}
			out.Messages++
		}
	}
	if _, err := in.RecvBurst(buf, size); !errors.Is(err, io.EOF) {
		return fmt.Errorf("after the end of the stream, RecvBurst returned %v instead of io.EOF again", err)
	}
	return nil
}

// suffer tells the driver that it is about to receive and says how that ended.
func suffer(c *peer.Control, job task, ep transports.Endpoint, out *outcome) error {
	if err := c.Tell("receiving"); err != nil {
		return err
	}
	n, err := ep.Recv(make([]byte, job.Spec.Size))
	if err == nil {
		return fmt.Errorf("received %d bytes from a peer that sent nothing", n)
	}
	out.Error = err.Error()
	return nil
}

// idle does nothing until it is killed, or its driver is.
func idle(c *peer.Control, _ task, _ transports.Endpoint, _ *outcome) error {
	var never string
	return c.Hear(&never)
}

// period is how long a pattern is before it repeats: a prime number of bytes, so
// that what went astray by whole pages or slots is seen.
const period = 65521

// periods is two periods of the pattern, so that one can begin at each byte of
// the first and be copied and compared as a block.
var periods = sync.OnceValue(func() []byte {
	twice := make([]byte, 2*period)
	for i := range twice {
		at := i % period
		twice[i] = byte(at*7 + at>>8 + 1)
	}
	return twice
})

// periodOf is the pattern of the message of that number.
func periodOf(number int) []byte {
	const step = 31 << 8 // changes the first byte, all that there is of some messages
	start := number * step % period
	return periods()[start : start+period]
}

// pattern fills m so that every byte depends on its place and on the message's
// number.
func pattern(m []byte, number int) []byte {
	block := periodOf(number)
	for at := 0; at < len(m); at += copy(m[at:], block) {
	}
	return m
}

func compare(got []byte, size, number int) error {
	if len(got) != size {
		return fmt.Errorf("message %d has %d bytes instead of %d", number, len(got), size)
	}
	block := periodOf(number)
	for at := 0; at < size; at += period {
		part := got[at:min(at+period, size)]
		if bytes.Equal(part, block[:len(part)]) {
			continue
		}
		for i, b := range part {
			if b != block[i] {
				return fmt.Errorf("byte %d of message %d is %#x instead of %#x", at+i, number, b, block[i])
			}
		}
	}
	return nil
}
