package transporttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/internal/peer"
	"ipcbench/transports"
)

const inPlaceCase = "in place equals copy"

var cases = []testCase{
	{name: "every size there and back", not: transports.OneProcess, test: everySize},
	{name: "the largest message", not: transports.OneProcess, test: largest},
	{name: "messages of one size", not: transports.OneProcess, test: oneSize},
	{name: "far more than it holds, producer to consumer", not: transports.OneProcess, test: flood(transports.Producer)},
	{name: "far more than it holds, consumer to producer", not: transports.OneProcess, test: flood(transports.Consumer)},
	{name: "batches that share a push", needs: transports.StoresBatch, test: batches},
	{name: "end of stream without a message", not: transports.OneProcess, test: silence},
	{name: "a message too long is refused", not: transports.OneProcess, test: tooLong},
	{name: "no allocation per message", not: transports.OneProcess | transports.Allocates, test: noAllocation},
	{name: inPlaceCase, needs: transports.CanInPlace, not: transports.OneProcess, test: inPlace},
	{name: "in bursts equals one by one", needs: transports.Bursts, test: inBursts},
	{name: "the consumer sees the producer killed", needs: transports.SeesPeerDeath, test: death(transports.Producer)},
	{name: "the producer sees the consumer killed", needs: transports.SeesPeerDeath, test: death(transports.Consumer)},
	{name: "the driver survives both killed", not: transports.OneProcess, test: bothKilled},
	{name: "one process is both ends", needs: transports.OneProcess, test: alone},
	{name: "a link too large is refused", test: tooLarge},
	{name: "close is idempotent", test: closeTwice},
	{name: "a failed create leaves nothing", test: failedCreate},
}

// A subject is a transport as one spec has it.
type subject struct {
	transport transports.Transport
	spec      transports.Spec
}

// pair runs the two behaviours at the ends of a new link and returns what they
// report.
func (s subject) pair(ctx context.Context, producer, consumer task) (outcomes [2]outcome, err error) {
	p, err := s.start(ctx, producer, consumer)
	if err != nil {
		return outcomes, err
	}
	err = p.Reports(func(i int) any { return &outcomes[i] })
	exits := p.Wait(ctx)
	if why := peer.Cause(exits); why != nil {
		return outcomes, why
	}
	return outcomes, err
}

// A running pair is one whose link was closed once and is closed again when both have
// ended, as the benchmark does.
type running struct {
	*peer.Pair
	link transports.Link
}

func (r running) Wait(ctx context.Context) []peer.Exit {
	defer r.link.Close()
	return r.Pair.Wait(ctx)
}

// start starts the pair and lets it go.
func (s subject) start(ctx context.Context, producer, consumer task) (*running, error) {
	link, err := s.transport.Create(s.spec)
	if err != nil {
		return nil, fmt.Errorf("create: %w", err)
	}
	defer link.Close()
	sides := []transports.Side{transports.Producer, transports.Consumer}
	tasks := [...]task{producer, consumer}
	options := func(transports.Side) peer.Options { return peer.Options{Role: workerRole, CPU: -1} }
	pair, err := peer.StartPair(ctx, link, sides, options, func(side transports.Side, inherited peer.Inherited) any {
		t := tasks[side]
		t.Spec, t.Inherited, t.Slow = s.spec, inherited, *slow
		return t
	})
	if err != nil {
		return nil, err
	}
	p := &running{pair, link}
	if err := p.Go(); err != nil {
		p.GiveUp() // an end that is ending has something to say
		return nil, errors.Join(err, peer.Cause(p.Wait(ctx)))
	}
	return p, nil
}

// counted is pair for behaviours that must see count messages at both ends.
func (s subject) counted(ctx context.Context, producer, consumer task, count int) error {
	got, err := s.pair(ctx, producer, consumer)
	if err != nil {
		return err
	}
	if got[0].Messages != count || got[1].Messages != count {
		return fmt.Errorf("the producer had %d messages and the consumer %d, instead of %d", got[0].Messages, got[1].Messages, count)
	}
	return nil
}

// fitting returns the sizes that the spec can carry.
func (s subject) fitting(sizes ...int) []int {
	var fit []int
	for _, size := range sizes {
		if limit := s.spec.MaxSize(); limit == 0 || size <= limit {
			fit = append(fit, size)
		}
	}
	return fit
}

func everySize(ctx context.Context, s subject) error {
	sizes := s.fitting(1, 8, 64, 4096, 65536)
	s.spec.Size = sizes[len(sizes)-1]
	count := 4 * len(sizes)
	return s.counted(ctx, task{Do: "ping", Sizes: sizes, Count: count}, task{Do: "echo"}, count)
}

// largest sends the longest message a link can be made for, or 1 MiB where
// there is no such limit, among short ones. With -short that is still more than a link
// holds.
func largest(ctx context.Context, s subject) error {
	s.spec.Size = s.spec.MaxSize()
	switch {
	case testing.Short() && (s.spec.Size == 0 || s.spec.Size > 2*capacity):
		s.spec.Size = 2 * capacity
	case s.spec.Size == 0:
		s.spec.Size = 1 << 20
	}
	sizes := []int{1, s.spec.Size, 1}
	return s.counted(ctx, task{Do: "ping", Sizes: sizes, Count: len(sizes)}, task{Do: "echo"}, len(sizes))
}

// oneSize tries links that know that all messages have their size.
func oneSize(ctx context.Context, s subject) error {
	s.spec.Uniform = true
	all := s.fitting(1, 8, 4096, 65536)
	if testing.Short() {
		all = all[len(all)-1:]
	}
	for _, size := range all {
		s.spec.Size = size
		sizes := []int{size}
		const count = 100 // some there and back, and then so many one way
		if err := s.counted(ctx, task{Do: "ping, send", Sizes: sizes, Count: count}, task{Do: "echo, receive", Sizes: sizes}, some+count); err != nil {
			return fmt.Errorf("%d bytes: %w", size, err)
		}
	}
	return nil
}

func flood(from transports.Side) func(context.Context, subject) error {
	return func(ctx context.Context, s subject) error {
		sizes := s.fitting(1, 100, 4096, 8, 3000)
		count := plenty(sizes)
		ends := [2]task{{Do: "receive", Sizes: sizes}, {Do: "receive", Sizes: sizes}}
		ends[from] = task{Do: "send", Sizes: sizes, Count: count}
		return s.counted(ctx, ends[0], ends[1], count)
	}
}

// batches has messages pushed several at a time: a few, more than a link holds, and
// some that no push has come for when the sender closes.
func batches(ctx context.Context, s subject) error {
	for _, s.spec.Batch = range []int{2, 7, 1000} {
		for _, test := range []func(context.Context, subject) error{everySize, oneSize, flood(transports.Producer), flood(transports.Consumer), silence, noAllocation} {
			if err := test(ctx, s); err != nil {
				return fmt.Errorf("%d to a push: %w", s.spec.Batch, err)
			}
		}
	}
	return nil
}

// plenty is how many messages of these sizes are 2 MB, more than any kernel
// buffer of the default size. It is less where they are so small that other
// limits come first, such as that of queued signals; and with -short, where each
// may wake a processor that is emulated.
func plenty(sizes []int) int {
	most := 10_000
	if testing.Short() {
		most = 2_000
	}
	sum := 0
	for _, size := range sizes {
		sum += size
	}
	return min(2<<20*len(sizes)/sum, most)
}

func silence(ctx context.Context, s subject) error {
	return s.counted(ctx, task{Do: "send"}, task{Do: "receive"}, 0)
}

func tooLong(ctx context.Context, s subject) error {
	fit := s.fitting(1, 8, 4000)
	s.spec.Size = fit[len(fit)-1]
	sizes := []int{s.spec.Size}
	return s.counted(ctx, task{Do: "oversize", Sizes: sizes, Count: 1}, task{Do: "receive", Sizes: sizes}, 1)
}

func noAllocation(ctx context.Context, s subject) error {
	const count = 100
	sizes := s.fitting(1, 8, 64)
	got, err := s.pair(ctx, task{Do: "ping", Sizes: sizes, Count: count}, task{Do: "echo"})
	if err != nil {
		return err
	}
	if got[0].Mallocs > count/5 {
		return fmt.Errorf("%d round trips made %d heap allocations", count, got[0].Mallocs)
	}
	return nil
}

// inPlace has each end use the interface the other does not, and then both the
// one in place.
func inPlace(ctx context.Context, s subject) error {
	sizes := s.fitting(1, 100, 4096, 8)
	count := plenty(sizes)
	for _, ends := range [][2]string{{"lend", "receive"}, {"send", "look"}, {"lend", "look"}} {
		err := s.counted(ctx, task{Do: ends[0], Sizes: sizes, Count: count}, task{Do: ends[1], Sizes: sizes}, count)
		if err != nil {
			return fmt.Errorf("%s and %s: %w", ends[0], ends[1], err)
		}
	}
	return nil
}

// inBursts is inPlace for messages of which a call hands over several: of the length that
// the link is made for, alone or among others, and of a shorter one.
func inBursts(ctx context.Context, s subject) error {
	for _, of := range []struct {
		size, longest int
		uniform       bool
		ends          [2]string
	}{
		{8, 8, true, [2]string{"hurl", "gather"}},
		{1, 1, true, [2]string{"hurl", "gather"}},
		{8, 8, false, [2]string{"hurl", "gather"}},
		{100, 200, false, [2]string{"hurl", "gather"}},
		{4096, 4096, true, [2]string{"hurl", "gather"}},
		{8, 8, true, [2]string{"hurl", "receive"}},
		{8, 8, true, [2]string{"send", "gather"}},
	} {
		s.spec.Size, s.spec.Uniform = of.longest, of.uniform
		sizes := []int{of.size}
		count := plenty(sizes)
		err := s.counted(ctx, task{Do: of.ends[0], Sizes: sizes, Count: count}, task{Do: of.ends[1], Sizes: sizes}, count)
		if err != nil {
			return fmt.Errorf("%s and %s %d bytes over a link for %d: %w", of.ends[0], of.ends[1], of.size, of.longest, err)
		}
	}
	return nil
}

// death kills one side while the other receives, or is about to.
func death(victim transports.Side) func(context.Context, subject) error {
	return func(ctx context.Context, s subject) error {
		ends := [2]task{{Do: "suffer"}, {Do: "suffer"}}
		ends[victim] = task{Do: "idle"}
		p, err := s.start(ctx, ends[0], ends[1])
		if err != nil {
			return err
		}
		survivor := p.Workers[victim.Peer()]
		var word string
		if err := survivor.Hear(&word); err != nil {
			p.Kill()
			return errors.Join(err, peer.Cause(p.Wait(ctx)))
		}
		p.Workers[victim].Kill()
		var seen outcome
		err = survivor.Hear(&seen)
		exits := p.Wait(ctx)
		if err != nil {
			return errors.Join(fmt.Errorf("the %s did not see that its peer was killed: %w", victim.Peer(), err), peer.Cause(exits))
		}
		return nil
	}
}

func bothKilled(ctx context.Context, s subject) error {
	p, err := s.start(ctx, task{Do: "idle"}, task{Do: "suffer"})
	if err != nil {
		return err
	}
	p.Kill()
	for _, exit := range p.Wait(ctx) {
		// The consumer may have seen the producer's death before its own.
		sawDeath := exit.OK && exit.Side == transports.Consumer && s.spec.Caps().Has(transports.SeesPeerDeath)
		if !exit.Killed && !sawDeath {
			return fmt.Errorf("a killed worker ended by itself: %s", exit)
		}
	}
	return nil
}

// alone sends and receives by the one endpoint, in this process.
func alone(ctx context.Context, s subject) error {
	ep, err := s.transport.Open(s.spec, transports.Producer, transports.Handover{})
	if err != nil {
		return err
	}
	buf := make([]byte, s.spec.Size)
	for i, size := range s.fitting(1, 8, 64, 4096) {
		if err := ep.Send(pattern(make([]byte, size), i)); err != nil {
			return err
		}
		n, err := ep.Recv(buf)
		if err != nil {
			return err
		}
		if err := compare(buf[:n], size, i); err != nil {
			return err
		}
	}
	if err := ep.Send(make([]byte, s.spec.Size+1)); !errors.Is(err, transports.ErrTooLong) {
		return fmt.Errorf("a Send of %d bytes returned %v instead of ErrTooLong", s.spec.Size+1, err)
	}
	if err := errors.Join(ep.Close(), ep.Close()); err != nil {
		return err
	}
	if _, err := ep.Recv(buf); !errors.Is(err, io.EOF) {
		return fmt.Errorf("after Close, Recv returned %v instead of io.EOF", err)
	}
	return nil
}

// tooLarge asks for a link for one byte more than it says is the most.
func tooLarge(_ context.Context, s subject) error {
	if s.spec.MaxSize() == 0 {
		return nil
	}
	s.spec.Size = s.spec.MaxSize() + 1
	err := s.transport.Probe(s.spec)
	if !errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("probe for %d bytes, one more than the most: %v instead of an errors.ErrUnsupported", s.spec.Size, err)
	}
	return agrees(s.transport, s.spec, err)
}

func closeTwice(ctx context.Context, s subject) error {
	link, err := s.transport.Create(s.spec)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	for range 2 {
		if err := link.Close(); err != nil {
			return fmt.Errorf("close a link, twice: %w", err)
		}
	}
	return nil
}

// failedCreate takes descriptors away until Create fails, and gives back one at
// a time until it does not: so it fails at each of its steps in turn, and may
// leave nothing of any. Where Create needs none, it cannot fail in this way.
func failedCreate(ctx context.Context, s subject) error {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		return err
	}
	first, err := os.Open("/dev/null") // the lowest free descriptor
	if err != nil {
		return err
	}
	lowest := uint64(first.Fd())
	first.Close()
	before := owned() // what others may have is seen at the end of the case
	for limit := lowest; limit <= old.Cur && ctx.Err() == nil; limit++ {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: old.Max}); err != nil {
			return err
		}
		link, failed := s.transport.Create(s.spec)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
			return err
		}
		if failed == nil {
			return link.Close()
		}
		if err := Leaked(before, owned); err != nil {
			return fmt.Errorf("with room for %d descriptors create failed (%w), and %w", limit-lowest, failed, err)
		}
	}
	return errors.New("create fails however many descriptors there may be")
}
