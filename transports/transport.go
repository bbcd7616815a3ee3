// Package transports is the contract between the mechanisms by which two
// processes on one machine hand each other messages and whoever uses them. The
// mechanisms themselves are in the folders beside it: memory, pipe, socket,
// queue, notify, direct, uring and file, one file for one word that a user
// types. A program that imports transports/all has them all.
//
// Neither the contract nor a mechanism knows how it is measured: there is no
// clock, no statistics, no process management and no deadline here. A call may
// wait for ever; whoever starts the two processes ends them.
//
// To add a transport, write transports/KIND/foo_linux.go with a type that
// implements [Transport] and func init() { transports.Register(foo{}) }.
// CONTRIBUTING.md says what it can be built from: streams, datagrams, rings,
// turns.
package transports

import (
	"os"
	"strings"
)

// A Transport is one mechanism by which two processes on a machine hand each
// other messages. It is a stateless value: what it makes lives in a [Link]
// (in the process that drives the pair) and in two [Endpoint]s (one in each
// process of the pair).
type Transport interface {
	// Info says what the transport is called, what it can do and which
	// options it takes. It is a constant: it asks nothing of the host, see
	// [Limited].
	Info() Info

	// Probe says whether this host can run spec: nil, or an error that wraps
	// [errors.ErrUnsupported] and whose text is the reason, and the remedy if
	// there is one. Create agrees with it.
	Probe(Spec) error

	// Create makes what the two ends share, before either process starts.
	// On error it leaves nothing behind.
	Create(Spec) (Link, error)

	// Open makes one end, in the process and on the thread that will use it.
	// The Handover is what Link.For returned for that side. Its files belong to
	// the Endpoint from now on, also when Open fails.
	Open(Spec, Side, Handover) (Endpoint, error)
}

// Limited is implemented by a [Transport] that carries less on some hosts than
// its Info says.
type Limited interface {
	// Limit returns the largest message in bytes for which this host lets a
	// link be made with the options of spec, the rest of which is not looked
	// at; 0 where the host sets no limit. It is called once for each set of
	// options in a process, where somebody asks for [Spec.MaxSize].
	Limit(Spec) int
}

// A Link is what a pair shares. Each side inherits its own files only, so
// that a dead peer really closes its end; the driver closes its copies once
// both processes run.
type Link interface {
	// For returns what one side inherits, the same each time.
	For(Side) Handover
	// Close is idempotent and leaves no file, segment, queue or descriptor,
	// however the two processes ended. It is called again when they have: by
	// then nothing is left either of what served them.
	Close() error
}

// A Handover is what a process needs to open its end of a link.
type Handover struct {
	Files []*os.File // descriptors, in an order that the transport knows
	Bytes []byte     // whatever else it is to be told: an address, a port
}

// An Endpoint is one end of a link, used by one goroutine. It is duplex.
// Messages keep their order and their boundaries.
type Endpoint interface {
	// Send hands over one message of 1 to Spec.Size bytes; a longer one is
	// refused with an error that wraps [ErrTooLong] before anything is sent.
	// msg is the caller's again on return.
	Send(msg []byte) error

	// Recv waits for the next message, stores it in buf, which must have room
	// for Spec.Size bytes, and returns its length. It returns io.EOF, again on
	// every further call, once the peer has closed and all is drained.
	Recv(buf []byte) (n int, err error)

	// Close ends the sending direction, which the peer sees as io.EOF after
	// the last message, and releases what Open took. It is idempotent.
	Close() error
}

// InPlace is implemented by an [Endpoint] whose messages can be built and
// read where they lie, without a copy. It is used only where the spec says
// api=inplace, so that the path taken is in every name and every row.
type InPlace interface {
	// Loan returns room for a message of n bytes, valid until Commit, which
	// sends it. At most one loan is open at a time.
	Loan(n int) ([]byte, error)
	Commit() error
	// Peek waits for the next message and returns it, valid until Release.
	// It returns io.EOF as Recv does.
	Peek() ([]byte, error)
	Release() error
}

// InBursts is implemented by an [Endpoint] that hands over several messages of one
// length by a call, and takes several. It is used only where the spec says api=burst,
// for streams.
type InBursts interface {
	// SendBurst is Send of messages of size bytes each, which lie one after the other.
	SendBurst(msgs []byte, size int) error
	// RecvBurst waits for a message and stores it in buf, and behind it those that are
	// there by then, as many as there is room for: all have size bytes, or it fails. It
	// returns how many there were, and io.EOF as Recv does.
	RecvBurst(buf []byte, size int) (messages int, err error)
}

// Faulter is implemented by an [Endpoint] over mapped memory. After a memory
// fault (SIGBUS, SIGSEGV) at address addr, Fault returns an error that says
// what was touched and why it may have failed, or nil where the address is
// none of the endpoint's.
type Faulter interface {
	Fault(addr uintptr) error
}

// Side says which end of a pair a process is.
type Side int

// The producer starts each exchange and the consumer answers or swallows it.
const (
	Producer Side = iota
	Consumer
)

// Peer returns the other side.
func (s Side) Peer() Side { return 1 - s }

func (s Side) String() string { return [...]string{"producer", "consumer"}[s] }

// Kind groups transports by where a message lies between Send and Recv.
type Kind string

// The kinds of transport.
const (
	Memory   Kind = "memory"   // in memory that both processes map
	Stream   Kind = "stream"   // in a byte stream of the kernel's, framed by a length
	Datagram Kind = "datagram" // in the kernel, as whole messages
	Queue    Kind = "queue"    // in the kernel, as whole messages of a queue
	File     Kind = "file"     // in a file, written and read by system calls

	Notification Kind = "notification" // in a wake-up, which carries up to 8 bytes
	Direct       Kind = "direct"       // in the sender's memory, until the kernel copies it into the receiver's
	Floor        Kind = "floor"        // nowhere: the harness's own cost
)

// Caps is a set of capabilities.
type Caps uint

// The capabilities.
const (
	CanInPlace    Caps = 1 << iota // Endpoints implement InPlace where the spec says api=inplace
	Bursts                         // Endpoints implement InBursts, and the spec says that they are used so
	NeedsDir                       // Spec.Dir names the directory the link lives in
	SeesPeerDeath                  // Recv returns io.EOF, or fails, when the peer is killed
	OneProcess                     // both ends are one Endpoint in one process
	Stores                         // Send pushes to the storage, and returns when that says that it is done
	StoresBatch                    // it does so by a call of its own, which Spec.Batch messages can share

	// What an Endpoint takes of the Go runtime. Without these it allocates
	// nothing per message, collects nothing and has no thread but its caller's,
	// and an end is measured with the collector off, on one thread.
	Allocates      // Send or Recv allocate
	NeedsCollector // garbage is collected while it is used: no call may wait in a raw system call
	OwnThreads     // it has goroutines or threads of its own, or parks its caller's: that one is not locked to a thread

	// What is there for more than two processes, see [Join].
	ManyEnds  // a side of a link can be opened by several processes (Spec.Producers, Spec.Consumers); then messages go from producers to consumers, each to one of them
	ManyLinks // a thread can have an end of several links at once
	CanTry    // and these implement Trier

	OwnLoop // another program makes, exchanges and checks the messages: an Endpoint can do nothing but have it do so, see bench/workload.Program
)

// Has reports whether c holds all of want.
func (c Caps) Has(want Caps) bool { return c&want == want }

// needs names what an Endpoint may take of the Go runtime, as records do.
var needs = []struct {
	cap  Caps
	name string
}{{Allocates, "allocates"}, {NeedsCollector, "collector"}, {OwnThreads, "threads"}}

// Needs lists what c takes of the Go runtime: "allocates,collector,threads". Where
// another program exchanges the messages, the runtime has no part in it.
func (c Caps) Needs() string {
	var names []string
	if c.Has(OwnLoop) {
		return ""
	}
	for _, need := range needs {
		if c.Has(need.cap) {
			names = append(names, need.name)
		}
	}
	return strings.Join(names, ",")
}

// Info describes a transport.
type Info struct {
	Name    string   // the word a user types and the key in every table: "mmap"
	Also    []string // what else people call it: nobody may type it, and who does is told the name
	Doc     string   // one line for `ipcbench list`
	Kind    Kind     // where a message lies between Send and Recv
	Group   string   // the heading that it is listed under, "Shared memory"; "": that of its kind
	Caps    Caps     // what it can do, which its options add to and take from: see Spec.Caps
	Waits   Waiting  // what an end does while it waits, where no option says; zero: it sleeps
	MaxSize int      // largest message in bytes on any host; 0: no limit of its own
	Options []Option // its own axes
}
